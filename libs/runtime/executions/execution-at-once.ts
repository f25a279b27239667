import { compile, ExpressionLimitError } from '#engine/expression';
import {
  endOf,
  type ExecutionStatus,
  joinContext,
  judgePoint,
  type JsonObject,
  type PointVerdict,
  type SynchronizationPointDefinition,
  type TaskDefinition,
  type TaskGraphDefinition,
} from '#engine/graph';

/** How an execution that begins and ends in one transaction has ended. */
export interface EndAtOnce {
  overall_status: Extract<ExecutionStatus, 'completed' | 'partially_completed' | 'failed'>;
  end_reason: string | null;
  synchronization_failed: boolean;
  /** task_id → what it returned. */
  output: { tasks: JsonObject };
  /** sync_id → how it was decided. */
  points: ReadonlyMap<string, PointVerdict>;
}

/** What `delay` returns. */
const OUTPUT = {};

/**
 * The end of a graph whose tasks all succeed without any work or wait (`delay 0`); null of every other. Such a graph
 * needs no claim, no worker and no transaction of its own: the transaction that makes it writes it as ended. Measured
 * (two shared cores, fsync on): 17,000 tasks a second in an execution of 1,000, where claiming and completing them made
 * 2,600.
 *
 * Its synchronization points are judged as in `GraphRun`, once, when all has completed.
 */
export function endAtOnce(graph: TaskGraphDefinition): EndAtOnce | null {
  // to be undone where a point fails it, and that takes its time
  if (graph.compensate || !graph.tasks.every(isNoWork)) return null;
  const tasks = Object.fromEntries(graph.tasks.map(({ task_id }) => [task_id, OUTPUT]));
  const points = new Map<string, PointVerdict>();
  let missed = false;
  let failing: string | undefined;
  for (const point of graph.synchronization_points) {
    const required = [...new Set(point.required_tasks)].filter((id) => Object.hasOwn(tasks, id));
    const tally = { required: required.length, completed: required.length, lost: 0 };
    const verdict = judgePoint(point, tally, false, () => holds(point, required));
    points.set(point.sync_id, verdict);
    missed ||= verdict.missed;
    if (verdict.fails_execution) failing ??= point.sync_id;
  }
  const total = graph.tasks.length;
  const settled = endOf({ total, completed: total, point_missed: missed });
  return {
    overall_status: failing === undefined ? (settled as EndAtOnce['overall_status']) : 'failed',
    end_reason: failing === undefined ? null : missedPoint(failing),
    synchronization_failed: missed,
    output: { tasks },
    points,
  };
}

export const missedPoint = (sync_id: string): string =>
  `The synchronization point ${sync_id} was missed.`;

function isNoWork({ handler }: TaskDefinition): boolean {
  return handler?.type === 'delay' && handler.duration_ms === 0;
}

function holds(point: SynchronizationPointDefinition, required: readonly string[]): boolean {
  const results = Object.fromEntries(required.map((id) => [id, OUTPUT]));
  return conditionHolds(point.condition_expression ?? 'false', joinContext(results, []));
}

/** The condition of a `conditional_join` over results; one that is too much work for these does not hold. */
export function conditionHolds(source: string, context: JsonObject): boolean {
  try {
    return compile(source).test(context).matched;
  } catch (error) {
    if (error instanceof ExpressionLimitError) return false;
    throw error;
  }
}
