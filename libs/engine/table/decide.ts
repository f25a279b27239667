import { Budget, compile, ExpressionLimitError, type Value } from '#engine/expression';

import { type CompiledTable, matchingRows } from './compiled-table.js';
import type { Aggregation } from './types.js';

/** What a table says of some data: plain data, stored with a decision. */
export interface TableDecision {
  table_id: string;
  /** Value of each input column, by label. */
  inputs: { label: string; value: Value }[];
  /** Rules that matched, in the order in which the hit policy takes them. */
  matched_rules: string[];
  /**
   * Of one output its value, of several an object by name; of `collect`, `rule_order` and `output_order` the list of
   * them, or the aggregate. Null when nothing matched and there is no default.
   */
  output: Value;
  /** Why there is no decision, in a sentence; null when there is one. */
  undecided_because: string | null;
}

/** Of all inputs, cells and outputs together: they are evaluated while other requests wait. */
const MOST_STEPS = 200_000;

const EQUAL = compile('a = b');
const AGGREGATES: Readonly<Record<Aggregation, string>> = {
  sum: 'sum(values)',
  min: 'min(values)',
  max: 'max(values)',
  count: 'count(values)',
};

/**
 * Decides by a table, as its hit policy says (DMN 1.5 §8.2.10). Total: a violated policy or too much work is told, never
 * thrown.
 */
export function decideByTable(
  compiled: CompiledTable,
  context: object,
  { now }: { now: number },
): TableDecision {
  const { table } = compiled;
  try {
    const options = { now, budget: new Budget(MOST_STEPS, 'the decision table') };
    const values = compiled.inputs.map((input) => input.evaluate(context, options).value);
    const inputs = table.inputs.map(({ label }, index) => ({
      label,
      value: values[index] ?? null,
    }));
    const { matched_rules, output, undecided_because } = byPolicy(
      compiled,
      values,
      context,
      options,
    );
    return { table_id: table.table_id, inputs, matched_rules, output, undecided_because };
  } catch (error) {
    if (!(error instanceof ExpressionLimitError)) throw error;
    return {
      table_id: table.table_id,
      inputs: [],
      matched_rules: [],
      output: null,
      undecided_because: error.message,
    };
  }
}

type Outcome = Pick<TableDecision, 'matched_rules' | 'output' | 'undecided_because'>;

interface Hit {
  rule_id: string;
  outputs: readonly Value[];
}

function byPolicy(
  compiled: CompiledTable,
  values: readonly Value[],
  context: object,
  options: { now: number; budget: Budget },
): Outcome {
  const { table } = compiled;
  const most = table.hit_policy === 'first' ? 1 : Infinity;
  const hits = matchingRows(compiled, values, context, options, most).map((row) => ({
    rule_id: row.rule_id,
    outputs: row.constants ?? outputsOf(row, context, options),
  }));
  if (hits.length === 0) return nothingMatched(compiled, context, options);
  switch (table.hit_policy) {
    case 'unique':
      return hits.length === 1
        ? one(compiled, hits)
        : violated(hits, 'more than one rule matches, and the hit policy is unique');
    case 'any':
      return hits.every((hit) => same(hit.outputs, hits[0]?.outputs))
        ? one(compiled, hits)
        : violated(hits, 'rules that match differ in their output, and the hit policy is any');
    case 'first':
      return one(compiled, hits);
    case 'priority':
      return one(compiled, byPriority(compiled, hits));
    case 'rule_order':
      return many(compiled, hits);
    case 'output_order':
      return many(compiled, byPriority(compiled, hits));
    case 'collect':
      return table.aggregation === null
        ? many(compiled, hits)
        : aggregated(hits, table.aggregation, context);
  }
}

function outputsOf(
  { results }: CompiledTable['rows'][number],
  context: object,
  options: { now: number; budget: Budget },
): Value[] {
  return results.map((result) =>
    'constant' in result ? result.constant : result.evaluate(context, options).value,
  );
}

function nothingMatched(
  { table, defaults }: CompiledTable,
  context: object,
  options: { now: number; budget: Budget },
): Outcome {
  if (table.aggregation === 'count') {
    return { matched_rules: [], output: 0, undecided_because: null };
  }
  const outputs = defaults.map((value) => value?.evaluate(context, options).value ?? null);
  const has = defaults.some((value) => value !== null);
  return {
    matched_rules: [],
    output: has ? shaped(table.outputs, outputs) : null,
    undecided_because: has ? null : 'no rule matches, and there is no default',
  };
}

function one({ table }: CompiledTable, [hit]: readonly Hit[]): Outcome {
  return {
    matched_rules: hit ? [hit.rule_id] : [],
    output: hit ? shaped(table.outputs, hit.outputs) : null,
    undecided_because: null,
  };
}

function many({ table }: CompiledTable, hits: readonly Hit[]): Outcome {
  return {
    matched_rules: hits.map(({ rule_id }) => rule_id),
    output: hits.map(({ outputs }) => shaped(table.outputs, outputs)),
    undecided_because: null,
  };
}

function aggregated(hits: readonly Hit[], aggregation: Aggregation, context: object): Outcome {
  const values = hits.map(({ outputs }) => outputs[0] ?? null);
  return {
    matched_rules: hits.map(({ rule_id }) => rule_id),
    output: compile(AGGREGATES[aggregation]).evaluate({ ...context, values }).value,
    undecided_because: null,
  };
}

function violated(hits: readonly Hit[], reason: string): Outcome {
  const matched_rules = hits.map(({ rule_id }) => rule_id);
  return {
    matched_rules,
    output: null,
    undecided_because: `${reason}: ${matched_rules.join(', ')}`,
  };
}

function shaped(outputs: readonly { name: string }[], values: readonly Value[]): Value {
  if (outputs.length === 1) return values[0] ?? null;
  return Object.fromEntries(outputs.map(({ name }, index) => [name, values[index] ?? null]));
}

/** Highest priority first, output by output; rows of equal priority keep their order. */
function byPriority({ priorities }: CompiledTable, hits: readonly Hit[]): Hit[] {
  const ranks = new Map(
    hits.map((hit) => [
      hit,
      hit.outputs.map((value, index) => rank(priorities[index] ?? [], value)),
    ]),
  );
  return hits.toSorted((a, b) => {
    const [left, right] = [ranks.get(a) ?? [], ranks.get(b) ?? []];
    const differing = left.findIndex((value, index) => value !== right[index]);
    return differing === -1 ? 0 : (left[differing] ?? 0) - (right[differing] ?? 0);
  });
}

function rank(values: readonly Value[], value: Value): number {
  const found = values.findIndex((known) => equal(known, value));
  return found === -1 ? values.length : found;
}

function same(a: readonly Value[], b: readonly Value[] | undefined): boolean {
  return b !== undefined && a.every((value, index) => equal(value, b[index] ?? null));
}

function equal(a: Value, b: Value): boolean {
  return EQUAL.test({ a, b }).matched;
}
