import type { PerformanceMetric, Reasons } from './analysis.dto.js';
import type {
  FailureRow,
  HourRow,
  PerformanceRow,
  UtilizationRow,
  WorkflowRow,
} from './analytics.queries.js';
import { grouped } from './grouping.js';

export interface Recorded {
  performance: readonly PerformanceRow[];
  failures: readonly FailureRow[];
  hours: readonly HourRow[];
  utilization: readonly UtilizationRow[];
}

const UTILIZATION =
  "Tasks of this workflow that each worker had running, on average from the first task's start to the last one's end; 1 is one task at all times.";

/** One metric a workflow, in the order of the workflows. */
export function metricsOf(
  workflows: readonly WorkflowRow[],
  recorded: Recorded,
): PerformanceMetric[] {
  const performance = new Map(recorded.performance.map((row) => [row.workflow_id, row]));
  const failures = new Map(recorded.failures.map((row) => [row.workflow_id, row]));
  const utilization = new Map(recorded.utilization.map((row) => [row.workflow_id, row]));
  const hours = grouped(recorded.hours, ({ workflow_id }) => workflow_id);
  return workflows.map(({ workflow_id, workflow_name }) => {
    const figures = performance.get(workflow_id);
    const failure = failures.get(workflow_id);
    return {
      workflow_id,
      workflow_name,
      total_executions: figures?.started ?? 0,
      ended_executions: figures?.ended ?? 0,
      avg_execution_time_minutes: figures?.avg_minutes ?? null,
      success_rate_percentage: figures ? successPercentage(figures) : null,
      avg_steps_completed: figures?.avg_steps_completed ?? null,
      most_frequent_failure_step: failure?.step_id ?? null,
      peak_execution_hours: (hours.get(workflow_id) ?? []).map(({ hour }) => hour),
      resource_utilization: utilizationOf(utilization.get(workflow_id)),
      unavailable: { ...whyNull(figures), ...(failure ? {} : NO_FAILURE) },
    };
  });
}

/** Of the ended instances; null where none has ended. */
export function successPercentage({
  ended,
  succeeded,
}: Pick<PerformanceRow, 'ended' | 'succeeded'>): number | null {
  return ended === 0 ? null : (100 * succeeded) / ended;
}

const NO_FAILURE: Reasons = {
  most_frequent_failure_step: 'No step failed in instances of the period.',
};

function whyNull(figures: PerformanceRow | undefined): Reasons {
  if (figures && figures.ended > 0) return {};
  const reason = figures
    ? `None of the ${figures.started} instances that started in the period has ended.`
    : 'No instance started in the period.';
  return {
    avg_execution_time_minutes: reason,
    success_rate_percentage: reason,
    avg_steps_completed: reason,
  };
}

function utilizationOf(row: UtilizationRow | undefined): Record<string, unknown> {
  if (!row) {
    const reason = 'No task of instances of the period has run to its end.';
    return { meaning: UTILIZATION, tasks_running_per_worker: null, tasks: 0, reason };
  }
  const { workflow_id: _, workers, ...figures } = row;
  const capacity = workers * row.span_minutes;
  const rest = { workers, ...figures };
  if (capacity > 0) {
    return {
      meaning: UTILIZATION,
      tasks_running_per_worker: row.busy_minutes / capacity,
      ...rest,
    };
  }
  const reason = workers === 0 ? 'No worker is recorded.' : 'The tasks took no measurable time.';
  return { meaning: UTILIZATION, tasks_running_per_worker: null, ...rest, reason };
}
