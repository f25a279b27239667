/** Outcomes of like decisions: how many have ended, and how many of those well. */
export interface OutcomeCounts {
  good: number;
  total: number;
}

export interface Confidence {
  /** Share of like decisions whose instance went well (0–1); null when there are too few of them. */
  score: number | null;
  /** Wilson score interval at 95 %; null with the score. */
  interval: { low: number; high: number } | null;
  cases: number;
  /** Why the score is null. */
  reason: string | null;
}

/** 97.5 % quantile of the normal distribution: two-sided 95 %. */
const Z_95 = 1.959963984540054;

/**
 * Confidence in a decision from the recorded outcomes of like ones. Wilson score interval: E. B. Wilson, "Probable
 * inference, the law of succession, and statistical inference", JASA 22 (1927), 209–212; holds for small counts and
 * shares near 0 and 1, where the normal approximation does not.
 */
export function confidenceFrom({ good, total }: OutcomeCounts, minimumCases: number): Confidence {
  if (total < Math.max(1, minimumCases)) {
    const reason = `only ${total} like ${total === 1 ? 'decision has' : 'decisions have'} an outcome yet; ${Math.max(1, minimumCases)} are needed`;
    return { score: null, interval: null, cases: total, reason };
  }
  const share = good / total;
  const z2 = Z_95 ** 2;
  const centre = (share + z2 / (2 * total)) / (1 + z2 / total);
  const half =
    (Z_95 / (1 + z2 / total)) * Math.sqrt((share * (1 - share)) / total + z2 / (4 * total ** 2));
  return {
    score: share,
    // Rounding may step outside by 1e-17 at shares of 0 and 1.
    interval: {
      low: Math.min(Math.max(0, centre - half), share),
      high: Math.max(Math.min(1, centre + half), share),
    },
    cases: total,
    reason: null,
  };
}
