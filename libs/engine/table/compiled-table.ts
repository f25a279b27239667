import { compile, type CompiledExpression, type Value } from '#engine/expression';

import { type Cell, compileCell, passes } from './cell.js';
import { type DividedColumn, divideColumn, regionAt } from './regions.js';
import { RowSet } from './row-set.js';
import type { DecisionTable, TableRule } from './types.js';

interface CompiledRow extends TableRule {
  cells: readonly Cell[];
  /** Columns whose cell has to be tried, whatever the index says. */
  toTry: readonly number[];
  results: readonly (CompiledExpression | { constant: Value })[];
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
  const cells = table.rules.map((rule) => rule.inputs.map(compileCell));
  const columns = table.inputs.map((_, column) =>
    divideColumn(cells.flatMap((row) => row[column] ?? [])),
  );
  return {
    table,
    inputs: table.inputs.map(({ expression }) => compile(expression)),
    rows: table.rules.map((rule, row) => ({
      ...rule,
      cells: cells[row] ?? [],
      toTry: [...columns.keys()].filter((column) => columns[column]?.toTry.includes(row)),
      results: rule.outputs.map(resultOf),
    })),
    columns,
    priorities: table.outputs.map(({ values }) =>
      values.map((source) => compile(source).evaluate({}).value),
    ),
    defaults: table.outputs.map(({ default_value: source }) =>
      source === null ? null : compile(source),
    ),
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
  { now, most }: { now: number; most: number },
): CompiledRow[] {
  const sets: RowSet[] = [];
  const unindexed: number[] = [];
  for (const [index, column] of columns.entries()) {
    const region = regionAt(column, values[index]);
    if (region) sets.push(region.rows);
    else unindexed.push(index);
  }
  const found: CompiledRow[] = [];
  RowSet.forEachCommon(sets, rows.length, (number) => {
    const row = rows[number];
    const tried = (column: number): boolean => {
      const cell = row?.cells[column];
      return cell !== undefined && passes(cell, values[column], context, now);
    };
    if (row?.toTry.every(tried) && unindexed.every(tried)) found.push(row);
    return found.length < most;
  });
  return found;
}
