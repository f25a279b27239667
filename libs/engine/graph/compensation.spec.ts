import fc from 'fast-check';

import { anyGraph, newGraph, newTask } from '../../../test/factories/task-graph.factory.js';
import { compensationGraph, compensationOf } from './compensation.js';
import { expandFanOuts } from './fan-out.js';
import { graphFaults } from './graph-faults.js';
import { newRun, startable, transition } from './graph-run.js';
import type { GraphRun, RunEvent } from './run-state.js';
import type { Compensation, TaskGraphDefinition } from './types.js';

const undo: Compensation = { task_type: 'undo', max_retry_attempts: 3, timeout_minutes: 60 };
const step = (run: GraphRun, event: RunEvent): GraphRun => transition(run, event, () => true);

/** Plays a run to its end; `choices` say what is done next, and what becomes of it. */
function play(graph: TaskGraphDefinition, choices: readonly number[]) {
  let run = step(newRun(graph, 1), { type: 'admitted' });
  const completed: string[] = [];
  for (let turn = 0; run.status === 'running'; turn += 1) {
    const choice = choices[turn % choices.length] ?? 0;
    const open = [...run.tasks.values()].filter(
      (task) => task.status === 'running' || startable(run).includes(task),
    );
    const task = open[choice % open.length];
    if (!task) throw new Error('a running execution has nothing to do');
    const { task_id } = task.definition;
    if (task.status !== 'running') run = step(run, { type: 'task_started', task_id });
    else if (choice % 5 === 4) run = step(run, { type: 'task_failed', task_id, retryable: false });
    else {
      run = step(run, { type: 'task_completed', task_id, output: { of: task_id } });
      completed.push(task_id);
    }
    if (choice % 97 === 0) run = step(run, { type: 'cancelled' });
  }
  return { run, completed };
}

describe('compensation', () => {
  const played = fc
    .tuple(anyGraph(40), fc.array(fc.nat({ max: 1_000 }), { minLength: 1, maxLength: 200 }))
    .map(([graph, choices]) => {
      const tasks = graph.tasks.map((task, index) => ({
        ...task,
        compensation: index % 3 === 2 ? null : undo,
      }));
      return play(expandFanOuts({ ...graph, tasks, compensate: true }, {}), choices);
    });

  it('undoes each completed task that says how, once, in the reverse order of completion', () => {
    fc.assert(
      fc.property(played, ({ run, completed }) => {
        const failed = ['failed', 'cancelled'].includes(run.status);
        const expected = completed
          .filter((id) => run.tasks.get(id)?.definition.compensation)
          .reverse();
        const undoing = compensationOf(run);
        expect(undoing?.tasks.map(({ task_id }) => task_id) ?? []).toEqual(failed ? expected : []);
        for (const { task_id, input_data } of undoing?.tasks ?? []) {
          expect(input_data).toMatchObject({ output: { of: task_id } });
        }
      }),
      { numRuns: 200 },
    );
  });

  it('runs one after the other, and stops at what cannot be undone', () => {
    fc.assert(
      fc.property(played, ({ run }) => {
        const undoing = compensationOf(run);
        if (!undoing) return;
        expect(graphFaults(undoing)).toEqual([]);
        let at = step(newRun(undoing, 0), { type: 'admitted' });
        for (const { task_id } of undoing.tasks) {
          expect(startable(at).map(({ definition }) => definition.task_id)).toEqual([task_id]);
          at = step(at, { type: 'task_started', task_id });
          const failed = step(at, { type: 'task_failed', task_id, retryable: false });
          expect(failed.status).toBe('failed');
          at = step(at, { type: 'task_completed', task_id, output: {} });
        }
        expect(at.status).toBe('completed');
      }),
      { numRuns: 50 },
    );
  });

  it('leaves nothing half done: an execution that would end partially completed has failed', () => {
    const tasks = [newTask({ task_id: 'a', compensation: undo }), newTask({ task_id: 'b' })];
    const end = (compensate: boolean): GraphRun => {
      const events: RunEvent[] = [
        { type: 'admitted' },
        { type: 'task_started', task_id: 'a' },
        { type: 'task_completed', task_id: 'a', output: {} },
        { type: 'task_started', task_id: 'b' },
        { type: 'task_failed', task_id: 'b', retryable: false },
      ];
      return events.reduce(step, newRun(newGraph({ tasks, compensate }), 0));
    };
    expect(end(false).status).toBe('partially_completed');
    expect(compensationOf(end(false))).toBeNull();
    const failed = end(true);
    expect(failed.status).toBe('failed');
    // what is undone is not taken up again
    expect(step(failed, { type: 'retried' })).toEqual(failed);
    expect(step(failed, { type: 'task_retried', task_id: 'b' })).toEqual(failed);
  });

  it('undoes a task after what depended on it, also where a clock was set back', () => {
    const task = (task_id: string, completed_at: number, dependencies: string[] = []) => ({
      ...newTask({ task_id, dependencies, compensation: undo }),
      output_data: {},
      completed_at,
    });
    const graph = compensationGraph([task('a', 600), task('b', 5, ['a']), task('c', 10, ['b'])]);
    expect(graph?.tasks.map(({ task_id }) => task_id)).toEqual(['c', 'b', 'a']);
  });

  it('asks who does it', () => {
    const compensation = { max_retry_attempts: 0, timeout_minutes: 1 };
    const graph = newGraph({ tasks: [newTask({ task_id: 'a', compensation })] });
    expect(graphFaults(graph)).toMatchObject([
      { pointer: '/tasks/0/compensation/task_type', code: 'required' },
    ]);
  });
});
