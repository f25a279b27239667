import { weakerApprovals } from './impact-approvals.js';
import { passedApprovals } from './impact-passed-approvals.js';
import type { ImpactAnalysis, ImpactFacts, ImpactLevel, ImpactSums } from './impact-types.js';
import { mitigations, riskFactors } from './impact-words.js';

const MS_A_MINUTE = 60_000;

/**
 * What a change touches, from facts alone; the thresholds are settings.
 * - critical: `critical_instances` or more move; or `high_instances` or more while approvals get weaker
 *   or are passed over
 * - high: approvals get weaker or are passed over; or `high_instances` or more move; or instances that move stand at a
 *   removed step; or the nearest deadline of those that move comes before that is over
 * - medium: `medium_instances` or more move; or there are open instances and a step is removed or the routing changes; or
 *   the touched steps were done `medium_step_cases` times or more; or the new definition is less sound, or does not go
 *   together with another open modification
 * - low: everything else
 */
export function impactOf(facts: ImpactFacts): ImpactAnalysis {
  const removed = facts.changes.flatMap((change) =>
    change.kind === 'step_removed' ? [change.step.step_id] : [],
  );
  const moving = sum(facts.positions, (position) => position.moving);
  const moves = (moving * (facts.measured?.ms_an_instance ?? 0)) / MS_A_MINUTE;
  const disruption = moves + workAgain(facts);
  const over = facts.now + disruption * MS_A_MINUTE;
  const sums: ImpactSums = {
    moving,
    open: sum(facts.positions, ({ instances }) => instances),
    stranded: sum(facts.positions, ({ step_id, moving }) =>
      step_id !== null && removed.includes(step_id) ? moving : 0,
    ),
    weaker: [
      ...weakerApprovals(facts.before, facts.after, facts.bypassed),
      ...passedApprovals(facts.before, facts.after, facts.step_mapping),
    ],
    late: facts.nearest_deadline !== null && Date.parse(facts.nearest_deadline) <= over,
  };
  const rerouted = facts.changes.some(({ kind }) => kind.startsWith('rule'));
  const shifted = sums.open > 0 && (removed.length > 0 || rerouted);
  const impact_level = levelOf(facts, sums, shifted);
  return {
    impact_level,
    affected_instances: sums.open,
    estimated_disruption_minutes: disruption,
    risk_factors: riskFactors(facts, sums),
    mitigation_strategies: mitigations(facts, sums),
    approval_required:
      facts.approval_required_for_high_impact &&
      (impact_level === 'high' || impact_level === 'critical'),
    estimated_rollback_time_minutes: moves,
  };
}

function levelOf(
  { unsound, conflicts, history, thresholds }: ImpactFacts,
  { moving, weaker, stranded, late }: ImpactSums,
  shifted: boolean,
): ImpactLevel {
  const many = moving >= thresholds.high_instances;
  const weak = weaker.length > 0;
  if (moving >= thresholds.critical_instances || (weak && many)) return 'critical';
  if (weak || many || stranded > 0 || (late && moving > 0)) return 'high';
  const odd = unsound.length > 0 || conflicts.length > 0;
  const busy = sum(history, ({ cases }) => cases) >= thresholds.medium_step_cases;
  return moving >= thresholds.medium_instances || shifted || odd || busy ? 'medium' : 'low';
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
