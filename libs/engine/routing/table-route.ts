import type { Fault } from '#engine/errors';
import { compile, expressionFaults, type Json, toJson } from '#engine/expression';
import type { JsonObject } from '#engine/graph';
import { type CompiledTable, decideByTable, type DecisionTable } from '#engine/table';

import { ROUTING_ACTIONS, type RoutingAction } from './types.js';

/** The outputs by which a table routes. */
const TARGET = 'target_step_id';
const ACTION = 'action';

/** What a table said of where to go. Plain data: it is stored with the decision. */
export interface TableRoute {
  table_id: string;
  /** Value of each input column on these data. */
  inputs: { label: string; value: Json }[];
  /** In the order in which the hit policy takes them. */
  matched_rules: string[];
  output: Json;
  /** The rule that decided; null when the outputs' defaults did, or nothing. */
  rule_id: string | null;
  /** Null: it does not decide. */
  action: RoutingAction | null;
  target_step_id: string | null;
  /** Why the table does not decide; null when it does. */
  undecided_because: string | null;
}

/**
 * Where a table leads: by its output `target_step_id`, and `action` (`route_to_step` where there is none). Of a list of
 * outputs the first counts. Total: an output that routing cannot follow leaves the decision to the rules, with the reason.
 */
export function routeByTable(
  compiled: CompiledTable,
  context: JsonObject,
  { now, hasStep }: { now: number; hasStep: (stepId: string) => boolean },
): TableRoute {
  const decision = decideByTable(compiled, context, { now });
  const output = toJson(decision.output).value;
  const said = {
    table_id: decision.table_id,
    inputs: decision.inputs.map(({ label, value }) => ({ label, value: toJson(value).value })),
    matched_rules: decision.matched_rules,
    output,
  };
  const undecided = (undecided_because: string): TableRoute => ({
    ...said,
    rule_id: null,
    action: null,
    target_step_id: null,
    undecided_because,
  });
  if (decision.undecided_because !== null) return undecided(decision.undecided_because);
  const fields = fieldsOf(compiled.table, Array.isArray(output) ? (output[0] ?? null) : output);
  const target = fields[TARGET] ?? null;
  const action = fields[ACTION] ?? (target === null ? null : 'route_to_step');
  if (action === null) return undecided('its output names neither a target_step_id nor an action');
  const known = ROUTING_ACTIONS.find((word) => word === action);
  if (known === undefined)
    return undecided(`${JSON.stringify(action)} is no action that routing knows`);
  if (target === null) {
    if (known === 'route_to_step') return undecided('its output has no target_step_id to route to');
  } else if (typeof target !== 'string' || !hasStep(target)) {
    return undecided(`it leads to ${JSON.stringify(target)}, which is no step of this workflow`);
  }
  const rule_id = decision.matched_rules[0] ?? null;
  return { ...said, rule_id, action: known, target_step_id: target, undecided_because: null };
}

/**
 * Targets that are no step, and actions that routing does not know, of a table that routes (it has an output
 * `target_step_id`); as far as they stand there as literals.
 * @param steps of the table's workflow; undefined when the table is for all
 */
export function tableRouteFaults(
  table: DecisionTable,
  steps: Pick<ReadonlySet<string>, 'has'> | undefined,
): Fault[] {
  const column = table.outputs.findIndex(({ name }) => name === TARGET);
  if (column < 0) return [];
  const actions = table.outputs.findIndex(({ name }) => name === ACTION);
  return [
    ...literals(table, column).flatMap(({ pointer, text }) =>
      steps === undefined || steps.has(text)
        ? []
        : [
            {
              pointer,
              code: 'unknown_step',
              message: `${JSON.stringify(text)} is no step of this workflow; name one of its step_ids.`,
            },
          ],
    ),
    ...(actions < 0 ? [] : literals(table, actions)).flatMap(({ pointer, text }) =>
      (ROUTING_ACTIONS as readonly string[]).includes(text)
        ? []
        : [
            {
              pointer,
              code: 'unknown_action',
              message: `${JSON.stringify(text)} is no action; name one of ${ROUTING_ACTIONS.join(', ')}.`,
            },
          ],
    ),
  ];
}

function fieldsOf({ outputs }: DecisionTable, output: Json): Record<string, Json> {
  const [only] = outputs;
  if (outputs.length === 1 && only) return { [only.name]: output };
  return output !== null && typeof output === 'object' && !Array.isArray(output) ? output : {};
}

/** Texts that a column of outputs, or its default, gives as they stand. */
function literals(table: DecisionTable, column: number): { pointer: string; text: string }[] {
  const cells = [
    ...table.rules.map((rule, index) => ({
      pointer: `/rules/${index}/outputs/${column}`,
      source: rule.outputs[column] ?? null,
    })),
    {
      pointer: `/outputs/${column}/default_value`,
      source: table.outputs[column]?.default_value ?? null,
    },
  ];
  return cells.flatMap(({ pointer, source }) => {
    const text = source === null ? null : textOf(source);
    return text === null ? [] : [{ pointer, text }];
  });
}

/** What does not parse is told by `tableFaults`. */
function textOf(source: string): string | null {
  if (expressionFaults(source, '').length > 0) return null;
  const { syntax } = compile(source);
  return syntax.kind === 'literal' && typeof syntax.value === 'string' ? syntax.value : null;
}
