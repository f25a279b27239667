import { quantile } from '#engine/statistics';

import type { Estimate, Forecast, Random, Replayed } from './types.js';

const RESAMPLES = 200;
const PER_CENT = 100;

/**
 * What instances come to on average, with intervals at 95 % by the bootstrap over instances: B. Efron, "Bootstrap
 * methods: another look at the jackknife", Ann. Statist. 7 (1979), 1–26, percentile method.
 * @param replayed at least one
 */
export function forecastOf(replayed: readonly Replayed[], random: Random): Forecast {
  const draws = Array.from({ length: RESAMPLES }, () =>
    replayed.map(() => Math.floor(random() * replayed.length)),
  );
  const estimate = (of: (one: Replayed) => number): Estimate => {
    const values = replayed.map(of);
    const means = draws.map((draw) => meanOf(draw.map((index) => values[index] ?? 0)));
    const mean = meanOf(values);
    return {
      mean,
      low: Math.min(mean, quantile(means, 0.025) ?? mean),
      high: Math.max(mean, quantile(means, 0.975) ?? mean),
    };
  };
  const steps = new Set(replayed.flatMap(({ wait_minutes }) => Object.keys(wait_minutes)));
  return {
    cycle_minutes: estimate(({ cycle_minutes }) => cycle_minutes),
    deadline_miss_percentage: estimate(({ missed }) => (missed ? PER_CENT : 0)),
    failure_percentage: estimate(({ failed }) => (failed ? PER_CENT : 0)),
    wait_minutes: Object.fromEntries(
      [...steps].map((step_id) => [
        step_id,
        estimate(({ wait_minutes }) => wait_minutes[step_id] ?? 0),
      ]),
    ),
  };
}

/** The same numbers for the same seed (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
