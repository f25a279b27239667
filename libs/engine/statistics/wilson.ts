import { Z_95 } from './normal.js';

export interface Interval {
  low: number;
  high: number;
}

/**
 * Interval at 95 % for a share of which `good` of `total` were seen: E. B. Wilson, "Probable inference, the law of
 * succession, and statistical inference", JASA 22 (1927), 209–212. Holds for small counts and shares near 0 and 1,
 * where the normal approximation does not.
 * @param total at least 1
 */
export function wilsonInterval(good: number, total: number): Interval {
  const share = good / total;
  const z2 = Z_95 ** 2;
  const centre = (share + z2 / (2 * total)) / (1 + z2 / total);
  const half =
    (Z_95 / (1 + z2 / total)) * Math.sqrt((share * (1 - share)) / total + z2 / (4 * total ** 2));
  // Rounding may step outside by 1e-17 at shares of 0 and 1.
  return {
    low: Math.min(Math.max(0, centre - half), share),
    high: Math.max(Math.min(1, centre + half), share),
  };
}

/** Of which so many were good. */
export interface Counted {
  good: number;
  /** At least 1. */
  total: number;
}

/**
 * Interval at 95 % for the difference of two independent shares, `first` less `second`, from their Wilson intervals: R.
 * G. Newcombe, "Interval estimation for the difference between independent proportions", Statistics in Medicine 17
 * (1998), 873–890, method 10. Without 0 in it, the shares differ significantly.
 */
export function wilsonDifference(first: Counted, second: Counted): Interval {
  const one = wilsonInterval(first.good, first.total);
  const other = wilsonInterval(second.good, second.total);
  const share = first.good / first.total;
  const otherShare = second.good / second.total;
  return {
    low: share - otherShare - Math.hypot(share - one.low, other.high - otherShare),
    high: share - otherShare + Math.hypot(one.high - share, otherShare - other.low),
  };
}
