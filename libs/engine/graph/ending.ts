import type { ExecutionStatus, FailureStrategy } from './types.js';

/** Rounds in which `retry_all` runs again what failed, before it takes what is there. */
export const DEFAULT_RETRY_ROUNDS = 3;

export interface SettledTally {
  total: number;
  completed: number;
  failed: number;
  /** A synchronization point was missed under `best_effort` or `continue_partial`. */
  point_missed: boolean;
  /** All or nothing. */
  compensate?: boolean | undefined;
}

/**
 * What an execution is when every task of it has settled and no round is left: `completed` when all completed and no
 * point was missed, `partially_completed` when anything did, else `failed`. With `compensate`, `failed` where one has.
 */
export function endOf({
  total,
  completed,
  failed,
  point_missed,
  compensate,
}: SettledTally): ExecutionStatus {
  if (completed === total && !point_missed) return 'completed';
  if (compensate && failed > 0) return 'failed';
  return completed > 0 ? 'partially_completed' : 'failed';
}

/** Whether failed and skipped tasks of a settled execution are set back and run again. */
export function startsRound(run: {
  failure_strategy: FailureStrategy;
  retry_round: number;
  max_retry_rounds: number;
  failed: number;
}): boolean {
  return run.failed > 0 && mayRunAgain(run);
}

/** Whether what fails now may still be run again by a round, so that no synchronization point counts it as lost. */
export function mayRunAgain(run: {
  failure_strategy: FailureStrategy;
  retry_round: number;
  max_retry_rounds: number;
}): boolean {
  return run.failure_strategy === 'retry_all' && run.retry_round < run.max_retry_rounds;
}
