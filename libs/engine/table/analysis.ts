import type { Key } from './cell.js';
import type { CompiledTable } from './compiled-table.js';
import { type Region, spokenOf } from './regions.js';
import { RowSet } from './row-set.js';

/** Data on which it shows, by the label of the input. An input that plays no part in it is left out. */
export type ExampleInput = Record<string, Key>;

export interface Overlap {
  rule_ids: [string, string];
  example: ExampleInput;
}

export interface Gap {
  example: ExampleInput;
  /** Each input's part in words: `amount: between 10 and 40`. */
  description: string;
}

export interface TableAnalysis {
  /** Pairs of rules that some input matches both. */
  overlaps: Overlap[];
  /** Inputs that no rule matches; neighbouring parts are told one by one. */
  gaps: Gap[];
  /** Why it may not be the whole truth: columns that cannot be divided, or too much to look at. Empty: it is. */
  incomplete: string[];
}

const MOST_FINDINGS = 20;
const MOST_STEPS = 200_000;

/** Which inputs match more than one rule, and which match none. Null inputs are left aside. */
export function analyseTable(compiled: CompiledTable): TableAnalysis {
  const { inputs } = compiled.table;
  const unread = inputs.filter((_, index) => compiled.columns[index]?.toTry.length !== 0);
  if (unread.length > 0) {
    const incomplete = unread.map(
      ({ label }) =>
        `A cell of ${label} is more than literals and ranges: what it lets pass cannot be told.`,
    );
    return { overlaps: [], gaps: [], incomplete };
  }
  const columns = compiled.columns.map(spokenOf);
  const { found, exhausted } = findGaps(compiled, columns);
  return {
    overlaps: findOverlaps(compiled, columns),
    gaps: found,
    incomplete: exhausted ? ['The table has too many combinations to look at all of them.'] : [],
  };
}

type Column = readonly Region[];

function findOverlaps(compiled: CompiledTable, columns: readonly Column[]): Overlap[] {
  const { rows, table } = compiled;
  const found: Overlap[] = [];
  for (const [first, one] of rows.entries()) {
    for (let second = first + 1; second < rows.length; second += 1) {
      const shared = columns.map((column) =>
        column.find(({ rows: passing }) => passing.has(first) && passing.has(second)),
      );
      const other = rows[second];
      if (!other || shared.some((region) => region === undefined)) continue;
      found.push({
        rule_ids: [one.rule_id, other.rule_id],
        example: exampleOf(table.inputs, shared),
      });
      if (found.length === MOST_FINDINGS) return found;
    }
  }
  return found;
}

/**
 * Goes down the columns with the rows that still match: a branch without rows is a gap, one with a row that holds for
 * all that is left has none. What was asked before, with the same rows, is not asked again.
 */
function findGaps(
  compiled: CompiledTable,
  columns: readonly Column[],
): { found: Gap[]; exhausted: boolean } {
  const found: Gap[] = [];
  const covered = new Set<string>();
  let steps = 0;

  const visit = (index: number, rows: RowSet, path: readonly Region[]): boolean => {
    steps += 1;
    if (steps > MOST_STEPS || found.length === MOST_FINDINGS) return false;
    if (rows.isEmpty) {
      found.push(gapOf(compiled, path));
      return false;
    }
    const column = columns[index];
    if (!column) return true;
    const key = `${index}:${rows.key}`;
    if (covered.has(key)) return true;
    if (holdsForTheRest(compiled, rows, index)) return true;
    let whole = true;
    for (const region of column) {
      whole = visit(index + 1, rows.intersection(region.rows), [...path, region]) && whole;
    }
    if (whole) covered.add(key);
    return whole;
  };
  visit(0, RowSet.all(compiled.rows.length), []);
  return { found, exhausted: steps > MOST_STEPS };
}

function holdsForTheRest({ rows }: CompiledTable, candidates: RowSet, from: number): boolean {
  return rows.some(
    ({ cells }, number) => candidates.has(number) && cells.slice(from).every((cell) => cell.isAny),
  );
}

function gapOf({ table }: CompiledTable, path: readonly Region[]): Gap {
  return {
    example: exampleOf(table.inputs, path),
    description: path
      .map((region, index) => `${table.inputs[index]?.label}: ${region.label}`)
      .join(', '),
  };
}

function exampleOf(
  inputs: readonly { label: string }[],
  regions: readonly (Region | undefined)[],
): ExampleInput {
  return Object.fromEntries(
    regions.flatMap((region, index) => {
      const label = inputs[index]?.label;
      return region && label !== undefined && region.label !== 'anything'
        ? [[label, region.sample]]
        : [];
    }),
  );
}
