import { median } from './descriptive.js';
import { twoSidedP } from './normal.js';
import { tieSizes } from './ranks.js';

export interface Point {
  x: number;
  y: number;
}

/**
 * Slope of a line through points, robust against outliers: the median of the slopes of all pairs. H. Theil, "A
 * rank-invariant method of linear and polynomial regression analysis" (1950); P. K. Sen, JASA 63 (1968), 1379–1389.
 * Quadratic in the number of points.
 * @returns y's unit per x's unit; null where no two points differ in x
 */
export function theilSen(points: readonly Point[]): number | null {
  const slopes = points.flatMap((right, index) =>
    points
      .slice(0, index)
      .filter((left) => left.x !== right.x)
      .map((left) => (right.y - left.y) / (right.x - left.x)),
  );
  return median(slopes);
}

export interface MannKendall {
  /** Rising pairs less falling pairs. */
  s: number;
  z: number;
  /** Two-sided, with continuity correction. */
  p_value: number;
}

/**
 * Whether values in the order of time rise or fall: H. B. Mann, "Nonparametric tests against trend", Econometrica 13
 * (1945), 245–259; M. G. Kendall, "Rank correlation methods" (1975), with its variance corrected for ties. Normal
 * approximation: good from 8 values.
 * @returns null of fewer than three values, or where all are equal
 */
export function mannKendall(values: readonly number[]): MannKendall | null {
  const n = values.length;
  const ties = tieSizes(values).reduce((sum, t) => sum + t * (t - 1) * (2 * t + 5), 0);
  const spread = (n * (n - 1) * (2 * n + 5) - ties) / 18;
  if (n < 3 || spread <= 0) return null;
  let s = 0;
  values.forEach((later, index) => {
    for (const earlier of values.slice(0, index)) s += Math.sign(later - earlier);
  });
  const z = (s - Math.sign(s)) / Math.sqrt(spread);
  return { s, z, p_value: twoSidedP(z) };
}
