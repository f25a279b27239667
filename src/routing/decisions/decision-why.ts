import { compileCondition } from '#engine/definition';
import {
  compile,
  ExpressionLimitError,
  ExpressionSyntaxError,
  type Trace,
} from '#engine/expression';
import {
  routingContext,
  type TableRoute,
  type TreeDecision,
  type TriedRule,
} from '#engine/routing';
import type { CompiledTable } from '#engine/table';

import { choiceStatus } from './choice-status.js';
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

export interface RecordedEvaluation {
  rules: TriedRule[];
  tree: TreeDecision | null;
  /** Not there in decisions older than tables. */
  table?: TableRoute | null;
  table_version?: number | null;
  /** Of what was decided by itself: how its step had ended, as the rules saw it. */
  step_outcome?: string;
}

/**
 * A decision with why it came out so: what was tried in which order, and what each part of each condition was. The
 * parts are worked out again from the recorded data, which gives what it gave then.
 *
 * @param compiled the version of the table that decided then; null without one
 */
export function recordedDecision(
  row: DecisionRow,
  compiled: CompiledTable | null,
): RecordedDecision {
  const recorded = row.context_data as unknown as RecordedContext;
  const { rules, tree, table, table_version, step_outcome } =
    row.evaluation as unknown as RecordedEvaluation;
  const { now, ...data } = recorded;
  const step = { id: row.current_step_id, outcome: step_outcome ?? 'routed' };
  const context = routingContext({ ...data, step });
  // a tree that a step asks by itself is asked before the step has ended
  const asked = step_outcome === undefined ? context : routingContext(data);
  const partsOf = (source: string | null, seen = context) =>
    source && parts(source, seen, Date.parse(now));
  return {
    ...answerOfRecorded(row),
    current_step_id: row.current_step_id,
    context: recorded,
    rules_tried: rules.map((rule) => ({ ...rule, parts: partsOf(rule.condition_expression) })),
    tree_path:
      tree?.path.map((node) => ({ ...node, parts: partsOf(node.condition_expression, asked) })) ??
      [],
    tree_undecided_because: tree?.undecided_because ?? null,
    decision_table:
      table && compiled
        ? {
            ...table,
            version_number: table_version,
            rules: matchedRules(compiled, table, context, Date.parse(now)),
          }
        : null,
    instance_status: row.instance_status,
    instance_outcome: row.instance_outcome,
    correlation_id: row.correlation_id,
    choice: choiceOf(row),
  };
}

function choiceOf(row: DecisionRow): RecordedDecision['choice'] {
  const status = choiceStatus(row);
  return (
    status && {
      status,
      target_step_id: row.chosen_target_step_id,
      chosen_by: row.chosen_by,
      comment: row.choice_comment,
      chosen_at: row.chosen_at?.toISOString() ?? null,
    }
  );
}

/** The rules of a table that matched, and what each part of their cells was. */
function matchedRules(
  { table, inputs }: CompiledTable,
  { matched_rules }: TableRoute,
  context: Record<string, unknown>,
  now: number,
): object[] {
  return table.rules
    .filter(({ rule_id }) => matched_rules.includes(rule_id))
    .map((rule) => ({
      rule_id: rule.rule_id,
      annotation: rule.annotation,
      cells: rule.inputs.map((cell, column) => ({
        label: table.inputs[column]?.label,
        cell,
        parts: orNothing(() =>
          compile(cell, { kind: 'unaryTests' }).explain(context, {
            now,
            input: inputs[column]?.evaluate(context, { now }).value ?? null,
          }),
        ),
      })),
      outputs: rule.outputs.map((source) => ({
        source,
        parts: orNothing(() => compile(source).explain(context, { now })),
      })),
    }));
}

/** Null: the condition has no value on these data, as the rule's `reason` says. */
function parts(source: string, context: Record<string, unknown>, now: number): Trace | null {
  return orNothing(() => compileCondition(source).explain(context, { now }));
}

function orNothing(explain: () => Trace): Trace | null {
  try {
    return explain();
  } catch (error) {
    if (error instanceof ExpressionLimitError || error instanceof ExpressionSyntaxError)
      return null;
    throw error;
  }
}
