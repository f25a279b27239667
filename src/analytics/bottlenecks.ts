import { wilsonInterval } from '#engine/statistics';

import type { Bottleneck, Reasons } from './analysis.dto.js';
import type { StepRow } from './analytics.queries.js';
import { SEVERITIES, type Severity, severityRank, SHORT_WAIT_MINUTES } from './severity.js';
import { countText, percentText, spanText } from './wording.js';

/** From these on it is medium, high, critical. Stated at `bottleneck_severity` in the API's document. */
const POTENTIAL_LIMITS = [0.1, 0.25, 0.5];
const FAILURE_LIMITS = [0.05, 0.1, 0.25];

/** Whether somebody, rather than a worker, does what the step waits for. */
export const waitsForPeople = (stepType: string): boolean =>
  stepType === 'user_task' || stepType === 'approval';

/** Every step, the worst first. Shares are within the step's workflow. */
export function bottlenecksOf(rows: readonly StepRow[]): Bottleneck[] {
  const totals = new Map<string, number>();
  for (const { workflow_id, total_minutes } of rows) {
    totals.set(workflow_id, (totals.get(workflow_id) ?? 0) + (total_minutes ?? 0));
  }
  return rows
    .map((row) => bottleneckOf(row, totals.get(row.workflow_id) ?? 0))
    .sort(
      (one, other) =>
        severityRank(other.bottleneck_severity) - severityRank(one.bottleneck_severity) ||
        (other.optimization_potential_score ?? -1) - (one.optimization_potential_score ?? -1) ||
        `${one.workflow_id}${one.step_id}`.localeCompare(`${other.workflow_id}${other.step_id}`),
    );
}

function bottleneckOf(row: StepRow, workflowMinutes: number): Bottleneck {
  const potential = shareOf(row.waiting_minutes, workflowMinutes);
  const severity = severityOf(row, potential);
  const [p50, p90, p95] = row.waiting_quantiles ?? [];
  return {
    workflow_id: row.workflow_id,
    step_id: row.step_id,
    step_name: row.step_name,
    step_type: row.step_type,
    entries: row.ended,
    open_entries: row.open,
    avg_processing_time_minutes: row.avg_working_minutes,
    failure_rate_percentage: row.ended === 0 ? null : (100 * row.failed) / row.ended,
    queue_time_minutes: row.avg_waiting_minutes,
    queue_time_quantiles_minutes:
      p50 === undefined || p90 === undefined || p95 === undefined ? null : { p50, p90, p95 },
    resource_contention_score: shareOf(row.waiting_minutes, row.total_minutes),
    optimization_potential_score: potential,
    bottleneck_severity: severity,
    recommended_actions: severityRank(severity) > 0 ? actionsOf(row, potential) : [],
    unavailable: whyNull(row, workflowMinutes),
  };
}

function shareOf(part: number | null, whole: number | null): number | null {
  return part === null || whole === null || whole <= 0 ? null : Math.min(1, part / whole);
}

function severityOf(
  { ended, failed, avg_waiting_minutes }: StepRow,
  potential: number | null,
): Severity | null {
  if (ended === 0) return null;
  const waits = (avg_waiting_minutes ?? 0) >= SHORT_WAIT_MINUTES;
  const byTime = waits ? levelOf(potential ?? 0, POTENTIAL_LIMITS) : 0;
  const byFailures = levelOf(wilsonInterval(failed, ended).low, FAILURE_LIMITS);
  return SEVERITIES[Math.max(byTime, byFailures)] ?? 'critical';
}

const levelOf = (value: number, limits: readonly number[]): number =>
  limits.filter((limit) => value >= limit).length;

function actionsOf(row: StepRow, potential: number | null): string[] {
  const actions: string[] = [];
  const { avg_waiting_minutes: waiting, avg_working_minutes: working, oldest_open_minutes } = row;
  if (waiting !== null && waiting >= SHORT_WAIT_MINUTES && potential !== null) {
    const way = waitsForPeople(row.step_type)
      ? `Let more people act on "${row.step_name}", or have it escalate`
      : `Let more workers claim the tasks of "${row.step_name}", or more of them run at once`;
    actions.push(
      `${way}: ${countText(row.ended, 'entry', 'entries')} waited ${spanText(waiting)} on average, ${percentText(potential)} of all time spent in steps of the workflow.`,
    );
  }
  if (working !== null && waiting !== null && working > waiting) {
    actions.push(
      `Shorten the work of "${row.step_name}": it took ${spanText(working)} on average, the wait for it ${spanText(waiting)}.`,
    );
  }
  if (row.failed > 0) {
    actions.push(
      `Find out why ${row.failed} of ${countText(row.ended, 'entry', 'entries')} failed (${percentText(row.failed / row.ended)}).`,
    );
  }
  if (row.open > 0 && oldest_open_minutes !== null) {
    actions.push(
      `Look at ${countText(row.open, 'open entry', 'open entries')}, the oldest open for ${spanText(oldest_open_minutes)}.`,
    );
  }
  return actions;
}

function whyNull(row: StepRow, workflowMinutes: number): Reasons {
  if (row.ended === 0) {
    const reason = `No entry of the period has completed or failed; ${row.open} of them are open.`;
    return {
      avg_processing_time_minutes: reason,
      failure_rate_percentage: reason,
      queue_time_minutes: reason,
      resource_contention_score: reason,
      optimization_potential_score: reason,
      bottleneck_severity: reason,
    };
  }
  const reasons: Reasons = {};
  if (row.avg_working_minutes === null) {
    reasons.avg_processing_time_minutes = waitsForPeople(row.step_type)
      ? 'The begin of work is not recorded apart from its end, so all of the time counts as waiting.'
      : 'None of its tasks has run to an end.';
  }
  const instant = 'The entries took no measurable time.';
  if ((row.total_minutes ?? 0) <= 0) reasons.resource_contention_score = instant;
  if (workflowMinutes <= 0) reasons.optimization_potential_score = instant;
  return reasons;
}
