import { mannKendall, type Point, theilSen } from '#engine/statistics';

import type { DayRow, WorkflowRow } from './analytics.queries.js';
import type { AnalysisDepth } from './analytics.dto.js';
import { grouped } from './grouping.js';

/** One whole day (UTC), over the workflows in question. */
export interface Day {
  /** 2026-11-22 */
  date: string;
  started: number;
  ended: number;
  succeeded: number;
  /** Of the ended ones; null where none has ended. */
  avg_minutes: number | null;
}

export interface Trend {
  /** Null where nothing can be told; the reason says why. */
  direction: 'rising' | 'falling' | null;
  slope_per_day: number | null;
  p_value: number | null;
  /** Days that it rests on. */
  days: number;
  reason?: string;
}

const SIGNIFICANT = 0.05;
/** The normal approximation of Mann–Kendall is good from here on. */
const MIN_DAYS = 8;
/** The rest of what began on a day is still open, and that is the slow part: the day's mean would be too low. */
const MIN_ENDED_SHARE = 0.9;

export const isSettled = (begun: number, ended: number): boolean =>
  ended > 0 && ended >= MIN_ENDED_SHARE * begun;

const DAY_MS = 86_400_000;

/**
 * The whole days from `from` (a day's first instant) to `to`, of all rows together; days without a start are zero,
 * those before the first recorded one are left out, for the workflow may not have existed.
 */
export function daysOf(rows: readonly DayRow[], from: Date, to: Date): Day[] {
  const within = rows.filter(({ day }) => day >= from && day.getTime() + DAY_MS <= to.getTime());
  if (within.length === 0) return [];
  const byDate = grouped(within, ({ day }) => day.getTime());
  const days: Day[] = [];
  for (let at = Math.min(...byDate.keys()); at + DAY_MS <= to.getTime(); at += DAY_MS) {
    days.push(dayOf(new Date(at), byDate.get(at) ?? []));
  }
  return days;
}

function dayOf(day: Date, rows: readonly DayRow[]): Day {
  const sum = (of: (row: DayRow) => number) => rows.reduce((total, row) => total + of(row), 0);
  const ended = sum((row) => row.ended);
  return {
    date: day.toISOString().slice(0, 10),
    started: sum((row) => row.started),
    ended,
    succeeded: sum((row) => row.succeeded),
    avg_minutes: ended === 0 ? null : sum((row) => (row.avg_minutes ?? 0) * row.ended) / ended,
  };
}

/** A direction only where Mann–Kendall calls it significant; the slope is Theil and Sen's. */
export function trendOf(points: readonly Point[]): Trend {
  const days = points.length;
  if (days < MIN_DAYS) {
    const reason = `${days} days with this figure are recorded; ${MIN_DAYS} are needed.`;
    return { direction: null, slope_per_day: null, p_value: null, days, reason };
  }
  const test = mannKendall(points.map(({ y }) => y));
  const slope_per_day = theilSen(points);
  if (!test) {
    const reason = 'The figure was the same on all days.';
    return { direction: null, slope_per_day, p_value: null, days, reason };
  }
  const { s, p_value } = test;
  if (p_value < SIGNIFICANT) {
    return { direction: s > 0 ? 'rising' : 'falling', slope_per_day, p_value, days };
  }
  const reason = `No significant change: p = ${p_value.toFixed(2)}, needed is less than ${SIGNIFICANT}.`;
  return { direction: null, slope_per_day, p_value, days, reason };
}

export interface Trends {
  executions: Trend;
  execution_time_minutes: Trend;
  success_rate_percentage: Trend;
}

export function trendsOf(days: readonly Day[]): Trends {
  const settled = days
    .map((day, x) => ({ ...day, x }))
    .filter(({ started, ended }) => isSettled(started, ended));
  return {
    executions: trendOf(days.map(({ started: y }, x) => ({ x, y }))),
    execution_time_minutes: trendOf(
      settled.map(({ avg_minutes, x }) => ({ x, y: avg_minutes ?? 0 })),
    ),
    success_rate_percentage: trendOf(
      settled.map(({ succeeded, ended, x }) => ({ x, y: (100 * succeeded) / ended })),
    ),
  };
}

const MAX_SINGLE_WORKFLOWS = 50;

/** `trend_analysis` of the answer. Deep: by workflow too; comprehensive: with the days of each. */
export function trendAnalysis(
  rows: readonly DayRow[],
  workflows: readonly WorkflowRow[],
  { from, to, depth }: { from: Date; to: Date; depth: AnalysisDepth },
): { overall: Trends; answer: Record<string, unknown> } {
  const days = daysOf(rows, from, to);
  const overall = trendsOf(days);
  const answer: Record<string, unknown> = {
    period: { start: from.toISOString(), end: to.toISOString() },
    days: days.length,
    ...overall,
    daily: days,
  };
  if (depth === 'deep' || depth === 'comprehensive') {
    const byWorkflow = grouped(rows, ({ workflow_id }) => workflow_id);
    answer.workflows = workflows
      .slice(0, MAX_SINGLE_WORKFLOWS)
      .map(({ workflow_id, workflow_name }) => {
        const own = daysOf(byWorkflow.get(workflow_id) ?? [], from, to);
        const trends = { workflow_id, workflow_name, ...trendsOf(own) };
        return depth === 'comprehensive' ? { ...trends, daily: own } : trends;
      });
  }
  return { overall, answer };
}
