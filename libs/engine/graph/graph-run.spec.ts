import fc from 'fast-check';

import { compile } from '#engine/expression';

import {
  anyGraph,
  newGraph,
  newPoint,
  newTask,
} from '../../../test/factories/task-graph.factory.js';
import { expandFanOuts } from './fan-out.js';
import { isFailedItem, newRun, startable, transition } from './graph-run.js';
import type { GraphRun, RunEvent } from './run-state.js';
import { OPEN_TASK_STATUSES } from './task-machine.js';
import type { TaskGraphDefinition } from './types.js';

const holds = (expression: string, context: object): boolean =>
  compile(expression).test(context).matched;
const step = (run: GraphRun, event: RunEvent): GraphRun => transition(run, event, holds);
const after = (graph: TaskGraphDefinition, ...events: RunEvent[]): GraphRun =>
  events.reduce(step, newRun(graph, 3));
const statuses = (run: GraphRun) =>
  Object.fromEntries([...run.tasks].map(([id, task]) => [id, task.status]));

const done = (task_id: string): RunEvent[] => [
  { type: 'task_started', task_id },
  { type: 'task_completed', task_id, output: { made: task_id } },
];
const failed = (task_id: string, retryable = true): RunEvent[] => [
  { type: 'task_started', task_id },
  { type: 'task_failed', task_id, retryable },
];
const admitted: RunEvent = { type: 'admitted' };

const diamond = (parts: Parameters<typeof newGraph>[0] = {}) =>
  newGraph({
    tasks: [
      newTask({ task_id: 'a' }),
      newTask({ task_id: 'b' }),
      newTask({ task_id: 'c', dependencies: ['a', 'b'] }),
      newTask({ task_id: 'd', dependencies: ['c'] }),
    ],
    ...parts,
  });

describe('a run of a task graph', () => {
  it('hands out what is ready, the largest priority first, within max_concurrent_tasks', () => {
    const tasks = [
      newTask({ task_id: 'low', priority: 1 }),
      newTask({ task_id: 'high', priority: 9 }),
      newTask({ task_id: 'middle', priority: 5 }),
    ];
    const run = after(newGraph({ tasks, max_concurrent_tasks: 2 }), admitted);
    expect(startable(run).map((task) => task.definition.task_id)).toEqual(['high', 'middle']);
    const later = done('high').reduce(step, run);
    expect(startable(later).map((task) => task.definition.task_id)).toEqual(['middle', 'low']);
  });

  it('starts a task when all it depends on has completed, and completes with the last', () => {
    const run = after(diamond(), admitted, ...done('a'));
    expect(statuses(run)).toMatchObject({ c: 'pending' });
    const all = [...done('b'), ...done('c'), ...done('d')].reduce(step, run);
    expect(all.status).toBe('completed');
  });

  it('retries max_retry_attempts times after the first attempt', () => {
    const graph = newGraph({ tasks: [newTask({ task_id: 'a', max_retry_attempts: 1 })] });
    const once = after(graph, admitted, ...failed('a'));
    expect(once.tasks.get('a')).toMatchObject({ status: 'retrying', attempt: 1 });
    const twice = failed('a').reduce(step, once);
    expect(twice.tasks.get('a')).toMatchObject({ status: 'failed', attempt: 2 });
    expect(twice.status).toBe('failed');
    expect(after(graph, admitted, ...failed('a', false)).status).toBe('failed');
  });

  it('under fail_fast cancels the rest', () => {
    const run = after(diamond({ failure_strategy: 'fail_fast' }), admitted, ...failed('a'));
    expect(run.status).toBe('failed');
    expect(statuses(run)).toEqual({ a: 'failed', b: 'cancelled', c: 'cancelled', d: 'cancelled' });
  });

  it('under partial_success skips what depends on the failed task', () => {
    const run = after(diamond(), admitted, ...failed('a'), ...done('b'));
    expect(run.status).toBe('partially_completed');
    expect(statuses(run)).toEqual({ a: 'failed', b: 'completed', c: 'skipped', d: 'skipped' });
  });

  it('under retry_all runs failed and skipped tasks again, but not for ever', () => {
    const graph = diamond({ failure_strategy: 'retry_all' });
    const again = after(graph, admitted, ...done('b'), ...failed('a'));
    expect(again).toMatchObject({ status: 'running', retry_round: 1 });
    expect(statuses(again)).toEqual({ a: 'ready', b: 'completed', c: 'pending', d: 'pending' });
    const mended = [...done('a'), ...done('c'), ...done('d')].reduce(step, again);
    expect(mended.status).toBe('completed');
    const hopeless = [...failed('a'), ...failed('a'), ...failed('a')].reduce(step, again);
    expect(hopeless.status).toBe('partially_completed');
  });

  it('fails with a point that is missed under fail_fast', () => {
    const point = newPoint({ required_tasks: ['a', 'b'], failure_strategy: 'fail_fast' });
    const run = after(diamond({ synchronization_points: [point] }), admitted, ...failed('a'));
    expect(run.status).toBe('failed');
    expect(statuses(run)).toMatchObject({ b: 'cancelled' });
    expect(run.points.get('point')?.status).toBe('failed');
  });

  it('cancels what a reached point has not waited for, and what only led to that', () => {
    const tasks = [
      newTask({ task_id: 'a' }),
      newTask({ task_id: 'before b' }),
      newTask({ task_id: 'b', dependencies: ['before b'] }),
      newTask({ task_id: 'before c' }),
      newTask({ task_id: 'c', dependencies: ['before c'] }),
      newTask({ task_id: 'after c', dependencies: ['c'] }),
      newTask({ task_id: 'apart' }),
    ];
    const point = newPoint({
      sync_type: 'join',
      minimum_completion_percentage: 30,
      required_tasks: ['a', 'b', 'c'],
    });
    const graph = newGraph({ tasks, synchronization_points: [point] });
    const reached = after(graph, admitted, ...done('a'));
    expect(reached).toMatchObject({ status: 'running' });
    expect(statuses(reached)).toMatchObject({ 'before b': 'cancelled', b: 'cancelled' });
    expect(statuses(reached)).toMatchObject({ 'before c': 'ready', c: 'pending', apart: 'ready' });
    const rest = ['before c', 'c', 'after c', 'apart'].flatMap((id) => done(id));
    expect(rest.reduce(step, reached).status).toBe('partially_completed');

    const alone = { ...graph, tasks: tasks.slice(0, 5) };
    expect(after(alone, admitted, ...done('a')).status).toBe('partially_completed');
    expect(after({ ...alone, compensate: true }, admitted, ...done('a')).status).toBe(
      'partially_completed',
    );
  });

  it('begins no round of retry_all for what a reached point can do without', () => {
    const tasks = [
      newTask({ task_id: 'a' }),
      newTask({ task_id: 'before b' }),
      newTask({ task_id: 'b', dependencies: ['before b'] }),
      newTask({ task_id: 'apart' }),
    ];
    const point = newPoint({
      sync_type: 'join',
      minimum_completion_percentage: 50,
      required_tasks: ['a', 'b'],
    });
    const graph = newGraph({
      tasks,
      synchronization_points: [point],
      failure_strategy: 'retry_all',
    });
    const events = [admitted, ...failed('before b'), ...done('a')];
    const over = after(graph, ...events, ...done('apart'));
    expect(over).toMatchObject({ status: 'partially_completed', retry_round: 0 });
    const again = after(graph, ...events, ...failed('apart'));
    expect(again).toMatchObject({ status: 'running', retry_round: 1 });
  });

  it('decides a conditional_join by the results', () => {
    const point = newPoint({
      required_tasks: ['a', 'b'],
      sync_type: 'conditional_join',
      condition_expression: "a.made = 'a' and results.b.made = 'b' and count(failed) = 0",
    });
    const run = after(
      diamond({ synchronization_points: [point] }),
      admitted,
      ...done('a'),
      ...done('b'),
    );
    expect(run.points.get('point')?.status).toBe('reached');
  });

  it('takes so many items of a fan-out at a time, and the next in order whichever of them ends', () => {
    const for_each = {
      items: '[1, 2, 3, 4, 5]',
      item_name: 'n',
      index_name: 'i',
      max_concurrency: 2,
    };
    const graph = newGraph({
      tasks: [
        newTask({ task_id: 'a' }),
        newTask({ task_id: 'each', dependencies: ['a'], for_each, max_retry_attempts: 1 }),
      ],
    });
    const begun = (run: GraphRun) =>
      [...run.tasks.values()]
        .filter(({ status }) => ['ready', 'running', 'retrying'].includes(status))
        .map(({ definition }) => definition.task_id);
    const first = after(expandFanOuts(graph, {}), admitted, ...done('a'));
    expect(begun(first)).toEqual(['each:0', 'each:1']);
    const slow = step(first, { type: 'task_started', task_id: 'each:0' });
    const later = [...done('each:1'), ...failed('each:2'), ...failed('each:2')].reduce(step, slow);
    expect(begun(later)).toEqual(['each:0', 'each:3']);
    const last = [...done('each:3'), ...failed('each:4')].reduce(step, later);
    expect(begun(last)).toEqual(['each:0', 'each:4']);
    const again = [{ type: 'cancelled' }, { type: 'retried' }, admitted] as const;
    expect(begun(again.reduce(step, later))).toEqual(['each:0', 'each:2']);
  });

  it('ignores late answers, and events after its end', () => {
    const run = after(diamond(), admitted, { type: 'cancelled' });
    expect(run.status).toBe('cancelled');
    expect([...done('a'), ...failed('b'), admitted].reduce(step, run)).toEqual(run);
  });

  it('runs again what has not completed when an operator asks', () => {
    const run = after(
      diamond(),
      admitted,
      ...failed('a'),
      ...done('b'),
      { type: 'retried' },
      admitted,
    );
    expect(statuses(run)).toEqual({ a: 'ready', b: 'completed', c: 'pending', d: 'pending' });
    const ended = [...done('a'), ...done('c'), ...done('d')].reduce(step, run);
    expect(ended.status).toBe('completed');
    expect(step(ended, { type: 'retried' })).toEqual(ended);
  });
});

describe('any run', () => {
  /** Plays a run to its end: each choice picks one running or startable task and what happens to it. */
  function play(graph: TaskGraphDefinition, choices: readonly number[]): GraphRun[] {
    let run = step(newRun(graph, 2), admitted);
    const history = [run];
    for (let turn = 0; run.status === 'running'; turn += 1) {
      const choice = choices[turn % choices.length] ?? 0;
      const candidates = [...run.tasks.values()].filter(
        (task) => task.status === 'running' || startable(run).includes(task),
      );
      const task = candidates[choice % candidates.length];
      if (!task) throw new Error('a running execution has nothing to do');
      const { task_id } = task.definition;
      // every fourth outcome is a failure; whether it may be retried depends on the turn
      const event: RunEvent =
        task.status !== 'running'
          ? { type: 'task_started', task_id }
          : choice % 4 === 3
            ? { type: 'task_failed', task_id, retryable: turn % 2 === 0 }
            : { type: 'task_completed', task_id, output: {} };
      run = step(run, event);
      history.push(run);
    }
    return history;
  }

  const anyPlay = fc
    .tuple(anyGraph(60), fc.array(fc.nat({ max: 1_000 }), { minLength: 1, maxLength: 200 }))
    .map(([graph, choices]) => play(expandFanOuts(graph, {}), choices));

  it('ends, with nothing left open and every point decided', () => {
    fc.assert(
      fc.property(anyPlay, (history) => {
        const last = history.at(-1);
        const open: readonly string[] = OPEN_TASK_STATUSES;
        expect(
          [...(last?.tasks.values() ?? [])].filter((task) => open.includes(task.status)),
        ).toEqual([]);
        expect([...(last?.points.values() ?? [])].some((point) => point.status === 'waiting')).toBe(
          false,
        );
      }),
      { numRuns: 100 },
    );
  });

  it('respects dependencies and max_concurrent_tasks at every moment', () => {
    fc.assert(
      fc.property(anyPlay, (history) => {
        for (const run of history) {
          const started = [...run.tasks.values()].filter((task) => task.status === 'running');
          expect(started.length).toBeLessThanOrEqual(run.graph.load_balancing.max_concurrent_tasks);
          for (const task of started) {
            for (const id of task.definition.dependencies) {
              expect(run.tasks.get(id)?.status).toBe('completed');
            }
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('holds back items of a fan-out only while so many as may be are ready or in hand', () => {
    fc.assert(
      fc.property(anyPlay, (history) => {
        for (const run of history.filter(({ status }) => status === 'running')) {
          const items = [...run.tasks.values()].filter(
            ({ definition }) => definition.item?.concurrency,
          );
          const begun = items.filter(({ status }) =>
            ['ready', 'running', 'retrying'].includes(status),
          );
          const held = items.filter(
            ({ status, definition }) =>
              status === 'pending' &&
              definition.dependencies.every((id) => run.tasks.get(id)?.status === 'completed'),
          );
          const most = items[0]?.definition.item?.concurrency ?? 0;
          expect(begun.length).toBeLessThanOrEqual(most);
          if (held.length > 0) expect(begun).toHaveLength(most);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('decides each synchronization point once, and never undoes a result', () => {
    fc.assert(
      fc.property(anyPlay, (history) => {
        history.slice(1).forEach((run, index) => {
          const before = history[index];
          for (const [id, point] of before?.points ?? []) {
            if (point.status !== 'waiting') expect(run.points.get(id)?.status).toBe(point.status);
          }
          for (const [id, task] of before?.tasks ?? []) {
            if (task.status !== 'completed' || isFailedItem(task)) continue;
            expect(run.tasks.get(id)?.status).toBe('completed');
          }
        });
      }),
      { numRuns: 50 },
    );
  });
});
