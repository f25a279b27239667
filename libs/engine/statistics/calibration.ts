import { type Interval, wilsonInterval } from './wilson.js';

/** A probability that was foretold, and what came. */
export interface Forecast {
  probability: number;
  happened: boolean;
}

/** Forecasts of about the same probability. */
export interface ReliabilityBin {
  /** From `low` on, below `high`. */
  low: number;
  high: number;
  cases: number;
  mean_predicted: number;
  /** Share that happened, with Wilson's interval: where `mean_predicted` lies outside, it is not calibrated there. */
  observed: number;
  interval: Interval;
}

const BINS = 10;

/**
 * Mean of the squares of probability less outcome, 0 (perfect) to 1: G. W. Brier, "Verification of forecasts expressed
 * in terms of probability", Monthly Weather Review 78 (1950), 1–3.
 * @param forecasts at least one
 */
export function brierScore(forecasts: readonly Forecast[]): number {
  const sum = forecasts.reduce(
    (total, { probability, happened }) => total + (probability - (happened ? 1 : 0)) ** 2,
    0,
  );
  return sum / forecasts.length;
}

/** What came of forecasts by tenths of their probability; tenths without a forecast are left out. */
export function reliability(forecasts: readonly Forecast[]): ReliabilityBin[] {
  return Array.from({ length: BINS }, (_, index) => index).flatMap((index) => {
    const own = forecasts.filter(
      ({ probability }) => Math.min(BINS - 1, Math.floor(probability * BINS)) === index,
    );
    if (own.length === 0) return [];
    const good = own.filter(({ happened }) => happened).length;
    return [
      {
        low: index / BINS,
        high: (index + 1) / BINS,
        cases: own.length,
        mean_predicted: own.reduce((sum, { probability }) => sum + probability, 0) / own.length,
        observed: good / own.length,
        interval: wilsonInterval(good, own.length),
      },
    ];
  });
}
