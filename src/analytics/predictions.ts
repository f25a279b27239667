import { poissonInterval, predictNext, variance, wilsonInterval } from '#engine/statistics';

import type { Bottleneck, Prediction } from './analysis.dto.js';
import type { CaseRow } from './analytics.queries.js';
import { countText, numberText, percentText, spanText } from './wording.js';

/** What is known of one workflow. */
export interface Evidence {
  workflow_id: string;
  workflow_name: string;
  /** Ended, the latest first. */
  cases: readonly CaseRow[];
  /** Instances that started in the period, ended or not. */
  started: number;
  /** Those of them that have not ended. */
  open: number;
  /** Of the time in which the workflow has been in use within the period. */
  days: number;
  /** Starts on each whole day of it. */
  starts_a_day: readonly number[];
  /** Sum of the time that instances were open. */
  open_minutes: number;
  /** The step at which most time is waited; null: none. */
  worst: Bottleneck | null;
}

/** Wanted coverage of a prediction for the next case. */
const COVERAGE = 0.9;
const CONFIDENCE = 0.95;

type Figures = Omit<Prediction, 'workflow_id' | 'prediction_timestamp'>;

export interface Predicted {
  predictions: Prediction[];
  /** Why there are none, or fewer, of this workflow. */
  shortfalls: string[];
}

/**
 * First predictions from like cases: those of the newest version where it alone has `minimum` of them, else all.
 * @param minimum ended cases needed (ML_MIN_EVIDENCE)
 * @param at ISO 8601
 */
export function predict(evidence: Evidence, minimum: number, at: string): Predicted {
  const { workflow_id, workflow_name } = evidence;
  const shortfalls: string[] = [];
  const made: Figures[] = [];
  const short = (what: string, reason: string) =>
    shortfalls.push(`${what} of "${workflow_name}": ${reason}`);

  const like = likeCases(evidence.cases, minimum);
  if (like.cases.length < minimum) {
    short('Predictions', `${countText(like.cases.length, 'ended case')}, ${minimum} are needed.`);
  } else {
    const completed = like.cases.filter((row) => row.completed);
    if (completed.length < minimum) {
      short(
        'execution_time',
        `${countText(completed.length, 'completed case')}, ${minimum} are needed.`,
      );
    } else {
      made.push(...executionTime(completed, like.name, evidence.open));
    }
    made.push(failureProbability(like.cases, like.name));
    if (evidence.worst) made.push(...impact(like.cases, like.name, evidence.worst));
    else short('optimization_impact', 'no waiting is recorded at any step.');
    if (evidence.days >= 1) made.push(resourceDemand(evidence));
    else short('resource_demand', 'it has been in use for less than a day.');
  }
  const predictions = made.map((figures) => ({
    ...figures,
    workflow_id,
    prediction_timestamp: at,
  }));
  return { predictions, shortfalls };
}

function likeCases(
  cases: readonly CaseRow[],
  minimum: number,
): { cases: readonly CaseRow[]; name: string } {
  const newest = Math.max(...cases.map(({ version_number }) => version_number));
  const ofNewest = cases.filter(({ version_number }) => version_number === newest);
  return ofNewest.length >= minimum && ofNewest.length < cases.length
    ? { cases: ofNewest, name: `version number ${newest}` }
    : { cases, name: 'the workflow' };
}

function executionTime(completed: readonly CaseRow[], name: string, open: number): Figures[] {
  const prediction = predictNext(
    completed.map(({ minutes }) => minutes),
    COVERAGE,
  );
  if (!prediction) return [];
  const { value, low, high, coverage, cases } = prediction;
  return [
    {
      prediction_type: 'execution_time',
      unit: 'minutes',
      predicted_value: value,
      confidence_score: coverage,
      prediction_range: [low, high],
      cases,
      contributing_factors: [
        `${cases} completed cases of ${name}: half of them took at most ${spanText(value)}.`,
        `${percentText(coverage)} of further such cases are to be expected between ${spanText(low)} and ${spanText(high)}.`,
        ...(open > 0
          ? [
              `Still open, and so not counted: ${countText(open, 'instance')} of the period. Slow ones among them would raise these figures.`,
            ]
          : []),
      ],
      model_version: 'order-statistics/1',
    },
  ];
}

function failureProbability(cases: readonly CaseRow[], name: string): Figures {
  const failures = cases.filter(({ succeeded }) => !succeeded).length;
  const { low, high } = wilsonInterval(failures, cases.length);
  return {
    prediction_type: 'failure_probability',
    unit: 'probability',
    predicted_value: failures / cases.length,
    confidence_score: CONFIDENCE,
    prediction_range: [low, high],
    cases: cases.length,
    contributing_factors: [
      `${failures} of ${cases.length} ended cases of ${name} did not succeed (failed, rejected, cancelled or timed out).`,
    ],
    model_version: 'wilson/1',
  };
}

/** Starts a day, as a Poisson process; wider where the daily counts vary more than one would (quasi-Poisson). */
function resourceDemand({ started, days, starts_a_day, open_minutes }: Evidence): Figures {
  const { low, high } = poissonInterval(started, CONFIDENCE);
  const rate = started / days;
  const whole = starts_a_day.reduce((sum, count) => sum + count, 0) / starts_a_day.length;
  const dispersion = whole > 0 ? (variance(starts_a_day) ?? 0) / whole : 0;
  const widening = Math.sqrt(Math.max(1, dispersion));
  const factors = [
    `${countText(started, 'start')} in ${numberText(days)} days of use.`,
    `${numberText(open_minutes / (days * 1_440))} instances were open at a time, on average.`,
  ];
  if (widening > 1) {
    factors.push(
      `Daily counts vary ${numberText(dispersion)} times as much as independent starts would; the range is ${numberText(widening)} times as wide for it.`,
    );
  }
  return {
    prediction_type: 'resource_demand',
    unit: 'instances started per day',
    predicted_value: rate,
    confidence_score: CONFIDENCE,
    prediction_range: [
      Math.max(0, rate - (rate - low / days) * widening),
      rate + (high / days - rate) * widening,
    ],
    cases: started,
    contributing_factors: factors,
    model_version: 'quasi-poisson/1',
  };
}

/** What if nobody had waited at the worst step: the share of each case's time that it would have been spared. */
function impact(cases: readonly CaseRow[], name: string, worst: Bottleneck): Figures[] {
  const timed = cases.filter(({ minutes }) => minutes > 0);
  const prediction = predictNext(
    timed.map(({ waiting_minutes, minutes }) => 100 * Math.min(1, waiting_minutes / minutes)),
    COVERAGE,
  );
  if (!prediction) return [];
  const { value, low, high, coverage, cases: count } = prediction;
  const saved = timed.reduce((sum, { waiting_minutes }) => sum + waiting_minutes, 0) / count;
  return [
    {
      prediction_type: 'optimization_impact',
      unit: 'percent of the execution time',
      predicted_value: value,
      confidence_score: coverage,
      prediction_range: [low, high],
      cases: count,
      contributing_factors: [
        `${count} ended cases of ${name} waited ${spanText(saved)} on average at "${worst.step_name}" (${worst.step_id}).`,
        'What if all of that waiting were gone and nothing else changed: an upper bound.',
      ],
      model_version: 'waiting-removed/1',
    },
  ];
}
