import { wilsonInterval } from '#engine/statistics';

/** Outcomes of like decisions: how many have ended, and how many of those well. */
export interface OutcomeCounts {
  good: number;
  total: number;
}

export interface Confidence {
  /** Share of like decisions whose instance went well (0–1); null when there are too few of them. */
  score: number | null;
  /** What the score rests on: the share of like decisions, or a model of their inputs. Null with the score. */
  basis: 'history' | 'model' | null;
  /** Of a model. */
  model_id?: string;
  /** At 95 %; null with the score. */
  interval: { low: number; high: number } | null;
  cases: number;
  /** Why the score is null. */
  reason: string | null;
}

/** Confidence in a decision from the recorded outcomes of like ones: their share, with Wilson's interval. */
export function confidenceFrom({ good, total }: OutcomeCounts, minimumCases: number): Confidence {
  if (total < Math.max(1, minimumCases)) {
    const reason = `only ${total} like ${total === 1 ? 'decision has' : 'decisions have'} an outcome yet; ${Math.max(1, minimumCases)} are needed`;
    return { score: null, basis: null, interval: null, cases: total, reason };
  }
  return {
    score: good / total,
    basis: 'history',
    interval: wilsonInterval(good, total),
    cases: total,
    reason: null,
  };
}

/** Whether a decision is left to a person. One whose confidence is not known is not: it would never come to be known. */
export function isTooUncertain({ score }: Confidence, minimum: number | null): boolean {
  return score !== null && minimum !== null && score < minimum;
}
