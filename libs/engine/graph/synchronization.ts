import type { JsonObject, SynchronizationPointDefinition, SynchronizationStatus } from './types.js';

/** How far the required tasks of a synchronization point are. */
export interface PointTally {
  required: number;
  completed: number;
  /** Failed, skipped or cancelled for good: no attempt and no round of `retry_all` is left. */
  lost: number;
}

export interface PointVerdict {
  status: SynchronizationStatus;
  /** The point was missed under `fail_fast`: the execution fails with it. */
  fails_execution: boolean;
  /** The point could not be reached as it was meant; under `continue_partial` it is `reached` all the same. */
  missed: boolean;
}

type JudgedPoint = Pick<
  SynchronizationPointDefinition,
  'sync_type' | 'minimum_completion_percentage' | 'failure_strategy'
>;

/** Required tasks that must complete for `percentage` of them; the epsilon absorbs what 100ths lose in binary. */
export function neededTasks(required: number, percentage: number): number {
  return Math.ceil((required * percentage) / 100 - 1e-9);
}

/**
 * Where a waiting synchronization point stands.
 *
 * - `barrier`: reached when all required tasks have completed; missed as soon as one is lost.
 * - `join`: reached when `minimum_completion_percentage` of them have completed, without waiting for the rest; missed
 *   as soon as too few can still complete.
 * - `conditional_join`: decided when all of them have ended, by its condition over their results.
 * - `partial_completion`: decided at its timeout, or when all of them have ended before: reached with
 *   `minimum_completion_percentage` completed.
 *
 * A point that is still undecided at its timeout is missed. A missed point ends `failed` (`timed_out` at the timeout);
 * under `fail_fast` the execution fails with it, under `best_effort` it goes on. Under `continue_partial` a miss waits
 * until all required tasks have ended or the timeout has come, and the point is then reached with what is there.
 * What ends later than the point's decision changes it no more.
 *
 * @param holds evaluates the condition of a `conditional_join`; asked only when it decides
 */
export function judgePoint(
  point: JudgedPoint,
  tally: PointTally,
  timedOut: boolean,
  holds: () => boolean,
): PointVerdict {
  const verdict = intended(point, tally, timedOut, holds);
  if (verdict === 'reached') return { status: 'reached', missed: false, fails_execution: false };
  if (verdict === 'undecided') return { status: 'waiting', missed: false, fails_execution: false };
  if (point.failure_strategy === 'continue_partial') {
    const settled = timedOut || openTasks(tally) === 0;
    return { status: settled ? 'reached' : 'waiting', missed: settled, fails_execution: false };
  }
  return {
    status: timedOut ? 'timed_out' : 'failed',
    missed: true,
    fails_execution: point.failure_strategy === 'fail_fast',
  };
}

/**
 * Why a point was missed, to follow "missed: ".
 * @param condition what that of a `conditional_join` came to, where it was asked
 */
export function missReason(
  point: JudgedPoint,
  tally: PointTally,
  condition: string | null,
): string {
  const { required, completed } = tally;
  const open = openTasks(tally);
  const standing = `${completed} of its ${required} tasks had completed, ${open} were still open`;
  switch (point.sync_type) {
    case 'barrier':
      return `${standing}, and all are needed`;
    case 'conditional_join':
      return condition ?? `${standing}, and all must have ended`;
    case 'join':
    case 'partial_completion':
      return `${standing}, and ${neededTasks(required, point.minimum_completion_percentage)} are needed`;
  }
}

function openTasks({ required, completed, lost }: PointTally): number {
  return required - completed - lost;
}

function intended(
  point: JudgedPoint,
  tally: PointTally,
  timedOut: boolean,
  holds: () => boolean,
): 'reached' | 'missed' | 'undecided' {
  const { required, completed, lost } = tally;
  const open = openTasks(tally);
  const late = timedOut ? 'missed' : 'undecided';
  switch (point.sync_type) {
    case 'barrier':
      if (completed === required) return 'reached';
      return lost > 0 ? 'missed' : late;
    case 'join': {
      const needed = neededTasks(required, point.minimum_completion_percentage);
      if (completed >= needed) return 'reached';
      return completed + open < needed ? 'missed' : late;
    }
    case 'conditional_join':
      if (open > 0) return late;
      return holds() ? 'reached' : 'missed';
    case 'partial_completion':
      if (open > 0 && !timedOut) return 'undecided';
      return completed >= neededTasks(required, point.minimum_completion_percentage)
        ? 'reached'
        : 'missed';
  }
}

/**
 * What the condition of a `conditional_join` sees: `results` (task_id → output of the completed ones), `completed` and
 * `failed` (task ids), and each completed task's output under its own id where that is no word of these.
 */
export function joinContext(
  results: Readonly<Record<string, JsonObject>>,
  lost: readonly string[],
): JsonObject {
  return { ...results, results, completed: Object.keys(results), failed: [...lost] };
}
