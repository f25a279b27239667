export const BREAKER_STATES = ['closed', 'open', 'half_open'] as const;
export type BreakerState = (typeof BREAKER_STATES)[number];

export interface BreakerSettings {
  window_ms: number;
  /** Fewer calls in the window say nothing. */
  minimum_calls: number;
  /** From 0 to 1: from this share of failures on it opens. */
  failure_rate: number;
  /** Until it is probed; doubled with every opening in a row, up to `longest_open_ms`. */
  open_ms: number;
  longest_open_ms: number;
  /** It closes once so many probes at a time have succeeded: 1, then 2, then 4, … */
  full_probes: number;
}

/** Calls and failures of a tenth of the window; `start` in epoch milliseconds. */
export interface BreakerBucket {
  start: number;
  calls: number;
  failures: number;
}

/** A circuit breaker (Nygard, "Release It!", 2007) of one target that work depends on. */
export interface Breaker {
  state: BreakerState;
  buckets: readonly BreakerBucket[];
  /** Epoch milliseconds; of an open one. Null: only somebody ends it. */
  retry_at: number | null;
  /** In a row, without having closed. */
  openings: number;
  /** Of a half-open one, in this round. */
  probes_allowed: number;
  /** Who makes those that were started, whether they have ended or not. */
  probes: readonly string[];
  probes_succeeded: number;
  /** When the round began. */
  round_at: number | null;
}

export type BreakerEvent =
  /** How calls ended. */
  | { type: 'ended'; succeeded: number; failed: number }
  /** These want to make a call each; the first of them are admitted. */
  | { type: 'asked'; by: readonly string[] }
  /** Calls of these will never end: nobody wants them any more. */
  | { type: 'given_back'; by: readonly string[] }
  | { type: 'time_passed' }
  | { type: 'opened_by_hand' }
  | { type: 'closed_by_hand' };

const BUCKETS = 10;
/** A round of probes of which nothing is heard for so many times `open_ms` begins anew: who probed has gone. */
const SILENT_ROUNDS = 4;

export const NEW_BREAKER: Breaker = {
  state: 'closed',
  buckets: [],
  retry_at: null,
  openings: 0,
  probes_allowed: 0,
  probes: [],
  probes_succeeded: 0,
  round_at: null,
};

/**
 * What a breaker is after an event at `now` (epoch milliseconds). Total and pure.
 *
 * - `closed`: everything goes. With `minimum_calls` in the window and `failure_rate` of them failed it opens.
 * - `open`: nothing goes, until `retry_at`. Ends of calls that were under way change nothing.
 * - `half_open`: rounds of 1, 2, 4, … probes. A round that succeeded doubles the next, so that what was held back
 *   drains gently; after one of `full_probes` it closes. A failure opens it again, for twice as long. A probe that is
 *   given back is made by somebody else.
 */
export function afterEvent(
  breaker: Breaker,
  event: BreakerEvent,
  now: number,
  settings: BreakerSettings,
): Breaker {
  switch (event.type) {
    case 'opened_by_hand':
      return { ...NEW_BREAKER, state: 'open', openings: breaker.openings };
    case 'closed_by_hand':
      return NEW_BREAKER;
    case 'time_passed':
      return afterTime(breaker, now, settings);
    case 'asked':
      return afterAsked(breaker, event.by);
    case 'given_back':
      return afterGivenBack(breaker, event.by);
    case 'ended':
      return afterEnds(breaker, event, now, settings);
  }
}

/** Of so many calls, those that may be made now; the others are parked. */
export function admitted(breaker: Breaker, calls: number): number {
  if (breaker.state === 'closed') return calls;
  if (breaker.state === 'open') return 0;
  return Math.min(calls, Math.max(0, breaker.probes_allowed - breaker.probes.length));
}

function afterAsked(breaker: Breaker, by: readonly string[]): Breaker {
  if (breaker.state !== 'half_open') return breaker;
  return { ...breaker, probes: [...breaker.probes, ...by.slice(0, admitted(breaker, by.length))] };
}

/** Others may probe in their place; what is no probe of this round changes nothing. */
function afterGivenBack(breaker: Breaker, by: readonly string[]): Breaker {
  const probes = breaker.probes.filter((one) => !by.includes(one));
  return probes.length === breaker.probes.length ? breaker : { ...breaker, probes };
}

/** Calls and failures in the window that ends now. */
export function tallyOf(
  { buckets }: Breaker,
  now: number,
  { window_ms }: BreakerSettings,
): { calls: number; failures: number } {
  const recent = buckets.filter(({ start }) => start > now - window_ms);
  return {
    calls: recent.reduce((sum, { calls }) => sum + calls, 0),
    failures: recent.reduce((sum, { failures }) => sum + failures, 0),
  };
}

/**
 * Calls and failures that decide what an event at `now` makes of a breaker, those of the event among them: of the window,
 * or of a half-open one's round of probes.
 */
export function decidedBy(
  breaker: Breaker,
  event: BreakerEvent,
  now: number,
  settings: BreakerSettings,
): { calls: number; failures: number } {
  const { succeeded, failed } = event.type === 'ended' ? event : { succeeded: 0, failed: 0 };
  if (breaker.state === 'half_open') {
    return { calls: breaker.probes_succeeded + succeeded + failed, failures: failed };
  }
  const buckets = withCalls(breaker.buckets, succeeded, failed, now, settings);
  return tallyOf({ ...breaker, buckets }, now, settings);
}

function afterTime(breaker: Breaker, now: number, settings: BreakerSettings): Breaker {
  if (breaker.state === 'open' && breaker.retry_at !== null && breaker.retry_at <= now) {
    return round({ ...breaker, state: 'half_open', retry_at: null }, 1, now);
  }
  const silent = settings.open_ms * SILENT_ROUNDS;
  if (breaker.state === 'half_open' && (breaker.round_at ?? 0) + silent <= now) {
    return round(breaker, 1, now);
  }
  return breaker;
}

function afterEnds(
  breaker: Breaker,
  { succeeded, failed }: { succeeded: number; failed: number },
  now: number,
  settings: BreakerSettings,
): Breaker {
  if (breaker.state === 'open') return breaker;
  if (breaker.state === 'half_open') {
    if (failed > 0) return opened(breaker, now, settings);
    const probes_succeeded = breaker.probes_succeeded + succeeded;
    if (probes_succeeded < breaker.probes_allowed) return { ...breaker, probes_succeeded };
    return breaker.probes_allowed >= settings.full_probes
      ? NEW_BREAKER
      : round(breaker, breaker.probes_allowed * 2, now);
  }
  const counted = {
    ...breaker,
    buckets: withCalls(breaker.buckets, succeeded, failed, now, settings),
  };
  const { calls, failures } = tallyOf(counted, now, settings);
  const opens = calls >= settings.minimum_calls && failures >= calls * settings.failure_rate;
  return opens && failures > 0 ? opened(counted, now, settings) : counted;
}

function round(breaker: Breaker, probes_allowed: number, now: number): Breaker {
  return { ...breaker, probes_allowed, probes: [], probes_succeeded: 0, round_at: now };
}

function opened(
  { openings }: Breaker,
  now: number,
  { open_ms, longest_open_ms }: BreakerSettings,
): Breaker {
  const wait = Math.min(longest_open_ms, open_ms * 2 ** Math.min(openings, 30));
  return { ...NEW_BREAKER, state: 'open', retry_at: now + wait, openings: openings + 1 };
}

function withCalls(
  buckets: readonly BreakerBucket[],
  succeeded: number,
  failed: number,
  now: number,
  { window_ms }: BreakerSettings,
): BreakerBucket[] {
  const width = window_ms / BUCKETS;
  const start = Math.floor(now / width) * width;
  const kept = buckets.filter((one) => one.start > now - window_ms && one.start !== start);
  const same = buckets.find((one) => one.start === start);
  const calls = (same?.calls ?? 0) + succeeded + failed;
  return [...kept, { start, calls, failures: (same?.failures ?? 0) + failed }];
}
