import type { Key } from './cell.js';
import type { CompiledTable } from './compiled-table.js';
import { ANYTHING, type DividedColumn, firstCommon, type Region, type Span } from './regions.js';
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
/** Cells of pairs of rules that are compared with each other: some 200 ms. */
const MOST_COMPARED = 1_000_000;
const TOO_MANY = 'The table has too many combinations to look at all of them.';

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
  const gaps = findGaps(compiled);
  const overlaps = findOverlaps(compiled);
  return {
    overlaps: overlaps.found,
    gaps: gaps.found,
    incomplete: gaps.exhausted || overlaps.exhausted ? [TOO_MANY] : [],
  };
}

interface Findings<Finding> {
  found: Finding[];
  exhausted: boolean;
}

/** Pairs whose cells of each column have a value in common, found among those whose outermost regions do. */
function findOverlaps(compiled: CompiledTable): Findings<Overlap> {
  const { columns, rows, table } = compiled;
  const found: Overlap[] = [];
  let compared = 0;
  const regionsOf = (first: number, second: number): (Region | undefined)[] | null => {
    const regions: (Region | undefined)[] = [];
    for (const { spans, spoken, regions: all } of columns) {
      compared += 1;
      const common = firstCommon([spans[first] ?? [], spans[second] ?? [], spoken]);
      if (common === undefined) return null;
      regions.push(all[common]);
    }
    return regions;
  };
  for (const [first, candidates] of possiblePartners(columns, rows.length).entries()) {
    RowSet.forEachCommon([candidates], rows.length, (second) => {
      const shared = second > first ? regionsOf(first, second) : null;
      const [one, other] = [rows[first], rows[second]];
      if (shared && one && other) {
        const example = exampleOf(table.inputs, shared);
        found.push({ rule_ids: [one.rule_id, other.rule_id], example });
      }
      return found.length < MOST_FINDINGS && compared < MOST_COMPARED;
    });
    if (found.length === MOST_FINDINGS) break;
    if (compared >= MOST_COMPARED) return { found, exhausted: true };
  }
  return { found, exhausted: false };
}

/** By row: those whose regions of each column, from the first to the last, lie nowhere wholly beside its own. */
function possiblePartners(columns: readonly DividedColumn[], rows: number): RowSet[] {
  const partners = Array.from({ length: rows }, () => RowSet.all(rows));
  for (const { regions, spans, spoken } of columns) {
    const bounds = spans.map((own) => outermost(own, spoken));
    const begun = regions.map(() => RowSet.none(rows));
    const open = regions.map(() => RowSet.none(rows));
    for (const [row, bound] of bounds.entries()) {
      if (!bound) continue;
      begun[bound[0]]?.add(row);
      open[bound[1]]?.add(row);
    }
    for (let at = 1; at < regions.length; at += 1) begun[at]?.addAll(begun[at - 1]);
    for (let at = regions.length - 2; at >= 0; at -= 1) open[at]?.addAll(open[at + 1]);
    const none = RowSet.none(rows);
    for (const [row, bound] of bounds.entries()) {
      partners[row]?.keep((bound && begun[bound[1]]) ?? none);
      partners[row]?.keep((bound && open[bound[0]]) ?? none);
    }
  }
  return partners;
}

function outermost(spans: readonly Span[], spoken: readonly Span[]): Span | null {
  const first = firstCommon([spans, spoken]);
  if (first === undefined) return null;
  const last = Math.max(
    ...spans.flatMap(([from, to]) =>
      spoken
        .filter((other) => other[0] <= to && from <= other[1])
        .map((other) => Math.min(to, other[1])),
    ),
  );
  return [first, last];
}

/**
 * Goes down the columns with the rows that still match: a branch without rows is a gap, one with a row that holds for
 * all that is left has none. What was asked before, with the same rows, is not asked again.
 */
function findGaps(compiled: CompiledTable): Findings<Gap> {
  const columns = compiled.columns.map(({ regions, spoken }) =>
    spoken.flatMap(([from, to]) => regions.slice(from, to + 1)),
  );
  const holding = rowsThatHoldFrom(compiled);
  const found: Gap[] = [];
  const covered = new Set<string>();
  const path: Region[] = [];
  let steps = 0;

  const visit = (index: number, rows: RowSet): boolean => {
    steps += 1;
    if (steps > MOST_STEPS || found.length === MOST_FINDINGS) return false;
    if (rows.isEmpty) {
      found.push(gapOf(compiled, path));
      return false;
    }
    const column = columns[index];
    if (!column || holding[index]?.meets(rows)) return true;
    const key = `${index}:${rows.key}`;
    if (covered.has(key)) return true;
    let whole = true;
    for (const region of column) {
      path.push(region);
      whole = visit(index + 1, rows.intersection(region.rows)) && whole;
      path.pop();
      if (steps > MOST_STEPS || found.length === MOST_FINDINGS) return false;
    }
    if (whole) covered.add(key);
    return whole;
  };
  visit(0, RowSet.all(compiled.rows.length));
  return { found, exhausted: steps > MOST_STEPS };
}

/** By column: rows whose cells of it and of all after it let everything pass. */
function rowsThatHoldFrom({ rows, columns }: CompiledTable): RowSet[] {
  return columns.map((_, from) => {
    const holding = RowSet.none(rows.length);
    for (const [row, { cells }] of rows.entries()) {
      if (cells.slice(from).every((cell) => cell.isAny)) holding.add(row);
    }
    return holding;
  });
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
      return region && label !== undefined && region.label !== ANYTHING
        ? [[label, region.sample]]
        : [];
    }),
  );
}
