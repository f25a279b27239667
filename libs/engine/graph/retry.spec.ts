import fc from 'fast-check';

import {
  afterFailedAttempt,
  backoffMs,
  type FailedAttempt,
  isNonRetryable,
  readRetryPolicy,
} from './retry.js';

const failure = (changes: Partial<FailedAttempt> = {}): FailedAttempt => ({
  attempt: 1,
  max_retry_attempts: 3,
  retryable: true,
  error: { code: 'network', message: 'connection refused' },
  elapsed_ms: 0,
  ...changes,
});

describe('a failed attempt', () => {
  it('is followed by a growing pause, up to the longest, of which jitter takes a part', () => {
    const policy = { initial_interval_ms: 100, backoff_coefficient: 3, maximum_interval_ms: 1_000 };
    const pauses = [1, 2, 3, 4, 5_000].map((attempt) =>
      backoffMs(attempt, 0.5, { ...policy, jitter: 'none' }),
    );
    expect(pauses).toEqual([100, 300, 900, 1_000, 1_000]);
    expect(backoffMs(2, 0.5, policy)).toBe(150);
    expect(backoffMs(5_000, 0.5, { initial_interval_ms: 0 })).toBe(0);
  });

  it('never waits longer than the maximum, whatever the policy', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.record({
          initial_interval_ms: fc.nat(1e9),
          backoff_coefficient: fc.double({ min: 1, max: 100, noNaN: true }),
          maximum_interval_ms: fc.nat(1e9),
        }),
        (attempt, random, policy) => {
          const pause = backoffMs(attempt, random, policy);
          expect(Number.isInteger(pause)).toBe(true);
          expect(pause).toBeGreaterThanOrEqual(0);
          expect(pause).toBeLessThanOrEqual(policy.maximum_interval_ms);
        },
      ),
    );
  });

  it('is the last one when attempts or the total time are used up, or another could not help', () => {
    const next = (changes: Partial<FailedAttempt>) =>
      afterFailedAttempt(failure(changes), 0.5).next;
    expect(next({ attempt: 3 })).toBe('retrying');
    expect(next({ attempt: 4 })).toBe('failed');
    expect(next({ retryable: false })).toBe('failed');
    const policy = { total_timeout_minutes: 1 };
    expect(next({ policy, elapsed_ms: 59_000 })).toBe('retrying');
    expect(next({ policy, elapsed_ms: 59_900 })).toBe('failed');
    expect(next({ policy, retry_after_ms: 61_000 })).toBe('failed');
    expect(next({ policy: { non_retryable_errors: ['net*'] } })).toBe('failed');
  });

  it.each([
    ['http_status', true],
    ['HTTP_STATUS:409', true],
    ['http_status:404', false],
    ['*was 409*', true],
    ['The*4*9.', true],
    ['The answer', false],
    ['*', true],
    ['', false],
    ['The answer was 409.*.', false],
  ])('is recognised by %j: %s', (pattern, expected) => {
    const error = { code: 'http_status', message: 'The answer was 409.', status: 409 };
    expect(isNonRetryable(error, [pattern])).toBe(expected);
  });
});

describe('free-form settings', () => {
  it('give the fields of a policy that have the right type', () => {
    expect(
      readRetryPolicy({
        max_attempts: 3,
        initial_interval_ms: 5,
        backoff_coefficient: 0.5,
        jitter: 'some',
        non_retryable_errors: ['a', 1],
      }),
    ).toEqual({ initial_interval_ms: 5, non_retryable_errors: ['a'] });
    expect(readRetryPolicy({ max_attempts: 3 })).toBeNull();
  });
});
