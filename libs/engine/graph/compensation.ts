import type { Fault } from '#engine/errors';

import { handlerFaults } from './handler-faults.js';
import { topologicalOrder } from './order.js';
import type { GraphRun } from './run-state.js';
import type { ExecutionStatus, JsonObject, TaskDefinition, TaskGraphDefinition } from './types.js';

/** A task that has completed, as its undoing sees it. */
export interface CompletedTask extends Pick<
  TaskDefinition,
  'task_id' | 'task_name' | 'task_type' | 'step_id' | 'dependencies' | 'compensation'
> {
  input_data: JsonObject;
  output_data: JsonObject | null;
  /** The later completed later; of equal ones the order is that of the graph. */
  completed_at: number;
}

const MINUTES_OF_A_YEAR = 527_040;

/** What is wrong with the `compensation` of a task. */
export function compensationFaults({ compensation }: TaskDefinition, at: string): Fault[] {
  if (!compensation) return [];
  const { handler, task_type } = compensation;
  const faults = handler ? handlerFaults(handler, `${at}/compensation/handler`) : [];
  if ((handler && handler.type !== 'worker') || task_type) return faults;
  const message =
    'Name the task_type by which workers claim the undoing, other than that of the task; or give a handler that does it.';
  return [...faults, { pointer: `${at}/compensation/task_type`, code: 'required', message }];
}

/** Whether an execution that ends so is undone: all or nothing. */
export function isUndone(
  compensate: boolean | undefined,
  overall_status: ExecutionStatus,
): boolean {
  return compensate === true && ['failed', 'timed_out', 'cancelled'].includes(overall_status);
}

/**
 * The graph that undoes completed tasks: one after the other, in the reverse order of their completion, so that a task
 * is undone after all that depended on it (also where a clock was set back between them). The first one that cannot be
 * undone ends it as failed. Each has its task's `input_data` and `output_data` as `input` and `output` of its own
 * `input_data`. Null: there is nothing to undo.
 */
export function compensationGraph(completed: readonly CompletedTask[]): TaskGraphDefinition | null {
  const undone = inOrderOfCompletion(completed)
    .reverse()
    .flatMap(({ compensation, ...task }) => (compensation ? [{ task, compensation }] : []));
  if (undone.length === 0) return null;
  return {
    tasks: undone.map(({ task, compensation }, index): TaskDefinition => {
      const before = undone[index - 1];
      return {
        task_id: task.task_id,
        task_name: task.task_name,
        task_type: compensation.task_type ?? task.task_type,
        step_id: task.step_id,
        priority: 100,
        estimated_duration_minutes: 15,
        max_retry_attempts: compensation.max_retry_attempts,
        retry_policy: compensation.retry_policy ?? null,
        timeout_minutes: compensation.timeout_minutes,
        dependencies: before ? [before.task.task_id] : [],
        input_data: { input: task.input_data, output: task.output_data ?? {} },
        resource_requirements: {},
        handler: compensation.handler ?? null,
      };
    }),
    synchronization_points: [],
    load_balancing: {
      strategy: 'priority_based',
      max_concurrent_tasks: 1,
      resource_constraints: {},
      queue_priority_levels: 3,
      adaptive_scaling: true,
    },
    global_timeout_minutes: MINUTES_OF_A_YEAR,
    failure_strategy: 'fail_fast',
    monitoring_interval_seconds: 30,
  };
}

/** What undoes a run; null while it is open, and where nothing is to be undone. */
export function compensationOf({ graph, status, tasks }: GraphRun): TaskGraphDefinition | null {
  if (!isUndone(graph.compensate, status)) return null;
  return compensationGraph(
    [...tasks.values()].flatMap(({ definition, output, completed_at }) =>
      completed_at === null ? [] : [{ ...definition, output_data: output, completed_at }],
    ),
  );
}

function inOrderOfCompletion(completed: readonly CompletedTask[]): CompletedTask[] {
  const byId = new Map(completed.map((task) => [task.task_id, task]));
  const reached = new Map<string, number>();
  for (const id of topologicalOrder(completed)) {
    const task = byId.get(id);
    let at = task?.completed_at ?? 0;
    for (const dependency of task?.dependencies ?? []) {
      at = Math.max(at, reached.get(dependency) ?? at);
    }
    reached.set(id, at);
  }
  return [...reached].sort(([, a], [, b]) => a - b).flatMap(([id]) => byId.get(id) ?? []);
}
