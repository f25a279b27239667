import { ValidationError } from '#engine/errors';
import type { Tx } from '#persistence';

import type { Bottleneck } from './analysis.dto.js';
import { ANALYSIS_DEPTHS, type AnalysisDepth } from './analytics.dto.js';
import {
  type CaseRow,
  type DayRow,
  findFailureSteps,
  findPeakHours,
  listWorkflowNames,
  type PerformanceRow,
  type Population,
  readCases,
  readClock,
  readDays,
  readPerformance,
  readStepDays,
  readSteps,
  readUtilization,
  type StepDayRow,
  type WorkflowRow,
} from './analytics.queries.js';
import { bottlenecksOf } from './bottlenecks.js';
import type { Recorded } from './metrics.js';
import { MAP_LIMITS } from './process-map.js';
import {
  readTransitions,
  readVariants,
  type TransitionRow,
  type VariantRow,
} from './process-map.queries.js';

export interface Request {
  /** Null: all. */
  workflow_ids: readonly string[] | null;
  days: number;
  depth: AnalysisDepth;
  predictions: boolean;
  /** Whole days of the trend. */
  trend_days: number;
}

/** All that was read for one analysis, from one snapshot. */
export interface Records extends Recorded {
  period: { from: Date; to: Date };
  /** Whole days (UTC). */
  trend: { from: Date; to: Date };
  workflows: readonly WorkflowRow[];
  previous: readonly PerformanceRow[];
  /** None at depth basic. */
  bottlenecks: readonly Bottleneck[];
  /** Of the longer of period and trend. */
  daily: readonly DayRow[];
  cases: readonly CaseRow[];
  previous_cases: readonly CaseRow[];
  step_days: readonly StepDayRow[];
  transitions: readonly TransitionRow[];
  variants: readonly VariantRow[];
}

const DAY_MS = 86_400_000;
/** Enough for quantiles to two figures, and a bound on what is held in memory. */
const CASES_A_WORKFLOW = 2_000;
export const PREDICTED_WORKFLOWS = 20;

export const isAtLeast = (depth: AnalysisDepth, other: AnalysisDepth): boolean =>
  ANALYSIS_DEPTHS.indexOf(depth) >= ANALYSIS_DEPTHS.indexOf(other);

/** Of all workflows: what the roll-up keeps. */
export async function readBottlenecks(tx: Tx, days: number): Promise<Bottleneck[]> {
  const now = await readNow(tx);
  const ids = (await readWorkflows(tx, null)).map(({ workflow_id }) => workflow_id);
  const from = new Date(now.getTime() - days * DAY_MS);
  return bottlenecksOf(await readSteps(tx, [ids, from, now, false]));
}

async function readNow(tx: Tx): Promise<Date> {
  const [clock] = await readClock(tx, []);
  if (!clock) throw new Error('The database gave no time.');
  return clock.now;
}

/** @throws ValidationError workflow_not_found for each id that is no workflow's */
export async function readRecords(tx: Tx, request: Request): Promise<Records> {
  const now = await readNow(tx);
  const workflows = await readWorkflows(tx, request.workflow_ids);
  const from = new Date(now.getTime() - request.days * DAY_MS);
  const today = new Date(Math.floor(now.getTime() / DAY_MS) * DAY_MS);
  const trend = { from: new Date(today.getTime() - request.trend_days * DAY_MS), to: today };

  const ids = workflows.map(({ workflow_id }) => workflow_id);
  const population: Population = [ids, from, now];
  const performance = await readPerformance(tx, population);
  const standard = isAtLeast(request.depth, 'standard');
  const deep = isAtLeast(request.depth, 'deep');
  const before: Population = [ids, new Date(from.getTime() - request.days * DAY_MS), from];
  const bottlenecks = standard ? bottlenecksOf(await readSteps(tx, [...population, deep])) : [];
  const earliest = trend.from < from ? trend.from : from;
  const busiest = busiestOf(performance);
  const maps = request.depth === 'comprehensive';
  const sample = [busiest, from, now, CASES_A_WORKFLOW] as const;
  const wantsCases = standard && (request.predictions || deep);
  return {
    period: { from, to: now },
    trend,
    workflows,
    performance,
    bottlenecks,
    failures: await findFailureSteps(tx, population),
    hours: await findPeakHours(tx, population),
    utilization: await readUtilization(tx, population),
    previous: standard ? await readPerformance(tx, before) : [],
    daily: standard ? await readDays(tx, [ids, earliest, now]) : [],
    cases: wantsCases
      ? await readCases(tx, [
          busiest,
          from,
          now,
          busiest.map((id) => worstStepOf(id, bottlenecks)?.step_id ?? null),
          CASES_A_WORKFLOW,
        ])
      : [],
    previous_cases: deep
      ? await readCases(tx, [
          busiest,
          before[1],
          before[2],
          busiest.map(() => null),
          CASES_A_WORKFLOW,
        ])
      : [],
    step_days: deep ? await readStepDays(tx, [busiest, trend.from, trend.to]) : [],
    transitions: maps ? await readTransitions(tx, [...sample]) : [],
    variants: maps
      ? await readVariants(tx, [...sample, MAP_LIMITS.variants, MAP_LIMITS.steps_of_a_variant])
      : [],
  };
}

async function readWorkflows(
  tx: Tx,
  asked: readonly string[] | null,
): Promise<readonly WorkflowRow[]> {
  const workflows = await listWorkflowNames(tx, [asked]);
  const known = new Set(workflows.map(({ workflow_id }) => workflow_id));
  const unknown = (asked ?? []).filter((id) => !known.has(id));
  if (unknown.length > 0) {
    throw new ValidationError(
      unknown.map((id) => ({
        pointer: '?workflow_ids',
        code: 'workflow_not_found',
        message: `There is no workflow ${id}. GET /workflows lists those that there are.`,
      })),
    );
  }
  return workflows;
}

function busiestOf(performance: readonly PerformanceRow[]): string[] {
  return [...performance]
    .filter(({ ended }) => ended > 0)
    .sort((one, other) => other.ended - one.ended)
    .slice(0, PREDICTED_WORKFLOWS)
    .map(({ workflow_id }) => workflow_id);
}

/** The step of a workflow at which most time is waited; null where nothing waits. */
export function worstStepOf(
  workflowId: string,
  bottlenecks: readonly Bottleneck[],
): Bottleneck | null {
  const waiting = bottlenecks.filter(
    ({ workflow_id, optimization_potential_score: potential }) =>
      workflow_id === workflowId && potential !== null && potential > 0,
  );
  return waiting.reduce<Bottleneck | null>(
    (worst, step) =>
      (step.optimization_potential_score ?? 0) > (worst?.optimization_potential_score ?? 0)
        ? step
        : worst,
    null,
  );
}
