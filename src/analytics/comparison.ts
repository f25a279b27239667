import { mannWhitney, wilsonDifference } from '#engine/statistics';

import type { CaseRow, PerformanceRow, WorkflowRow } from './analytics.queries.js';
import { grouped } from './grouping.js';
import { successPercentage } from './metrics.js';

export interface Change {
  current: number | null;
  previous: number | null;
  /** current − previous; null where either is. */
  change: number | null;
  /** Of the previous figure; null where that is 0 or null. */
  change_percentage: number | null;
  reason?: string;
}

export interface WorkflowComparison {
  workflow_id: string;
  workflow_name: string;
  total_executions: Change;
  avg_execution_time_minutes: Change;
  success_rate_percentage: Change & {
    /** Percentage points, 95 %; the rates differ significantly where 0 is outside. */
    change_range?: [low: number, high: number];
  };
  /** From depth `deep` on. */
  execution_time_test?: TimeTest;
}

interface TimeTest {
  p_value: number | null;
  /** The probability that an execution of this period takes longer than one of the period before. */
  probability_slower: number | null;
  cases: { current: number; previous: number };
  reason?: string;
}

export function changeOf(current: number | null, previous: number | null): Change {
  if (current === null || previous === null) {
    const reason = `${whichLacks(current, previous)} no such figure to compare.`;
    return { current, previous, change: null, change_percentage: null, reason };
  }
  const change = current - previous;
  if (previous === 0) {
    const reason = 'No percentage: the figure of the period before is 0.';
    return { current, previous, change, change_percentage: null, reason };
  }
  return { current, previous, change, change_percentage: (100 * change) / previous };
}

function whichLacks(current: number | null, previous: number | null): string {
  if (current === null && previous === null) return 'Both periods have';
  return current === null ? 'This period has' : 'The period before has';
}

/** Each workflow that had executions in either period. */
export function comparisonsOf(
  workflows: readonly WorkflowRow[],
  current: readonly PerformanceRow[],
  previous: readonly PerformanceRow[],
  cases: { current: readonly CaseRow[]; previous: readonly CaseRow[] } | null,
): WorkflowComparison[] {
  const now = new Map(current.map((row) => [row.workflow_id, row]));
  const before = new Map(previous.map((row) => [row.workflow_id, row]));
  const casesNow = grouped(cases?.current ?? [], (row) => row.workflow_id);
  const casesBefore = grouped(cases?.previous ?? [], (row) => row.workflow_id);
  return workflows
    .filter(({ workflow_id }) => now.has(workflow_id) || before.has(workflow_id))
    .map(({ workflow_id, workflow_name }) => ({
      workflow_id,
      workflow_name,
      ...changesOf(now.get(workflow_id), before.get(workflow_id)),
      ...(cases && {
        execution_time_test: timeTest(
          casesNow.get(workflow_id) ?? [],
          casesBefore.get(workflow_id) ?? [],
        ),
      }),
    }));
}

function changesOf(current: PerformanceRow | undefined, previous: PerformanceRow | undefined) {
  return {
    total_executions: changeOf(current?.started ?? 0, previous?.started ?? 0),
    avg_execution_time_minutes: changeOf(
      current?.avg_minutes ?? null,
      previous?.avg_minutes ?? null,
    ),
    success_rate_percentage: {
      ...changeOf(
        current ? successPercentage(current) : null,
        previous ? successPercentage(previous) : null,
      ),
      ...(current?.ended && previous?.ended && { change_range: changeRange(current, previous) }),
    },
  };
}

function changeRange(current: PerformanceRow, previous: PerformanceRow): [number, number] {
  const { low, high } = wilsonDifference(
    { good: current.succeeded, total: current.ended },
    { good: previous.succeeded, total: previous.ended },
  );
  return [100 * low, 100 * high];
}

const MIN_CASES = 8;

function timeTest(current: readonly CaseRow[], previous: readonly CaseRow[]): TimeTest {
  const cases = { current: current.length, previous: previous.length };
  if (Math.min(cases.current, cases.previous) < MIN_CASES) {
    const reason = `The periods have ${cases.current} and ${cases.previous} ended cases; ${MIN_CASES} each are needed.`;
    return { p_value: null, probability_slower: null, cases, reason };
  }
  const test = mannWhitney(
    current.map(({ minutes }) => minutes),
    previous.map(({ minutes }) => minutes),
  );
  if (!test) {
    const reason = 'All cases took the same time.';
    return { p_value: null, probability_slower: null, cases, reason };
  }
  return { p_value: test.p_value, probability_slower: test.superiority, cases };
}
