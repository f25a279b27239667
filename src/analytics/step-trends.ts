import type { StepDayRow } from './analytics.queries.js';
import { grouped } from './grouping.js';
import { isSettled, type Trend, trendOf } from './trends.js';

export interface StepTrends {
  workflow_id: string;
  step_id: string;
  queue_time_minutes: Trend;
  failure_rate_percentage: Trend;
}

const DAY_MS = 86_400_000;

/** How waiting at each step and its failures developed, by the day of entry. */
export function stepTrendsOf(rows: readonly StepDayRow[]): StepTrends[] {
  const steps = grouped(rows, ({ workflow_id, step_id }) => `${workflow_id}/${step_id}`);
  return [...steps.values()].flatMap((days) => {
    const [first] = days;
    if (!first) return [];
    const settled = days
      .filter(({ entered, ended }) => isSettled(entered, ended))
      .map((day) => ({ ...day, x: (day.day.getTime() - first.day.getTime()) / DAY_MS }));
    return {
      workflow_id: first.workflow_id,
      step_id: first.step_id,
      queue_time_minutes: trendOf(
        settled.map(({ x, avg_waiting_minutes }) => ({ x, y: avg_waiting_minutes ?? 0 })),
      ),
      failure_rate_percentage: trendOf(
        settled.map(({ x, failed, ended }) => ({ x, y: (100 * failed) / ended })),
      ),
    };
  });
}
