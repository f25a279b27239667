import type { Bottleneck, PerformanceMetric, Prediction, Recommendation } from './analysis.dto.js';
import type { WorkflowComparison } from './comparison.js';
import { SEVERITIES, severityRank, SHORT_WAIT_MINUTES } from './severity.js';
import type { Trends } from './trends.js';
import { countText, numberText, percentText, spanText } from './wording.js';

/** What the sentences and the summary are made from. */
export interface Findings {
  days: number;
  workflows: number;
  /** Over all workflows. */
  totals: Totals;
  metrics: readonly PerformanceMetric[];
  bottlenecks: readonly Bottleneck[];
  predictions: readonly Prediction[];
  recommendations: readonly Recommendation[];
  comparisons: readonly WorkflowComparison[];
  trends: Trends | null;
}

export interface Totals {
  started: number;
  ended: number;
  succeeded: number;
  avg_minutes: number | null;
}

export function headlineOf({ days, workflows, totals }: Findings): string {
  const { started, ended, succeeded, avg_minutes } = totals;
  const period = `the last ${countText(days, 'day')}`;
  if (started === 0) {
    return `No instance of ${countText(workflows, 'workflow')} started in ${period}.`;
  }
  const begin = `${countText(started, 'instance')} of ${countText(workflows, 'workflow')} started in ${period}`;
  if (ended === 0 || avg_minutes === null) return `${begin}; none has ended yet.`;
  return `${begin}; ${countText(ended, 'has', 'have')} ended, ${percentText(succeeded / ended)} of them successfully, after ${spanText(avg_minutes)} on average.`;
}

/** Sentences, each from figures of this analysis; as many as there is something to say. */
export function insightsOf(findings: Findings): string[] {
  return [
    headlineOf(findings),
    ...slowest(findings.metrics),
    ...worstStep(findings.bottlenecks),
    ...failures(findings.bottlenecks),
    ...trendSentences(findings.trends),
    ...changes(findings.comparisons),
    ...forecast(findings),
  ];
}

export function summaryOf(findings: Findings): Record<string, unknown> {
  const { totals, bottlenecks, recommendations } = findings;
  const { started, ended, succeeded, avg_minutes } = totals;
  const worst = bottlenecks.find(
    ({ bottleneck_severity }) => severityRank(bottleneck_severity) > 0,
  );
  const counts = SEVERITIES.map((severity) => [
    severity,
    bottlenecks.filter(({ bottleneck_severity }) => bottleneck_severity === severity).length,
  ]);
  return {
    headline: headlineOf(findings),
    total_executions: started,
    ended_executions: ended,
    success_rate_percentage: ended === 0 ? null : (100 * succeeded) / ended,
    avg_execution_time_minutes: avg_minutes,
    bottlenecks_by_severity: Object.fromEntries(counts) as Record<string, number>,
    worst_bottleneck: worst
      ? {
          workflow_id: worst.workflow_id,
          step_id: worst.step_id,
          bottleneck_severity: worst.bottleneck_severity,
        }
      : null,
    top_recommendation: recommendations[0]?.title ?? null,
  };
}

function slowest(metrics: readonly PerformanceMetric[]): string[] {
  const timed = metrics
    .filter(({ avg_execution_time_minutes }) => avg_execution_time_minutes !== null)
    .sort(
      (one, other) =>
        (other.avg_execution_time_minutes ?? 0) - (one.avg_execution_time_minutes ?? 0),
    );
  const [slow, ...others] = timed;
  if (!slow || others.length === 0) return [];
  return [
    `"${slow.workflow_name}" takes longest of ${timed.length} workflows: ${spanText(slow.avg_execution_time_minutes ?? 0)} on average over ${slow.ended_executions} ended instances.`,
  ];
}

function worstStep(bottlenecks: readonly Bottleneck[]): string[] {
  const waiting = bottlenecks
    .filter(({ queue_time_minutes: wait }) => wait !== null && wait >= SHORT_WAIT_MINUTES)
    .sort((a, b) => (b.optimization_potential_score ?? 0) - (a.optimization_potential_score ?? 0));
  const worst = waiting[0];
  if (!worst || worst.optimization_potential_score === null) return [];
  return [
    `Most time is waited at "${worst.step_name}": ${spanText(worst.queue_time_minutes ?? 0)} on average over ${countText(worst.entries, 'entry', 'entries')}, ${percentText(worst.optimization_potential_score)} of all time spent in steps of its workflow.`,
  ];
}

function failures(bottlenecks: readonly Bottleneck[]): string[] {
  const [worst] = bottlenecks
    .filter(({ failure_rate_percentage: rate }) => rate !== null && rate > 0)
    .sort((a, b) => (b.failure_rate_percentage ?? 0) - (a.failure_rate_percentage ?? 0));
  if (!worst) return [];
  return [
    `"${worst.step_name}" fails most often: ${numberText(worst.failure_rate_percentage ?? 0)} % of ${countText(worst.entries, 'entry', 'entries')}.`,
  ];
}

function trendSentences(trends: Trends | null): string[] {
  if (!trends) return [];
  const named = [
    ['Starts a day', '', trends.executions],
    ['Minutes an execution takes', '', trends.execution_time_minutes],
    ['The success rate', ' percentage points', trends.success_rate_percentage],
  ] as const;
  return named.flatMap(([name, unit, { direction, slope_per_day, p_value, days }]) =>
    direction === null || slope_per_day === null || p_value === null
      ? []
      : [
          `${name}: ${direction} by ${numberText(Math.abs(slope_per_day))}${unit} a day over ${days} days (p = ${p_value.toPrecision(2)}).`,
        ],
  );
}

const SIGNIFICANT = 0.05;

function changes(comparisons: readonly WorkflowComparison[]): string[] {
  return [...timeChanges(comparisons), ...successChanges(comparisons)];
}

function successChanges(comparisons: readonly WorkflowComparison[]): string[] {
  return comparisons.flatMap(({ workflow_name, success_rate_percentage: rate }) => {
    const { current, previous, change_range: range } = rate;
    if (!range || current === null || previous === null) return [];
    const [low, high] = range;
    if (low <= 0 && high >= 0) return [];
    return [
      `Of "${workflow_name}" ${numberText(current)} % succeeded after ${numberText(previous)} % in the period before: a change of ${numberText(low)} to ${numberText(high)} percentage points (95 %, Newcombe).`,
    ];
  });
}

function timeChanges(comparisons: readonly WorkflowComparison[]): string[] {
  return comparisons.flatMap(({ workflow_name, execution_time_test: test, ...change }) => {
    const { current, previous } = change.avg_execution_time_minutes;
    const p = test?.p_value ?? null;
    if (p === null || p >= SIGNIFICANT || current === null || previous === null) return [];
    return [
      `Executions of "${workflow_name}" take ${spanText(current)} on average after ${spanText(previous)} in the period before (Mann–Whitney p = ${p.toPrecision(2)}).`,
    ];
  });
}

function forecast({ predictions, metrics }: Findings): string[] {
  const [next] = predictions.filter(({ prediction_type }) => prediction_type === 'execution_time');
  if (!next) return [];
  const name = metrics.find(({ workflow_id }) => workflow_id === next.workflow_id)?.workflow_name;
  const [low, high] = next.prediction_range;
  return [
    `The next instance of "${name ?? next.workflow_id}" takes ${spanText(low)} to ${spanText(high)} with probability ${numberText(next.confidence_score)}, judging by ${next.cases} completed ones.`,
  ];
}
