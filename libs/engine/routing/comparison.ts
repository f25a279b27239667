import type { Decision, DecidedBy } from './decision.js';

/** Where a decision led. */
export interface Destination {
  routing_action: string;
  target_step_id: string | null;
}

/** One cell of old × new: how many decisions it has, and how their instances ended. */
export interface ComparisonCell {
  old: Destination;
  new: Destination;
  decisions: number;
  /** By outcome: `completed`, `rejected`, `failed`, `cancelled`, `open`. */
  outcomes: Record<string, number>;
}

/** A decision that the candidate would have taken otherwise. */
export interface ChangedCase {
  decision_id: string;
  workflow_instance_id: string;
  old: Destination;
  new: Destination & { decided_by: DecidedBy; decided_by_id: string | null };
  /** How its instance ended after the decision that was taken. */
  outcome: string;
}

/** A recorded decision, as far as a comparison needs it. */
export interface RecordedCase extends Destination {
  decision_id: string;
  workflow_instance_id: string;
  outcome: string;
}

/** What a candidate comes to over recorded decisions. Plain data: it is stored after each batch and gone on with. */
export interface Comparison {
  matrix: ComparisonCell[];
  changes: ChangedCase[];
  decisions_changed: number;
}

/** More changed cases than this are counted, not kept. */
export const MOST_CHANGES = 200;

/** Adds one recorded decision with what the candidate decides; changes `comparison`. */
export function compareCase(
  comparison: Comparison,
  recorded: RecordedCase,
  decision: Pick<Decision, 'action' | 'target_step_id' | 'decided_by' | 'decided_by_id'>,
): void {
  const before: Destination = destination(recorded.routing_action, recorded.target_step_id);
  const after: Destination = destination(decision.action, decision.target_step_id);
  const cell = cellOf(comparison.matrix, before, after);
  cell.decisions += 1;
  cell.outcomes[recorded.outcome] = (cell.outcomes[recorded.outcome] ?? 0) + 1;
  if (same(before, after)) return;
  comparison.decisions_changed += 1;
  if (comparison.changes.length >= MOST_CHANGES) return;
  const { decided_by, decided_by_id } = decision;
  comparison.changes.push({
    decision_id: recorded.decision_id,
    workflow_instance_id: recorded.workflow_instance_id,
    old: before,
    new: { ...after, decided_by, decided_by_id },
    outcome: recorded.outcome,
  });
}

function cellOf(matrix: ComparisonCell[], before: Destination, after: Destination): ComparisonCell {
  const known = matrix.find((cell) => same(cell.old, before) && same(cell.new, after));
  if (known) return known;
  const cell = { old: before, new: after, decisions: 0, outcomes: {} };
  matrix.push(cell);
  return cell;
}

function destination(routing_action: string, target_step_id: string | null): Destination {
  return { routing_action, target_step_id };
}

function same(a: Destination, b: Destination): boolean {
  return a.routing_action === b.routing_action && a.target_step_id === b.target_step_id;
}
