import type { JsonObject } from '#engine/graph';
import {
  brierScore,
  fitLogistic,
  type Forecast,
  type LogisticFit,
  predictLogistic,
  reliability,
  type ReliabilityBin,
} from '#engine/statistics';

import type { Confidence } from './confidence.js';
import { encode, type Encoding, learnEncoding } from './features.js';

/** A decision of which it is known whether it turned out well. */
export interface LabelledCase {
  /** `modelInput` of its data. */
  input: JsonObject;
  good: boolean;
}

/** A logistic model of whether like decisions turn out well, by their data. Plain data: it is stored. */
export interface DecisionModel {
  encoding: Encoding;
  fit: LogisticFit;
  cases: number;
}

/** How a model did on decisions that came after those it was trained on. */
export interface ModelCalibration {
  cases: number;
  /** Of the cases held out, 0 (perfect) to 1. */
  brier_score: number;
  /** The same of the plain share of the cases trained on, given to every case. */
  brier_score_of_share: number;
  share: number;
  reliability: ReliabilityBin[];
}

export interface TrainedModel {
  model: DecisionModel;
  calibration: ModelCalibration;
  /** It did better than the plain share: only then it is used. */
  is_better: boolean;
}

/** Of the cases, the earliest are trained on. */
const TRAINED_SHARE = 0.75;
/** As if weights of standardised features had been drawn with a standard deviation of 1. */
const PENALTY = 1;

/** @param cases in the order of time, at least two */
export function trainDecisionModel(cases: readonly LabelledCase[]): TrainedModel {
  const cut = Math.ceil(cases.length * TRAINED_SHARE);
  const [earlier, later] = [cases.slice(0, cut), cases.slice(cut)];
  const encoding = learnEncoding(earlier.map(({ input }) => input));
  const fit = fitLogistic(
    earlier.map(({ input }) => encode(encoding, input)),
    earlier.map(({ good }) => good),
    PENALTY,
  );
  const model = { encoding, fit, cases: earlier.length };
  const share = earlier.filter(({ good }) => good).length / earlier.length;
  const forecasts = later.map(({ input, good }): Forecast => ({
    probability: predicted(model, input).probability,
    happened: good,
  }));
  const calibration = {
    cases: later.length,
    brier_score: brierScore(forecasts),
    brier_score_of_share: brierScore(
      forecasts.map(({ happened }) => ({ probability: share, happened })),
    ),
    share,
    reliability: reliability(forecasts),
  };
  const is_better = calibration.brier_score < calibration.brier_score_of_share;
  return { model, calibration, is_better };
}

/** Confidence in a decision from what became of like ones whose data were like its own. */
export function confidenceByModel(model: DecisionModel, input: JsonObject): Confidence {
  const { probability, interval } = predicted(model, input);
  return { score: probability, basis: 'model', interval, cases: model.cases, reason: null };
}

function predicted(
  { encoding, fit }: DecisionModel,
  input: JsonObject,
): ReturnType<typeof predictLogistic> {
  return predictLogistic(fit, encode(encoding, input));
}
