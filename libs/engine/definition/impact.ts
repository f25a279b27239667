import { weakerApprovals } from './impact-approvals.js';
import type { ImpactAnalysis, ImpactFacts, ImpactLevel, ImpactSums } from './impact-types.js';
import { mitigations, riskFactors } from './impact-words.js';

/** Instances that a change moves, at and above which it is high and critical. */
const MANY_MOVED = 100;
const VERY_MANY_MOVED = 1_000;
const MS_A_MINUTE = 60_000;

/**
 * What a change touches, from facts alone.
 * - critical: 1,000 instances or more move; or 100 or more while approvals get weaker
 * - high: approvals get weaker; or 100 or more move; or instances that move stand at a removed step
 * - medium: an instance moves; or there are open instances and a step is removed or the routing changes; or the new
 *   definition is less sound, or does not go together with another open modification
 * - low: everything else
 */
export function impactOf(facts: ImpactFacts): ImpactAnalysis {
  const removed = facts.changes.flatMap((change) =>
    change.kind === 'step_removed' ? [change.step.step_id] : [],
  );
  const sums: ImpactSums = {
    open: sum(facts.positions, ({ instances }) => instances),
    moving: sum(facts.positions, (position) => position.moving),
    stranded: sum(facts.positions, ({ step_id, moving }) =>
      step_id !== null && removed.includes(step_id) ? moving : 0,
    ),
    weaker: weakerApprovals(facts.before, facts.after, facts.bypassed),
  };
  const rerouted = facts.changes.some(({ kind }) => kind.startsWith('rule'));
  const shifted = sums.open > 0 && (removed.length > 0 || rerouted);
  const impact_level = levelOf(facts, sums, shifted);
  const moves = (sums.moving * (facts.measured?.ms_an_instance ?? 0)) / MS_A_MINUTE;
  return {
    impact_level,
    affected_instances: sums.open,
    estimated_disruption_minutes: moves + workAgain(facts),
    risk_factors: riskFactors(facts, sums),
    mitigation_strategies: mitigations(facts, sums),
    approval_required:
      facts.approval_required_for_high_impact &&
      (impact_level === 'high' || impact_level === 'critical'),
    estimated_rollback_time_minutes: moves,
  };
}

function levelOf(
  { unsound, conflicts }: ImpactFacts,
  { moving, weaker, stranded }: ImpactSums,
  shifted: boolean,
): ImpactLevel {
  const many = moving >= MANY_MOVED;
  if (moving >= VERY_MANY_MOVED || (weaker.length > 0 && many)) return 'critical';
  if (weaker.length > 0 || many || stranded > 0) return 'high';
  const odd = unsound.length > 0 || conflicts.length > 0;
  return moving >= 1 || shifted || odd ? 'medium' : 'low';
}

/** Instances do their work again side by side, so the longest of it counts. */
function workAgain({ redone, history }: ImpactFacts): number {
  const minutes = redone.map(
    ({ step_id }) => history.find((known) => known.step_id === step_id)?.mean_minutes ?? 0,
  );
  return Math.max(0, ...minutes);
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
