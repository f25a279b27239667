import { twoSidedP } from './normal.js';
import { tieSizes } from './ranks.js';

export interface MannWhitney {
  /** U of the first sample: pairs in which its value is the larger, ties counted half. */
  u: number;
  z: number;
  /** Two-sided, with continuity correction. */
  p_value: number;
  /** U divided by the number of pairs: the probability that a value of the first exceeds one of the second. */
  superiority: number;
}

/**
 * Whether values of two samples tend to differ, by ranks: H. B. Mann, D. R. Whitney, "On a test of whether one of two
 * random variables is stochastically larger than the other", Ann. Math. Statist. 18 (1947), 50–60; variance corrected
 * for ties as in E. L. Lehmann, "Nonparametrics" (1975), 1.4. Normal approximation: good from 8 values each.
 * @returns null where a sample is empty or all values are equal
 */
export function mannWhitney(
  first: readonly number[],
  second: readonly number[],
): MannWhitney | null {
  const pairs = first.length * second.length;
  const n = first.length + second.length;
  const ties = tieSizes([...first, ...second]).reduce((sum, t) => sum + t ** 3 - t, 0);
  const spread = (pairs / 12) * (n + 1 - ties / (n * (n - 1)));
  if (pairs === 0 || !(spread > 0)) return null;
  const u = firstRankSum(first, second) - (first.length * (first.length + 1)) / 2;
  const distance = u - pairs / 2;
  const z = (Math.sign(distance) * Math.max(0, Math.abs(distance) - 0.5)) / Math.sqrt(spread);
  return { u, z, p_value: twoSidedP(z), superiority: u / pairs };
}

/** Sum of the first sample's ranks in both together; equal values share their mean rank. */
function firstRankSum(first: readonly number[], second: readonly number[]): number {
  const all = [
    ...first.map((value) => ({ value, own: 1 })),
    ...second.map((value) => ({ value, own: 0 })),
  ].sort((left, right) => left.value - right.value);
  let sum = 0;
  for (let start = 0; start < all.length;) {
    let end = start;
    let own = 0;
    while (end < all.length && all[end]?.value === all[start]?.value) own += all[end++]?.own ?? 0;
    sum += own * ((start + 1 + end) / 2);
    start = end;
  }
  return sum;
}
