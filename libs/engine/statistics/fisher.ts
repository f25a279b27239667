import { logGamma } from './gamma.js';

/** So many of `total` had it. */
export interface Share {
  count: number;
  total: number;
}

/**
 * Probability that at least so many of the first had it, were both of one population: one-sided exact test of R. A.
 * Fisher, "On the interpretation of χ² from contingency tables", JRSS 85 (1922), 87–94. Holds for any counts.
 */
export function fisherGreater(first: Share, second: Share): number {
  const marked = first.count + second.count;
  const most = Math.min(first.total, marked);
  const all = first.total + second.total;
  let sum = 0;
  for (let count = first.count; count <= most; count += 1) {
    sum += Math.exp(
      logChoose(first.total, count) +
        logChoose(second.total, marked - count) -
        logChoose(all, marked),
    );
  }
  return Math.min(1, sum);
}

function logChoose(n: number, k: number): number {
  return k < 0 || k > n ? -Infinity : logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}
