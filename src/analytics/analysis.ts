import type { Analysis, Prediction } from './analysis.dto.js';
import { comparisonsOf } from './comparison.js';
import { metricsOf } from './metrics.js';
import { type Evidence, predict } from './predictions.js';
import { processMapsOf } from './process-map.js';
import { recommendationsOf } from './recommendations.js';
import {
  isAtLeast,
  PREDICTED_WORKFLOWS,
  type Records,
  type Request,
  worstStepOf,
} from './records.js';
import { type Findings, insightsOf, summaryOf, type Totals } from './summary.js';
import { stepTrendsOf } from './step-trends.js';
import { daysOf, trendAnalysis } from './trends.js';
import { countText } from './wording.js';

export interface Wanted extends Request {
  recommendations: boolean;
}

export interface Settings {
  ml_prediction_enabled: boolean;
  ml_min_evidence: number;
  optimization_recommendations_enabled: boolean;
}

/** The most that an answer lists of each; the rest is counted in `not_computed`. */
const MAX_METRICS = 500;
const MAX_BOTTLENECKS = 200;
const MAX_RECOMMENDATIONS = 20;
const MAX_STEP_TRENDS = 200;

/** At depth basic nobody has looked for them: null, not 0. */
const NO_BOTTLENECKS = {
  bottlenecks_by_severity: null,
  worst_bottleneck: null,
  top_recommendation: null,
};

const DAY_MS = 86_400_000;
const BASIC = 'analysis_depth is basic; ask for standard or more.';
const NOT_COMPREHENSIVE = 'Made at analysis_depth comprehensive alone.';
const NO_ENDED = 'No instance that started in the period has ended.';

/** The whole answer from what was read; nothing else is looked up. */
export function analysisOf(
  records: Records,
  wanted: Wanted,
  settings: Settings,
  analysis_id: string,
): Analysis {
  const { period } = records;
  const at = period.to.toISOString();
  const missing: Record<string, string> = {};
  const standard = isAtLeast(wanted.depth, 'standard');

  const active = new Set(records.performance.map(({ workflow_id }) => workflow_id));
  const shown = records.workflows.filter(
    ({ workflow_id }) => wanted.workflow_ids !== null || active.has(workflow_id),
  );
  const metrics = metricsOf(shown, records);
  if (metrics.length === 0) missing.performance_metrics = 'No instance started in the period.';
  if (records.bottlenecks.length === 0) {
    missing.bottleneck_analysis = standard ? 'No step was entered in the period.' : BASIC;
  }

  const { predictions, reason } = predictionsOf(records, wanted, settings, at);
  if (reason !== null) missing.ml_predictions = reason;
  const advice = adviceOf(records, wanted, settings);
  if (advice.reason !== null) missing.optimization_recommendations = advice.reason;

  const trend = standard
    ? trendAnalysis(records.daily, shown, { ...records.trend, depth: wanted.depth })
    : null;
  const deep = isAtLeast(wanted.depth, 'deep');
  const maps = processMapsOf(records.workflows, records.transitions, records.variants);
  if (maps.length === 0) {
    missing.process_maps = wanted.depth === 'comprehensive' ? NO_ENDED : NOT_COMPREHENSIVE;
  }
  const comparisons = comparisonsOf(
    records.workflows,
    records.performance,
    records.previous,
    deep ? { current: records.cases, previous: records.previous_cases } : null,
  );
  if (!standard) Object.assign(missing, { trend_analysis: BASIC, comparative_analysis: BASIC });

  const findings: Findings = {
    days: wanted.days,
    workflows: records.workflows.length,
    totals: totalsOf(records),
    metrics,
    bottlenecks: records.bottlenecks,
    predictions,
    recommendations: advice.recommendations,
    comparisons: standard ? comparisons : [],
    trends: trend?.overall ?? null,
  };
  tellCut(missing, metrics.length, records.bottlenecks.length);
  return {
    analysis_id,
    analysis_timestamp: at,
    analysis_period: { start: period.from.toISOString(), end: at },
    workflows_analyzed: records.workflows.length,
    total_executions_analyzed: findings.totals.started,
    performance_metrics: metrics.slice(0, MAX_METRICS),
    bottleneck_analysis: records.bottlenecks.slice(0, MAX_BOTTLENECKS),
    ml_predictions: predictions,
    optimization_recommendations: advice.recommendations,
    trend_analysis: {
      ...(trend?.answer ?? { reason: BASIC }),
      ...(deep && { steps: stepTrendsOf(records.step_days).slice(0, MAX_STEP_TRENDS) }),
      ...(predictions.length === 0 && reason !== null && { no_predictions: reason }),
    },
    comparative_analysis: standard
      ? {
          current_period: { start: period.from.toISOString(), end: at },
          previous_period: {
            start: new Date(2 * period.from.getTime() - period.to.getTime()).toISOString(),
            end: period.from.toISOString(),
          },
          workflows: comparisons,
        }
      : { reason: BASIC },
    process_maps: maps,
    ai_insights: insightsOf(findings),
    executive_summary: {
      ...summaryOf(findings),
      ...(!standard && NO_BOTTLENECKS),
      analysis_depth: wanted.depth,
      not_computed: missing,
    },
  };
}

function totalsOf({ performance }: Records): Totals {
  const sum = (of: (row: (typeof performance)[number]) => number): number =>
    performance.reduce((total, row) => total + of(row), 0);
  const ended = sum((row) => row.ended);
  return {
    started: sum((row) => row.started),
    ended,
    succeeded: sum((row) => row.succeeded),
    avg_minutes: ended === 0 ? null : sum((row) => (row.avg_minutes ?? 0) * row.ended) / ended,
  };
}

function predictionsOf(
  records: Records,
  wanted: Wanted,
  settings: Settings,
  at: string,
): { predictions: Prediction[]; reason: string | null } {
  const none = (reason: string) => ({ predictions: [], reason });
  if (!settings.ml_prediction_enabled) return none('ML_PREDICTION_ENABLED is false.');
  if (!wanted.predictions) return none('include_predictions is false.');
  if (!isAtLeast(wanted.depth, 'standard')) return none(BASIC);
  const evidence = evidenceOf(records);
  if (evidence.length === 0) {
    const needed = settings.ml_min_evidence;
    return none(
      `No ended case in the period; ${needed} of a workflow are needed (ML_MIN_EVIDENCE).`,
    );
  }
  const made = evidence.map((each) => predict(each, settings.ml_min_evidence, at));
  const shortfalls = made.flatMap((each) => each.shortfalls);
  if (records.performance.length > PREDICTED_WORKFLOWS) {
    shortfalls.push(
      `Only the ${PREDICTED_WORKFLOWS} workflows with most ended cases are predicted.`,
    );
  }
  return {
    predictions: made.flatMap((each) => each.predictions),
    reason: shortfalls.length === 0 ? null : shortfalls.join(' '),
  };
}

function evidenceOf(records: Records): Evidence[] {
  const { period, bottlenecks } = records;
  const names = new Map(records.workflows.map((row) => [row.workflow_id, row.workflow_name]));
  return records.performance.flatMap(({ workflow_id, started, ended, open_minutes }) => {
    const cases = records.cases.filter((row) => row.workflow_id === workflow_id);
    if (cases.length === 0) return [];
    const daily = records.daily.filter((row) => row.workflow_id === workflow_id);
    const first = daily[0]?.day ?? period.from;
    const begin = Math.max(first.getTime(), period.from.getTime());
    return {
      workflow_id,
      workflow_name: names.get(workflow_id) ?? workflow_id,
      cases,
      started,
      open: started - ended,
      open_minutes,
      days: (period.to.getTime() - begin) / DAY_MS,
      starts_a_day: daysOf(daily, period.from, period.to).map((day) => day.started),
      worst: worstStepOf(workflow_id, bottlenecks),
    };
  });
}

function adviceOf({ bottlenecks }: Records, wanted: Wanted, settings: Settings) {
  const none = (reason: string) => ({ recommendations: [], reason });
  if (!settings.optimization_recommendations_enabled) {
    return none('OPTIMIZATION_RECOMMENDATIONS_ENABLED is false.');
  }
  if (!wanted.recommendations) return none('include_recommendations is false.');
  if (!isAtLeast(wanted.depth, 'standard')) return none(BASIC);
  const recommendations = recommendationsOf(bottlenecks).slice(0, MAX_RECOMMENDATIONS);
  if (recommendations.length > 0) return { recommendations, reason: null };
  return none(
    bottlenecks.length === 0
      ? 'No step was entered in the period.'
      : `Of ${countText(bottlenecks.length, 'step')} none is a bottleneck of medium severity or above.`,
  );
}

function tellCut(missing: Record<string, string>, metrics: number, bottlenecks: number): void {
  const cut = (shown: number, all: number) =>
    `Shown are ${shown} of ${all}; name workflow_ids to see others.`;
  if (metrics > MAX_METRICS) missing.performance_metrics = cut(MAX_METRICS, metrics);
  if (bottlenecks > MAX_BOTTLENECKS) {
    missing.bottleneck_analysis = cut(MAX_BOTTLENECKS, bottlenecks);
  }
}
