import { type Budget, compile, type CompiledExpression, type Value } from '#engine/expression';

import { type Cell, compileCell, passes } from './cell.js';
import { type DividedColumn, divideColumn, regionAt } from './regions.js';
import { RowSet } from './row-set.js';
import type { DecisionTable, TableRule } from './types.js';

interface CompiledRow extends TableRule {
  cells: readonly Cell[];
  /** Columns whose cell has to be tried, whatever the index says. */
  toTry: readonly number[];
  results: readonly (CompiledExpression | { constant: Value })[];
  /** The values of its outputs, where none of them depends on data. */
  constants: readonly Value[] | null;
}

export interface CompiledTable {
  table: DecisionTable;
  inputs: readonly CompiledExpression[];
  rows: readonly CompiledRow[];
  /** An index: by the value of an input, the rows that let it pass. */
  columns: readonly DividedColumn[];
  /** By output: its values in their order of priority. */
  priorities: readonly (readonly Value[])[];
  defaults: readonly (CompiledExpression | null)[];
}

/** @throws ExpressionSyntaxError, ExpressionLimitError; `tableFaults` finds all of them first */
export function compileTable(table: DecisionTable): CompiledTable {
  const cellOf = once(compileCell);
  const cells = table.rules.map((rule) => rule.inputs.map(cellOf));
  const columns = table.inputs.map((_, column) =>
    divideColumn(cells.flatMap((row) => row[column] ?? [])),
  );
  const outputOf = once(resultOf);
  const toTry = columns.map((column) => new Set(column.toTry));
  return {
    table,
    inputs: table.inputs.map(({ expression }) => compile(expression)),
    rows: table.rules.map((rule, row) => {
      const results = rule.outputs.map(outputOf);
      const constants = results.flatMap((result) =>
        'constant' in result ? [result.constant] : [],
      );
      return {
        ...rule,
        cells: cells[row] ?? [],
        toTry: [...columns.keys()].filter((column) => toTry[column]?.has(row)),
        results,
        constants: constants.length === results.length ? constants : null,
      };
    }),
    columns,
    priorities: table.outputs.map(({ values }) =>
      values.map((source) => compile(source).evaluate({}).value),
    ),
    defaults: table.outputs.map(({ default_value: source }) =>
      source === null ? null : compile(source),
    ),
  };
}

/** Most cells of a table are the same few. */
function once<Key, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const made = new Map<Key, Value>();
  return (key) => {
    const value = made.get(key) ?? make(key);
    made.set(key, value);
    return value;
  };
}

function resultOf(source: string): CompiledExpression | { constant: Value } {
  const expression = compile(source);
  return expression.syntax.kind === 'literal'
    ? { constant: expression.evaluate({}).value }
    : expression;
}

/** Rows that match, lowest first, `most` of them at most. Evaluates a cell only where the index cannot tell. */
export function matchingRows(
  { rows, columns }: CompiledTable,
  values: readonly Value[],
  context: object,
  options: { now: number; budget: Budget },
  most: number,
): CompiledRow[] {
  const sets: RowSet[] = [];
  const unindexed: number[] = [];
  for (let index = 0; index < columns.length; index += 1) {
    const region = regionAt(columns[index]!, values[index]);
    if (region) sets.push(region.rows);
    else unindexed.push(index);
  }
  const passesAll = ({ cells }: CompiledRow, tried: readonly number[]): boolean =>
    tried.every((column) => passes(cells[column]!, values[column], context, options));
  const found: CompiledRow[] = [];
  RowSet.forEachCommon(sets, rows.length, (number) => {
    const row = rows[number]!;
    if (passesAll(row, row.toTry) && passesAll(row, unindexed)) found.push(row);
    return found.length < most;
  });
  return found;
}
