import { compile, type CompiledExpression, type Value } from '#engine/expression';

import { type Cell, compileCell, isKey, type Key } from './cell.js';
import { RowSet } from './row-set.js';
import type { DecisionTable, TableRule } from './types.js';

/** Rows that a column lets pass, found by the value instead of by trying each cell. */
interface ColumnIndex {
  byKey: ReadonlyMap<Key, RowSet>;
  /** Rows whose cell is no list of literals: `-`, or still to be tried. */
  others: RowSet;
}

interface CompiledRow extends TableRule {
  cells: readonly Cell[];
  /** Columns whose cell has to be tried even where the index was asked. */
  toTry: readonly number[];
  /** Columns whose cell has to be tried where the index could not be asked. */
  restricted: readonly number[];
  results: readonly CompiledExpression[];
}

export interface CompiledTable {
  table: DecisionTable;
  inputs: readonly CompiledExpression[];
  rows: readonly CompiledRow[];
  columns: readonly ColumnIndex[];
  /** By output: its values in their order of priority. */
  priorities: readonly (readonly Value[])[];
  defaults: readonly (CompiledExpression | null)[];
}

/** @throws ExpressionSyntaxError, ExpressionLimitError; `tableFaults` finds all of them first */
export function compileTable(table: DecisionTable): CompiledTable {
  const rows = table.rules.map((rule) => {
    const cells = rule.inputs.map(compileCell);
    const columns = [...cells.keys()];
    return {
      ...rule,
      cells,
      toTry: columns.filter((column) => !cells[column]?.isAny && cells[column]?.keys === null),
      restricted: columns.filter((column) => !cells[column]?.isAny),
      results: rule.outputs.map((source) => compile(source)),
    };
  });
  return {
    table,
    inputs: table.inputs.map(({ expression }) => compile(expression)),
    rows,
    columns: table.inputs.map((_, column) => indexOf(rows, column)),
    priorities: table.outputs.map(({ values }) =>
      values.map((source) => compile(source).evaluate({}).value),
    ),
    defaults: table.outputs.map(({ default_value: source }) =>
      source === null ? null : compile(source),
    ),
  };
}

function indexOf(rows: readonly CompiledRow[], column: number): ColumnIndex {
  const byKey = new Map<Key, RowSet>();
  const others = RowSet.none(rows.length);
  for (const [row, { cells }] of rows.entries()) {
    const keys = cells[column]?.keys;
    if (!keys) others.add(row);
    for (const key of keys ?? []) {
      const set = byKey.get(key) ?? RowSet.none(rows.length);
      set.add(row);
      byKey.set(key, set);
    }
  }
  // so that a look-up needs no union
  return { byKey: new Map([...byKey].map(([key, set]) => [key, set.union(others)])), others };
}

/** Numbers of the rows that match, lowest first. Lazily: who wants the first one pays for no other. */
export function* matchingRows(
  { rows, columns }: CompiledTable,
  values: readonly Value[],
  context: object,
  now: number,
): Generator<number> {
  let candidates: RowSet | undefined;
  const asked = new Set<number>();
  for (const [column, { byKey, others }] of columns.entries()) {
    const value = values[column];
    if (byKey.size === 0 || !isKey(value)) continue;
    asked.add(column);
    const passing = byKey.get(value) ?? others;
    candidates = candidates ? candidates.intersection(passing) : passing;
  }
  const everywhere = asked.size === columns.filter(({ byKey }) => byKey.size > 0).length;
  for (const number of candidates ?? rows.keys()) {
    const row = rows[number];
    if (!row) continue;
    const left = everywhere
      ? row.toTry
      : row.restricted.filter((column) => mustTry(row, column, asked));
    if (left.every((column) => passes(row.cells[column], values[column], context, now)))
      yield number;
  }
}

function mustTry(row: CompiledRow, column: number, asked: ReadonlySet<number>): boolean {
  return row.cells[column]?.keys === null || !asked.has(column);
}

function passes(
  cell: Cell | undefined,
  input: Value | undefined,
  context: object,
  now: number,
): boolean {
  return cell === undefined || cell.test.test(context, { input, now }).matched;
}
