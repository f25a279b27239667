export interface BackoffPolicy {
  base_ms: number;
  cap_ms: number;
}

export const DEFAULT_BACKOFF: Readonly<BackoffPolicy> = { base_ms: 1_000, cap_ms: 60_000 };

/**
 * How long to wait before the next attempt: exponential with full jitter (Brooker, "Exponential Backoff And Jitter",
 * 2015), so that tasks that failed together do not come back together.
 * @param attempt the one that has just failed, from 1
 * @param random from 0 up to 1
 * @returns milliseconds, whole
 */
export function backoffMs(
  attempt: number,
  random: number,
  policy: BackoffPolicy = DEFAULT_BACKOFF,
): number {
  // 2 ** 30 of any base is above any cap; beyond it the power would only lose precision.
  const exponent = Math.min(Math.max(attempt, 1) - 1, 30);
  return Math.floor(random * Math.min(policy.cap_ms, policy.base_ms * 2 ** exponent));
}

/**
 * What becomes of a failed attempt. `attempt` counts from 1 and `max_retry_attempts` are those after the first, so
 * that a task runs at most 1 + max_retry_attempts times.
 */
export function afterFailedAttempt(failure: {
  attempt: number;
  max_retry_attempts: number;
  retryable: boolean;
}): 'retrying' | 'failed' {
  return failure.retryable && failure.attempt <= failure.max_retry_attempts ? 'retrying' : 'failed';
}
