import type { Change } from './diff-types.js';
import type { StepMapping } from './step-mapping.js';
import type { WorkflowDefinition } from './types.js';

export const IMPACT_LEVELS = ['low', 'medium', 'high', 'critical'] as const;
export type ImpactLevel = (typeof IMPACT_LEVELS)[number];

/** From which figures on a change is of which level. */
export interface ImpactThresholds {
  /** Open instances that move: from so many on it is medium, high, critical. */
  medium_instances: number;
  high_instances: number;
  critical_instances: number;
  /** Times that the steps which it touches were done in the last `history_days`, in all: from so many on it is medium. */
  medium_step_cases: number;
}

export const DEFAULT_THRESHOLDS: ImpactThresholds = {
  medium_instances: 1,
  high_instances: 100,
  critical_instances: 1_000,
  medium_step_cases: 1_000,
};

/** What is recorded of a step. */
export interface StepHistory {
  step_id: string;
  /** Times that it was done. */
  cases: number;
  /** From its start to its end; null: it was never done. */
  mean_minutes: number | null;
}

export interface ImpactFacts {
  before: WorkflowDefinition;
  after: WorkflowDefinition;
  changes: readonly Change[];
  /** Steps that an emergency bypass takes instances past. */
  bypassed: readonly string[];
  /** Where the change says that instances go; left out: nowhere in particular. */
  step_mapping?: StepMapping;
  /** Open instances by where they stand, and how many of them the change would move (or take past a step). */
  positions: readonly { step_id: string | null; instances: number; moving: number }[];
  /** The nearest deadline (ISO 8601) of those that would move; null: there is none. */
  nearest_deadline: string | null;
  /** Epoch milliseconds. */
  now: number;
  /** Of those that would move, how many begin the work at their step anew, by step. */
  redone: readonly { step_id: string; instances: number }[];
  /** Fields that the new definition reads and the old one did not, with how many of those that move lack them. */
  lacking: readonly { field: string; instances: number }[];
  /** Of the steps that the change touches, in the last `history_days`. */
  history: readonly StepHistory[];
  history_days: number;
  /** What is unsound about the new definition and was not about the old one, in words. */
  unsound: readonly string[];
  /** Other open modifications of the workflow that this one does not go together with, in words. */
  conflicts: readonly string[];
  /** Earlier moves, of this workflow or of all; null: none is recorded. */
  measured: { instances: number; ms_an_instance: number; of_workflow: boolean } | null;
  thresholds: ImpactThresholds;
  approval_required_for_high_impact: boolean;
}

/** contract.md §70. */
export interface ImpactAnalysis {
  impact_level: ImpactLevel;
  /** Open instances of the workflow. */
  affected_instances: number;
  /** Until every instance has moved and done the work again that it had begun; 0 where none moves, or it is not known. */
  estimated_disruption_minutes: number;
  risk_factors: string[];
  mitigation_strategies: string[];
  approval_required: boolean;
  /** Until those instances are back; 0 where none moves, or it is not known. */
  estimated_rollback_time_minutes: number;
}

/** Figures that the level and the words rest on. */
export interface ImpactSums {
  open: number;
  moving: number;
  /** Of those that move, those at a step that is removed. */
  stranded: number;
  weaker: readonly string[];
  /** The nearest deadline comes before all have moved and done their work again. */
  late: boolean;
}
