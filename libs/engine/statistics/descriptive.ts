/** Arithmetic mean; null of nothing. */
export function mean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * Sample variance with Bessel's correction (n − 1), in the square of the values' unit; null of fewer than two. In one
 * pass: B. P. Welford, "Note on a method for calculating corrected sums of squares and products", Technometrics 4
 * (1962), 419–420.
 */
export function variance(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  let average = 0;
  let squares = 0;
  values.forEach((value, index) => {
    const delta = value - average;
    average += delta / (index + 1);
    squares += delta * (value - average);
  });
  return squares / (values.length - 1);
}

/**
 * Quantile of type 7 (linear interpolation, R's and PostgreSQL's `percentile_cont`): R. J. Hyndman, Y. Fan, "Sample
 * quantiles in statistical packages", The American Statistician 50 (1996), 361–365.
 * @param share 0–1
 * @returns null of nothing
 */
export function quantile(values: readonly number[], share: number): number | null {
  return quantileOfSorted(ascending(values), share);
}

/** The middle value, or the mean of the two middle ones; null of nothing. */
export const median = (values: readonly number[]): number | null => quantile(values, 0.5);

export const ascending = (values: readonly number[]): number[] =>
  [...values].sort((left, right) => left - right);

function quantileOfSorted(sorted: readonly number[], share: number): number | null {
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) return null;
  return below + (above - below) * (position - Math.floor(position));
}
