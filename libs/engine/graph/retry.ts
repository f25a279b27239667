export const JITTERS = ['full', 'none'] as const;

/** How a task is tried again. How often is its `max_retry_attempts`. Every field may be left out. */
export interface RetryPolicy {
  /** Before the second attempt; default a second. */
  initial_interval_ms?: number;
  /** What each pause is multiplied by for the next; default 2. */
  backoff_coefficient?: number;
  /** No pause is longer; default a minute. */
  maximum_interval_ms?: number;
  /** `full` (the default): a random part of the pause. */
  jitter?: (typeof JITTERS)[number];
  /** From the start of the first attempt: none begins later. */
  total_timeout_minutes?: number | null;
  /** Errors that no further attempt can mend: see `isNonRetryable`. */
  non_retryable_errors?: string[];
}

const MS_PER_MINUTE = 60_000;

/**
 * How long to wait before the next attempt: exponential, by default with full jitter (Brooker, "Exponential Backoff And
 * Jitter", 2015), so that tasks that failed together do not come back together.
 * @param attempt the one that has just failed, from 1
 * @param random from 0 up to 1
 * @returns milliseconds, whole
 */
export function backoffMs(attempt: number, random: number, policy: RetryPolicy = {}): number {
  const { initial_interval_ms = 1_000, backoff_coefficient = 2 } = policy;
  const { maximum_interval_ms = 60_000, jitter = 'full' } = policy;
  // an overflow to infinity is cut off by the maximum; of no first pause it would make NaN
  const grown =
    initial_interval_ms === 0
      ? 0
      : initial_interval_ms * backoff_coefficient ** (Math.max(attempt, 1) - 1);
  const pause = Math.min(maximum_interval_ms, grown);
  return Math.floor(jitter === 'full' ? random * pause : pause);
}

export interface AttemptError {
  code: string;
  message: string;
  /** Of a `http_status`. */
  status?: unknown;
}

/**
 * Whether one of the patterns names the error: by its code, its code and status (`http_status:409`), or its message.
 * `*` stands for any text; letter case does not count.
 */
export function isNonRetryable(error: AttemptError, patterns: readonly string[]): boolean {
  const { code, message, status } = error;
  const names = [code, message];
  if (typeof status === 'number') names.push(`${code}:${status}`);
  return patterns.some((pattern) => names.some((name) => matchesGlob(name, pattern)));
}

/** In linear time for any number of `*`: each part is taken at its first place after the one before. */
function matchesGlob(text: string, pattern: string): boolean {
  const given = text.toLowerCase();
  const parts = pattern.toLowerCase().split('*');
  const [first = ''] = parts;
  const last = parts.at(-1) ?? '';
  if (parts.length === 1) return given === first;
  if (!given.startsWith(first) || given.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = given.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return given.length - last.length >= at && given.endsWith(last);
}

export interface FailedAttempt {
  /** From 1. */
  attempt: number;
  /** Those after the first: a task runs at most 1 + max_retry_attempts times. */
  max_retry_attempts: number;
  /** What the one who made the attempt says. */
  retryable: boolean;
  error: AttemptError;
  /** Since the first attempt began. */
  elapsed_ms: number;
  /** Instead of the backoff: as the other side asked for. */
  retry_after_ms?: number | undefined;
  policy?: RetryPolicy | null;
}

/**
 * What becomes of a task after a failed attempt: another one after a pause, or none.
 * @param random from 0 up to 1
 */
export function afterFailedAttempt(
  failure: FailedAttempt,
  random: number,
): { next: 'retrying' | 'failed'; delay_ms: number } {
  const { attempt, max_retry_attempts, retryable, error, elapsed_ms, retry_after_ms } = failure;
  const policy = failure.policy ?? {};
  const delay_ms = retry_after_ms ?? backoffMs(attempt, random, policy);
  const budget_ms = (policy.total_timeout_minutes ?? Infinity) * MS_PER_MINUTE;
  const again =
    retryable &&
    attempt <= max_retry_attempts &&
    elapsed_ms + delay_ms <= budget_ms &&
    !isNonRetryable(error, policy.non_retryable_errors ?? []);
  return again ? { next: 'retrying', delay_ms } : { next: 'failed', delay_ms: 0 };
}

/**
 * The policy in free-form settings (`retry_configuration` of a workflow, `conditions.retry_policy` of a step): the
 * fields that have the right type; null where none has.
 */
export function readRetryPolicy(settings: Record<string, unknown>): RetryPolicy | null {
  const atLeast = (name: string, least: number): number | undefined => {
    const value = settings[name];
    return typeof value === 'number' && Number.isFinite(value) && value >= least
      ? value
      : undefined;
  };
  const jitter = JITTERS.find((word) => word === settings['jitter']);
  const errors = settings['non_retryable_errors'];
  const policy = Object.fromEntries(
    Object.entries({
      initial_interval_ms: atLeast('initial_interval_ms', 0),
      backoff_coefficient: atLeast('backoff_coefficient', 1),
      maximum_interval_ms: atLeast('maximum_interval_ms', 0),
      jitter,
      total_timeout_minutes: atLeast('total_timeout_minutes', 0),
      non_retryable_errors: Array.isArray(errors)
        ? errors.filter((one) => typeof one === 'string')
        : undefined,
    }).filter(([, value]) => value !== undefined),
  ) as RetryPolicy;
  return Object.keys(policy).length > 0 ? policy : null;
}
