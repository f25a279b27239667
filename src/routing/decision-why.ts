import { compileCondition } from '#engine/definition';
import { ExpressionLimitError, ExpressionSyntaxError, type Trace } from '#engine/expression';
import { routingContext, type TreeDecision, type TriedRule } from '#engine/routing';

import { answerOfRecorded } from './decision-views.js';
import type { RecordedDecision } from './decisions.dto.js';
import type { DecisionRow } from './decisions.queries.js';

/** What is kept of the question: see `recordOf`. */
interface RecordedContext {
  workflow_data: Record<string, unknown>;
  user_context: Record<string, unknown>;
  system_context: Record<string, unknown>;
  instance_data: Record<string, unknown>;
  now: string;
}

/**
 * A decision with why it came out so: what was tried in which order, and what each part of each condition was. The
 * parts are worked out again from the recorded data, which gives what it gave then.
 */
export function recordedDecision(row: DecisionRow): RecordedDecision {
  const recorded = row.context_data as unknown as RecordedContext;
  const { rules, tree } = row.evaluation as unknown as {
    rules: TriedRule[];
    tree: TreeDecision | null;
  };
  const { now, ...data } = recorded;
  const context = routingContext({ ...data, step: { id: row.current_step_id, outcome: 'routed' } });
  const partsOf = (source: string | null) => source && parts(source, context, Date.parse(now));
  return {
    ...answerOfRecorded(row),
    current_step_id: row.current_step_id,
    context: recorded,
    rules_tried: rules.map((rule) => ({ ...rule, parts: partsOf(rule.condition_expression) })),
    tree_path:
      tree?.path.map((node) => ({ ...node, parts: partsOf(node.condition_expression) })) ?? [],
    tree_undecided_because: tree?.undecided_because ?? null,
    instance_status: row.instance_status,
    instance_outcome: row.instance_outcome,
    correlation_id: row.correlation_id,
  };
}

/** Null: the condition has no value on these data, as the rule's `reason` says. */
function parts(source: string, context: Record<string, unknown>, now: number): Trace | null {
  try {
    return compileCondition(source).explain(context, { now });
  } catch (error) {
    if (error instanceof ExpressionLimitError || error instanceof ExpressionSyntaxError)
      return null;
    throw error;
  }
}
