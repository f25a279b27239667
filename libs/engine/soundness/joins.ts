import type { WorkflowDefinition } from '#engine/definition';
import {
  neededTasks,
  type SynchronizationPointDefinition,
  type TaskGraphDefinition,
  topologicalOrder,
} from '#engine/graph';

import { Probe } from './probe.js';
import type { Finding } from './types.js';

const MOST_RUNS = 2_000;

/** Synchronization points that cannot be reached, or hardly. */
export function joinFindings({ steps }: WorkflowDefinition): Finding[] {
  return steps.flatMap(({ step_id, parallel }, index) =>
    (parallel?.synchronization_points ?? []).flatMap((point, position) =>
      parallel
        ? pointFindings(
            point,
            parallel,
            step_id,
            `/steps/${index}/parallel/synchronization_points/${position}`,
          )
        : [],
    ),
  );
}

function pointFindings(
  point: SynchronizationPointDefinition,
  graph: TaskGraphDefinition,
  stepId: string,
  pointer: string,
): Finding[] {
  const { sync_id, condition_expression: condition } = point;
  const fails = point.failure_strategy === 'fail_fast';
  if (typeof condition === 'string' && !canHold(condition, point)) {
    const what = fails ? `so ${stepId} always fails` : 'so it is always missed';
    return [
      {
        code: 'join_never_completes',
        severity: fails ? 'error' : 'warning',
        subject: sync_id,
        pointer: `${pointer}/condition_expression`,
        message: `The condition of ${sync_id} cannot hold on any results of its tasks, ${what}.`,
        path: [],
      },
    ];
  }
  const minutes = soonest(point, graph);
  if (minutes <= point.timeout_minutes) return [];
  return [
    {
      code: 'join_likely_times_out',
      severity: 'warning',
      subject: sync_id,
      pointer: `${pointer}/timeout_minutes`,
      message: `${sync_id} gives up after ${point.timeout_minutes} minutes, but by their estimates its tasks take ${minutes}.`,
      path: [],
    },
  ];
}

/** What a join's condition sees of results that are not its own tasks' is null: see `joinContext`. */
function canHold(condition: string, { required_tasks }: SynchronizationPointDefinition): boolean {
  const probe = new Probe();
  const seen = new Set(['results', 'completed', 'failed', ...required_tasks]);
  const asked = probe.condition(condition, (root) => !seen.has(root));
  let runs = 0;
  const ways = probe.ways(
    () => asked.test({}).matched,
    () => (runs += 1) <= MOST_RUNS,
  );
  return ways === null || ways.some(({ result }) => result);
}

/** When enough of the required tasks have ended at the earliest, by their estimates. */
function soonest(point: SynchronizationPointDefinition, { tasks }: TaskGraphDefinition): number {
  const byId = new Map(tasks.map((task) => [task.task_id, task]));
  const ends = new Map<string, number>();
  for (const id of topologicalOrder(tasks)) {
    const task = byId.get(id);
    const begins = Math.max(
      0,
      ...(task?.dependencies ?? []).map((before) => ends.get(before) ?? 0),
    );
    ends.set(id, begins + (task?.estimated_duration_minutes ?? 0));
  }
  const times = point.required_tasks.map((id) => ends.get(id) ?? 0).sort((a, b) => a - b);
  const percentage =
    point.sync_type === 'join' || point.sync_type === 'partial_completion'
      ? point.minimum_completion_percentage
      : 100;
  return times[neededTasks(times.length, percentage) - 1] ?? 0;
}
