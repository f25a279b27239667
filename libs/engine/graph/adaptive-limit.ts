/** How many pieces of work a worker takes on at a time. */
export interface AdaptiveLimit {
  limit: number;
  /** What recording a result takes when nothing is wrong; null before the first one. */
  usual_ms: number | null;
}

/** What was seen in a second. */
export interface LoadSeen {
  /** Mean time to record a result, or null where none was. */
  latency_ms: number | null;
  /** The 99th percentile of how late the event loop came round. */
  event_loop_delay_ms: number;
  /** The most pieces in hand at a time. */
  most_in_hand: number;
}

export interface LimitBounds {
  least: number;
  most: number;
}

/** Beyond it, timers and leases come late: the process has more in hand than it can turn to. */
const LATE_MS = 100;
/** Of what is usual: then it is the database that has too much. */
const SLOW = 2;
const LESS = 0.75;
/** The usual latency follows improvement at once and a lasting change within a minute. */
const FORGETTING = 0.05;

/**
 * Additive increase, multiplicative decrease: a quarter less when the event loop is late or results take more than
 * twice as long to record as usual; a little more (the root of the limit) when all of it was used and nothing was slow.
 * Never outside the bounds.
 */
export function nextLimit(
  { limit, usual_ms }: AdaptiveLimit,
  { latency_ms, event_loop_delay_ms, most_in_hand }: LoadSeen,
  { least, most }: LimitBounds,
): AdaptiveLimit {
  const slow = latency_ms !== null && usual_ms !== null && latency_ms > SLOW * usual_ms;
  const overloaded = slow || event_loop_delay_ms > LATE_MS;
  const wanted = overloaded
    ? Math.floor(limit * LESS)
    : most_in_hand >= limit
      ? limit + Math.ceil(Math.sqrt(limit))
      : limit;
  return { limit: Math.min(most, Math.max(least, wanted)), usual_ms: usual(usual_ms, latency_ms) };
}

function usual(before: number | null, latency: number | null): number | null {
  if (latency === null || before === null) return latency ?? before;
  return latency < before ? latency : before + FORGETTING * (latency - before);
}
