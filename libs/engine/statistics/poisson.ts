import { upperGamma } from './gamma.js';
import type { Interval } from './wilson.js';

/**
 * Exact interval for the mean of a Poisson variable of which `count` was seen, at `level` (two-sided): F. Garwood,
 * "Fiducial limits for the Poisson distribution", Biometrika 28 (1936), 437–442. Divide both ends by the exposure
 * (days, …) for a rate.
 * @param count whole, 0 or more
 */
export function poissonInterval(count: number, level = 0.95): Interval {
  const tail = (1 - level) / 2;
  // P(X ≥ count | mean) = 1 − Q(count, mean) and P(X ≤ count | mean) = Q(count + 1, mean)
  const low = count === 0 ? 0 : solve((mean) => 1 - upperGamma(count, mean) - tail, count);
  const high = solve((mean) => tail - upperGamma(count + 1, mean), count);
  return { low, high };
}

const HALVINGS = 100;

/** The root of an increasing function of the mean, by bisection around `count`. */
function solve(excess: (mean: number) => number, count: number): number {
  let low = 0;
  // at level 0.9999 the upper limit is still below this
  let high = count + 10 * Math.sqrt(count + 1) + 20;
  for (let step = 0; step < HALVINGS; step += 1) {
    const middle = (low + high) / 2;
    if (excess(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
