import type { Change } from './diff-types.js';
import { weakerApprovals } from './impact-approvals.js';
import type { WorkflowDefinition } from './types.js';

export const IMPACT_LEVELS = ['low', 'medium', 'high', 'critical'] as const;
export type ImpactLevel = (typeof IMPACT_LEVELS)[number];

/** Instances that a change moves, at and above which it is high and critical. */
const MANY_MOVED = 100;
const VERY_MANY_MOVED = 1_000;
/** Taken where no move of this workflow has been measured yet. */
const ASSUMED_MS_AN_INSTANCE = 50;
const MS_A_MINUTE = 60_000;

export interface ImpactFacts {
  before: WorkflowDefinition;
  after: WorkflowDefinition;
  changes: readonly Change[];
  /** Steps that an emergency bypass takes instances past. */
  bypassed: readonly string[];
  /** Open instances by where they stand, and how many of them the change would move (or take past a step). */
  positions: readonly { step_id: string | null; instances: number; moving: number }[];
  /** The nearest deadline (ISO 8601) of those that would move; null: there is none. */
  nearest_deadline: string | null;
  /** Earlier moves of this workflow; null: none is recorded. */
  measured: { instances: number; ms_an_instance: number } | null;
  approval_required_for_high_impact: boolean;
}

/** contract.md §70. */
export interface ImpactAnalysis {
  impact_level: ImpactLevel;
  /** Open instances of the workflow. */
  affected_instances: number;
  /** How long the move of instances is expected to take; 0 where none moves. */
  estimated_disruption_minutes: number;
  risk_factors: string[];
  mitigation_strategies: string[];
  approval_required: boolean;
  /** How long it is expected to take to move those instances back. */
  estimated_rollback_time_minutes: number;
}

/**
 * What a change touches, from facts alone.
 * - critical: 1,000 instances or more move; or 100 or more while approvals get weaker
 * - high: approvals get weaker; or 100 or more move; or instances that move stand at a removed step
 * - medium: an instance moves; or there are open instances and a step is removed or the routing changes
 * - low: everything else
 */
export function impactOf(facts: ImpactFacts): ImpactAnalysis {
  const open = sum(facts.positions, ({ instances }) => instances);
  const moving = sum(facts.positions, (position) => position.moving);
  const weaker = weakerApprovals(facts.before, facts.after, facts.bypassed);
  const removed = facts.changes.flatMap((change) =>
    change.kind === 'step_removed' ? [change.step.step_id] : [],
  );
  const stranded = sum(facts.positions, ({ step_id, moving: count }) =>
    step_id !== null && removed.includes(step_id) ? count : 0,
  );
  const rerouted = facts.changes.some(({ kind }) => kind.startsWith('rule'));
  const impact_level = levelOf({
    moving,
    weaker: weaker.length > 0,
    stranded: stranded > 0,
    shifted: open > 0 && (removed.length > 0 || rerouted),
  });
  const minutes =
    (moving * (facts.measured?.ms_an_instance ?? ASSUMED_MS_AN_INSTANCE)) / MS_A_MINUTE;
  return {
    impact_level,
    affected_instances: open,
    estimated_disruption_minutes: minutes,
    risk_factors: riskFactors(facts, { open, moving, weaker }),
    mitigation_strategies: mitigations(facts, { open, moving, stranded }),
    approval_required:
      facts.approval_required_for_high_impact &&
      (impact_level === 'high' || impact_level === 'critical'),
    estimated_rollback_time_minutes: minutes,
  };
}

function levelOf(facts: {
  moving: number;
  weaker: boolean;
  stranded: boolean;
  shifted: boolean;
}): ImpactLevel {
  const { moving, weaker, stranded, shifted } = facts;
  if (moving >= VERY_MANY_MOVED || (weaker && moving >= MANY_MOVED)) return 'critical';
  if (weaker || moving >= MANY_MOVED || stranded) return 'high';
  return moving >= 1 || shifted ? 'medium' : 'low';
}

function riskFactors(
  facts: ImpactFacts,
  { open, moving, weaker }: { open: number; moving: number; weaker: readonly string[] },
): string[] {
  const touched = touchedSteps(facts);
  const standing = facts.positions.filter(
    ({ step_id, instances }) => instances > 0 && step_id !== null && touched.has(step_id),
  );
  return [
    ...weaker,
    ...(moving > 0
      ? [
          facts.bypassed.length > 0
            ? `${counted(moving)} taken past ${facts.bypassed.join(', ')}.`
            : `${counted(moving)} moved to the new definition.`,
        ]
      : []),
    ...(open > moving ? [`${counted(open - moving)} left on the version they run on.`] : []),
    ...standing.map(({ step_id, instances }) =>
      instances === 1
        ? `1 open instance stands at ${step_id}, which the change touches.`
        : `${instances} open instances stand at ${step_id}, which the change touches.`,
    ),
    ...(moving > 0 && facts.nearest_deadline !== null
      ? [`The nearest deadline of those instances is ${facts.nearest_deadline}.`]
      : []),
    ...(moving > 0 && !facts.measured
      ? [
          `No move of this workflow has been measured yet; the times assume ${ASSUMED_MS_AN_INSTANCE} ms an instance.`,
        ]
      : []),
  ];
}

function mitigations(
  facts: ImpactFacts,
  { open, moving, stranded }: { open: number; moving: number; stranded: number },
): string[] {
  const { measured, bypassed } = facts;
  return [
    ...(bypassed.length > 0
      ? ['A step that was bypassed cannot be taken up again; name only the instances that need it.']
      : ['The definition as it was is kept in a snapshot; roll back to make it current again.']),
    ...(moving > 0
      ? [
          'Instances move one by one, each whole or not at all; a move that is cut off goes on by itself.',
        ]
      : []),
    ...(moving > 0 && bypassed.length === 0
      ? ['With apply_to new_instances the running ones stay on their version.']
      : []),
    ...(stranded > 0
      ? [
          'Say by migration.step_mapping where instances at a removed step go, or let them finish it first.',
        ]
      : []),
    ...(moving > 0 && measured
      ? [
          `The times rest on ${measured.instances} measured moves (${measured.ms_an_instance.toFixed(1)} ms each).`,
        ]
      : []),
    ...(open === 0 ? ['No instance is running: nothing is disturbed.'] : []),
  ];
}

function touchedSteps({ changes, bypassed }: ImpactFacts): ReadonlySet<string> {
  return new Set([
    ...bypassed,
    ...changes.flatMap((change) => {
      if (change.kind === 'step_removed') return [change.step.step_id];
      return change.kind === 'step_changed' ? [change.step_id] : [];
    }),
  ]);
}

function counted(instances: number): string {
  return instances === 1 ? '1 open instance would be' : `${instances} open instances would be`;
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
