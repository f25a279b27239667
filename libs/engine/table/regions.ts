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

/** Regions from one to another, both included, by their place. */
export type Span = readonly [from: number, to: number];

/** A column's domain, divided at the literals of its cells. Each row of `toTry` has a cell that is more than those. */
export interface DividedColumn {
  /** Numbers in their order, texts, any other text, true, false. */
  regions: readonly Region[];
  /** By row: the regions that its cell lets pass. */
  spans: readonly (readonly Span[])[];
  /** The regions that a person would tell apart: those of the kinds of value that the cells speak of. */
  spoken: readonly Span[];
  toTry: readonly number[];
  points: readonly number[];
  texts: ReadonlyMap<string, number>;
  anyOtherText: number;
}

/** A text that nobody writes into a cell. */
const OTHER_TEXT = '\u{1F5FF} any other';
const STEP = 1;

/** Asks the cells themselves about a value of each part: what the index finds is what the table says. */
export function divideColumn(cells: readonly Cell[]): DividedColumn {
  const toTry = [...cells.keys()].filter((row) => cells[row]?.boundaries === null);
  const boundaries = [...new Set(cells.flatMap(({ boundaries: found }) => found ?? []))];
  const points = boundaries.filter((value) => typeof value === 'number').sort((a, b) => a - b);
  const numbers = numberParts(points);
  const words = boundaries.filter((value) => typeof value === 'string');
  const texts = new Map(words.map((text, index) => [text, numbers.length + index]));
  const anyOtherText = numbers.length + words.length;
  const domain: Domain = { points, texts, anyOtherText };
  const known = new Map<Cell, Span[]>();
  for (const cell of new Set(cells)) known.set(cell, spansOf(cell, domain));
  const spans = cells.map((cell) => known.get(cell) ?? []);
  // of the booleans a row takes one alone, or anything at all
  const speaksOfBooleans = spans.some(
    (own) => has(own, anyOtherText + 1) !== has(own, anyOtherText + 2),
  );
  const spoken: Span[] = [
    ...(points.length > 0 ? [[0, numbers.length - 1] as const] : []),
    ...(words.length > 0 ? [[numbers.length, anyOtherText] as const] : []),
    ...(speaksOfBooleans ? [[anyOtherText + 1, anyOtherText + 2] as const] : []),
  ];
  const anything = spoken.length === 0 && toTry.length === 0;
  if (anything) spoken.push([anyOtherText, anyOtherText]);
  const parts: [sample: Key, label: string][] = [
    ...numbers,
    ...words.map((text): [string, string] => [text, JSON.stringify(text)]),
    [OTHER_TEXT, anything ? ANYTHING : 'any other text'],
    [true, 'true'],
    [false, 'false'],
  ];
  const rows = rowsByRegion(spans, parts.length);
  const regions = parts.map(([sample, label], index) => ({
    sample,
    label,
    rows: rows[index] ?? RowSet.none(cells.length),
  }));
  return { regions, spans, spoken, toTry, ...domain };
}

/** The label of a column that tells no values apart. */
export const ANYTHING = 'anything';

/** The part that a value is in; undefined when it is no number, text or boolean. */
export function regionAt(column: DividedColumn, value: unknown): Region | undefined {
  const { regions, points, texts, anyOtherText } = column;
  switch (typeof value) {
    case 'number':
      return regions[partOf(points, value)];
    case 'string':
      return regions[texts.get(value) ?? anyOtherText];
    case 'boolean':
      return regions[anyOtherText + (value ? 1 : 2)];
    default:
      return undefined;
  }
}

/** The first region that is in all of the sets of spans; each set is in ascending order. */
export function firstCommon(sets: readonly (readonly Span[])[]): number | undefined {
  let from = 0;
  for (let agreed = 0; agreed < sets.length;) {
    agreed = 0;
    for (const spans of sets) {
      const next = spans[firstEndingFrom(spans, from)];
      if (!next) return undefined;
      if (next[0] <= from) agreed += 1;
      else from = next[0];
    }
  }
  return from;
}

function firstEndingFrom(spans: readonly Span[], from: number): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((spans[middle]?.[1] ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

type Domain = Pick<DividedColumn, 'points' | 'texts' | 'anyOtherText'>;

/** The regions that a cell lets pass. Its answer changes at its own literals alone, so only parts between those are asked. */
function spansOf(cell: Cell, { points, texts, anyOtherText }: Domain): Span[] {
  const last = anyOtherText + 2;
  if (cell.isAny || cell.boundaries === null) return [[0, last]];
  const asks = (sample: Key): boolean => passes(cell, sample, {}, { now: 0 });
  const own = new Set(cell.boundaries);
  const ownPoints = [...own].filter((value) => typeof value === 'number').sort((a, b) => a - b);
  const ownTexts = [...own].filter((value) => typeof value === 'string');
  const found: Span[] = [];
  const place = (point: number | undefined): number =>
    point === undefined ? 2 * points.length + 1 : partOf(points, point);
  for (const [index, [sample]] of numberParts(ownPoints).entries()) {
    // part 2i lies below own point i, part 2i + 1 is the point itself
    const at = place(ownPoints[index >>> 1]);
    const before = index < 2 ? -1 : place(ownPoints[(index >>> 1) - 1]);
    if (asks(sample)) found.push(index % 2 === 1 ? [at, at] : [before + 1, at - 1]);
  }
  const others = asks(OTHER_TEXT);
  const textsPassed = ownTexts.filter(asks).map((text) => texts.get(text) ?? anyOtherText);
  if (others) {
    const refused = ownTexts.filter((text) => !asks(text)).map((text) => texts.get(text) ?? -1);
    let next = 2 * points.length + 1;
    for (const at of refused.toSorted((a, b) => a - b)) {
      if (at > next) found.push([next, at - 1]);
      next = at + 1;
    }
    found.push([next, anyOtherText]);
  } else {
    for (const at of textsPassed.toSorted((a, b) => a - b)) found.push([at, at]);
  }
  if (asks(true)) found.push([anyOtherText + 1, anyOtherText + 1]);
  if (asks(false)) found.push([last, last]);
  return found;
}

function has(spans: readonly Span[], region: number): boolean {
  return spans.some(([from, to]) => from <= region && region <= to);
}

/** Rows that let everything pass are laid into all regions at once: most cells of most tables do. */
function rowsByRegion(spans: readonly (readonly Span[])[], regions: number): RowSet[] {
  const everywhere = RowSet.none(spans.length);
  for (const [row, own] of spans.entries()) {
    if (isAll(own, regions)) everywhere.add(row);
  }
  const rows = Array.from({ length: regions }, () => everywhere.copy());
  for (const [row, own] of spans.entries()) {
    if (isAll(own, regions)) continue;
    for (const [from, to] of own) {
      for (let region = from; region <= to; region += 1) rows[region]?.add(row);
    }
  }
  return rows;
}

function isAll([first]: readonly Span[], regions: number): boolean {
  return first !== undefined && first[0] === 0 && first[1] === regions - 1;
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
