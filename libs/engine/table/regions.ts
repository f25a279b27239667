import { type Cell, type Key, passes } from './cell.js';
import { RowSet } from './row-set.js';

/** A part of an input's domain that no cell of its column divides further, with a value out of it. */
export interface Region {
  sample: Key;
  /** The part in words: `40`, `between 10 and 40`, `any other text`. */
  label: string;
  /** Rows whose cell lets it pass, and those whose cell cannot be told without trying it. */
  rows: RowSet;
}

/** A column's domain, divided at the literals of its cells. Each row of `toTry` has a cell that is more than those. */
export interface DividedColumn {
  numbers: { points: readonly number[]; regions: readonly Region[] };
  texts: ReadonlyMap<string, Region>;
  anyOtherText: Region;
  booleans: readonly [no: Region, yes: Region];
  toTry: readonly number[];
}

/** A text that nobody writes into a cell. */
const OTHER_TEXT = '\u{1F5FF} any other';
const STEP = 1;

/** Asks the cells themselves about a value of each part: what the index finds is what the table says. */
export function divideColumn(cells: readonly Cell[]): DividedColumn {
  const toTry = [...cells.keys()].filter((row) => cells[row]?.boundaries === null);
  const boundaries = [...new Set(cells.flatMap(({ boundaries: found }) => found ?? []))];
  const points = boundaries.filter((value) => typeof value === 'number').sort((a, b) => a - b);
  const texts = boundaries.filter((value) => typeof value === 'string');
  const region = (sample: Key, label: string): Region => {
    const rows = RowSet.none(cells.length);
    for (const [row, cell] of cells.entries()) {
      if (cell.boundaries === null || passes(cell, sample, {}, 0)) rows.add(row);
    }
    return { sample, label, rows };
  };
  return {
    numbers: {
      points,
      regions: numberParts(points).map(([sample, label]) => region(sample, label)),
    },
    texts: new Map(texts.map((text) => [text, region(text, JSON.stringify(text))])),
    anyOtherText: region(OTHER_TEXT, 'any other text'),
    booleans: [region(false, 'false'), region(true, 'true')],
    toTry,
  };
}

/** The part that a value is in; undefined when it is no number, text or boolean. */
export function regionAt(column: DividedColumn, value: unknown): Region | undefined {
  switch (typeof value) {
    case 'number':
      return column.numbers.regions[partOf(column.numbers.points, value)];
    case 'string':
      return column.texts.get(value) ?? column.anyOtherText;
    case 'boolean':
      return column.booleans[value ? 1 : 0];
    default:
      return undefined;
  }
}

/** The parts that a person would tell apart: those of the kinds of value that the cells speak of. */
export function spokenOf(column: DividedColumn): readonly Region[] {
  const { numbers, texts, anyOtherText, booleans, toTry } = column;
  const [no, yes] = booleans;
  const regions = [
    ...(numbers.points.length > 0 ? numbers.regions : []),
    ...(texts.size > 0 ? [...texts.values(), anyOtherText] : []),
    ...(speaksOfBooleans(column) ? [yes, no] : []),
  ];
  return regions.length === 0 && toTry.length === 0
    ? [{ ...anyOtherText, label: 'anything' }]
    : regions;
}

/** Rows that take a boolean take one of the two alone, or anything at all. */
function speaksOfBooleans({ booleans: [no, yes] }: DividedColumn): boolean {
  return no.rows.key !== yes.rows.key;
}

/** Part 2i is what lies below point i (and above the one before), part 2i + 1 the point itself, the last what is above. */
function numberParts(points: readonly number[]): [sample: number, label: string][] {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return [[0, 'any number']];
  return [
    [first - STEP, `less than ${first}`],
    ...points.flatMap((point, index): [number, string][] => {
      const next = points[index + 1];
      return next === undefined
        ? [[point, String(point)]]
        : [
            [point, String(point)],
            [(point + next) / 2, `between ${point} and ${next}`],
          ];
    }),
    [last + STEP, `more than ${last}`],
  ];
}

function partOf(points: readonly number[], value: number): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((points[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return points[low] === value ? 2 * low + 1 : 2 * low;
}
