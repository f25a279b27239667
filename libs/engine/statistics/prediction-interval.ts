import { ascending, median } from './descriptive.js';
import type { Interval } from './wilson.js';

export interface Prediction extends Interval {
  /** Median of the cases. */
  value: number;
  /** The probability with which the next like case falls into the interval; at most the one asked for where cases are few. */
  coverage: number;
  cases: number;
}

/**
 * Predicts the next value from like ones without assuming their distribution: between the l-th and the u-th smallest
 * of n lies the next with probability (u − l) / (n + 1), when all are exchangeable. S. S. Wilks, "Determination of
 * sample sizes for setting tolerance limits", Ann. Math. Statist. 12 (1941), 91–96. The ends are symmetric in rank.
 * @param coverage wanted, 0–1; with n cases at most (n − 1) / (n + 1) is to be had
 * @returns null of fewer than two
 */
export function predictNext(values: readonly number[], coverage = 0.9): Prediction | null {
  const n = values.length;
  if (n < 2) return null;
  const sorted = ascending(values);
  // the largest l with (n + 1 − 2l) / (n + 1) ≥ coverage; rounding must not cost a rank
  const rank = Math.max(1, Math.floor(((1 - coverage) * (n + 1)) / 2 + 1e-9));
  return {
    value: median(sorted) as number,
    low: sorted[rank - 1] as number,
    high: sorted[n - rank] as number,
    coverage: (n + 1 - 2 * rank) / (n + 1),
    cases: n,
  };
}
