import fc from 'fast-check';

import { compile } from '#engine/expression';

import { anyGraph, newGraph, newTask } from '../../../test/factories/task-graph.factory.js';
import { expandFanOuts } from './fan-out.js';
import { isFailedItem, newRun, startable, transition } from './graph-run.js';
import type { GraphRun, RunEvent } from './run-state.js';
import { OPEN_TASK_STATUSES } from './task-machine.js';

const holds = (expression: string, context: object): boolean =>
  compile(expression).test(context).matched;
const step = (run: GraphRun, event: RunEvent): GraphRun => transition(run, event, holds);
const statuses = (run: GraphRun) =>
  Object.fromEntries([...run.tasks].map(([id, task]) => [id, task.status]));
const ends = (task_id: string, how: 'task_completed' | 'task_failed'): RunEvent[] => [
  { type: 'task_started', task_id },
  how === 'task_completed'
    ? { type: how, task_id, output: {} }
    : { type: how, task_id, retryable: false },
];

/** a → b → d, c → d; e alone. */
const graph = (failure_strategy: 'fail_fast' | 'partial_success') =>
  newGraph({
    failure_strategy,
    tasks: [
      newTask({ task_id: 'a' }),
      newTask({ task_id: 'b', dependencies: ['a'] }),
      newTask({ task_id: 'c' }),
      newTask({ task_id: 'd', dependencies: ['b', 'c'] }),
      newTask({ task_id: 'e' }),
    ],
  });
const admitted: RunEvent = { type: 'admitted' };
const play = (run: GraphRun, ...events: RunEvent[]): GraphRun => events.reduce(step, run);

describe('a failed task that an operator takes up', () => {
  it('brings back, while the execution runs, what was skipped for it and for no other', () => {
    const run = play(
      newRun(graph('partial_success'), 3),
      admitted,
      ...ends('a', 'task_failed'),
      ...ends('c', 'task_failed'),
    );
    const retried = step(run, { type: 'task_retried', task_id: 'a' });
    expect(retried.status).toBe('running');
    expect(statuses(retried)).toEqual({
      a: 'ready',
      b: 'pending',
      c: 'failed',
      d: 'skipped',
      e: 'ready',
    });
    const both = step(retried, { type: 'task_resolved', task_id: 'c', output: { n: 1 } });
    expect(statuses(both)).toMatchObject({ c: 'completed', d: 'pending' });
    expect(both.tasks.get('c')?.output).toEqual({ n: 1 });
  });

  it('opens again an execution that ended, with what was cancelled by its end', () => {
    const run = play(newRun(graph('fail_fast'), 3), admitted, ...ends('a', 'task_failed'));
    expect(run.status).toBe('failed');
    const retried = step(run, { type: 'task_retried', task_id: 'a' });
    expect(retried.status).toBe('initializing');
    const done = ['a', 'b', 'c', 'd', 'e'].flatMap((id) => ends(id, 'task_completed'));
    expect(play(retried, admitted, ...done).status).toBe('completed');
  });

  it('completes an execution whose last open question it was', () => {
    const ended = play(
      newRun(newGraph({ tasks: [newTask({ task_id: 'a' })] }), 3),
      admitted,
      ...ends('a', 'task_failed'),
    );
    const resolved = play(ended, { type: 'task_resolved', task_id: 'a', output: {} }, admitted);
    expect(resolved.status).toBe('completed');
  });

  it('stays as it is in an execution that was cancelled, and where it has not failed', () => {
    const run = play(newRun(graph('partial_success'), 3), admitted, ...ends('a', 'task_failed'));
    const cancelled = step(run, { type: 'cancelled' });
    expect(step(cancelled, { type: 'task_retried', task_id: 'a' })).toEqual(cancelled);
    expect(step(run, { type: 'task_retried', task_id: 'e' })).toEqual(run);
  });

  describe('that gathers a list', () => {
    const list = (failure_strategy: 'fail_fast' | 'partial_success' | 'retry_all') =>
      expandFanOuts(
        newGraph({
          failure_strategy,
          tasks: [
            newTask({
              task_id: 't',
              for_each: {
                items: '[1, 2, 3, 4]',
                item_name: 'n',
                index_name: 'index',
                max_concurrency: 2,
              },
            }),
            newTask({ task_id: 'after', dependencies: ['t'] }),
          ],
        }),
        {},
      );
    const threeFail: RunEvent[] = [
      ...ends('t:0', 'task_completed'),
      ...['t:1', 't:2', 't:3'].flatMap((id) => ends(id, 'task_failed')),
      ...ends('t', 'task_failed'),
    ];
    const again = { 't:0': 'completed', 't:1': 'ready', 't:2': 'ready', 't:3': 'pending' };
    const restSucceeds = ['t:1', 't:2', 't:3', 't', 'after'].flatMap((id) =>
      ends(id, 'task_completed'),
    );

    it.each<[string, 'fail_fast' | 'partial_success' | 'retry_all', RunEvent[]]>([
      ['retried by itself', 'fail_fast', [{ type: 'task_retried', task_id: 't' }, admitted]],
      ['retried with its execution', 'partial_success', [{ type: 'retried' }, admitted]],
      ['run again by a round', 'retry_all', []],
    ])('%s, runs the items again that had failed, as many at a time', (_, strategy, events) => {
      const run = play(newRun(list(strategy), 3), admitted, ...threeFail, ...events);
      expect(statuses(run)).toEqual({ ...again, t: 'pending', after: 'pending' });
      expect(run.tasks.get('t:1')?.attempt).toBe(0);
      expect(play(run, ...restSucceeds).status).toBe('completed');
    });

    it('leaves the items as they ended where its result is given by hand', () => {
      const run = play(newRun(list('fail_fast'), 3), admitted, ...threeFail);
      const resolved = play(run, { type: 'task_resolved', task_id: 't', output: {} }, admitted);
      expect(statuses(resolved)).toMatchObject({ 't:1': 'completed', t: 'completed' });
      expect(play(resolved, ...ends('after', 'task_completed')).status).toBe('completed');
    });
  });

  it('never keeps an execution from its end, and never undoes a result, whatever the graph', () => {
    const choices = fc.array(fc.nat({ max: 1_000 }), { minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(anyGraph(30), choices, (any, turns) => {
        let run = step(newRun(expandFanOuts(any, {}), 1), admitted);
        let repairs = 0;
        for (let turn = 0; run.status === 'running'; turn += 1) {
          const before = run;
          const choice = turns[turn % turns.length] ?? 0;
          const failed = [...run.tasks.values()].filter((task) => task.status === 'failed');
          const candidates = [...run.tasks.values()].filter(
            (task) => task.status === 'running' || startable(run).includes(task),
          );
          const task = candidates[choice % candidates.length];
          if (!task) throw new Error('a running execution has nothing to do');
          const repaired = failed[choice % Math.max(1, failed.length)];
          if (repaired && choice % 3 === 0 && repairs < 50) {
            repairs += 1;
            const { task_id } = repaired.definition;
            run = step(
              run,
              choice % 2 === 0
                ? { type: 'task_retried', task_id }
                : { type: 'task_resolved', task_id, output: {} },
            );
          } else {
            const { task_id } = task.definition;
            const [start, end] = ends(task_id, choice % 4 === 3 ? 'task_failed' : 'task_completed');
            run = step(run, task.status === 'running' ? end! : start!);
          }
          for (const [id, task] of before.tasks) {
            if (task.status !== 'completed' || isFailedItem(task)) continue;
            expect(run.tasks.get(id)?.status).toBe('completed');
          }
          const last = [...run.tasks.values()].find(({ status }) => status === 'failed');
          if (run.status === 'running' || !last || repairs >= 50) continue;
          repairs += 1;
          const { task_id } = last.definition;
          run = play(run, { type: 'task_retried', task_id }, admitted);
        }
        const open: readonly string[] = OPEN_TASK_STATUSES;
        expect([...run.tasks.values()].filter(({ status }) => open.includes(status))).toEqual([]);
        for (const { definition, status } of run.tasks.values()) {
          if (status !== 'completed') continue;
          for (const id of definition.dependencies) {
            expect(run.tasks.get(id)?.status).toBe('completed');
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
