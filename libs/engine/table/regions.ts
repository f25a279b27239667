import type { CompiledTable } from './compiled-table.js';
import type { Key } from './cell.js';
import { RowSet } from './row-set.js';

/** A part of an input's domain that no cell of its column divides further, with a value out of it. */
export interface Region {
  sample: Key;
  /** The region in words: `40`, `between 10 and 40`, `anything else`. */
  label: string;
  /** Rows whose cell lets it pass. */
  rows: RowSet;
}

/** An input column's domain, divided. Null: a cell is more than literals and ranges, so nothing can be said of it. */
export type Column = readonly Region[] | null;

/** A text that nobody writes into a cell. */
const ANYTHING_ELSE = '\u{1F5FF} anything else';
const STEP = 1;

/**
 * Divides each column at the literals of its cells, and asks the cells themselves about a value of each part: what the
 * analysis says is what the table does.
 */
export function regionsOf(compiled: CompiledTable): Column[] {
  return compiled.inputs.map((_, column) => {
    const cells = compiled.rows.map((row) => row.cells[column]);
    if (cells.some((cell) => cell?.boundaries === null)) return null;
    const boundaries = [...new Set(cells.flatMap((cell) => cell?.boundaries ?? []))];
    return parts(boundaries).map(({ sample, label }) => {
      const rows = RowSet.none(cells.length);
      for (const [row, cell] of cells.entries()) {
        if (cell?.isAny || cell?.test.test({}, { input: sample }).matched) rows.add(row);
      }
      return { sample, label, rows };
    });
  });
}

type Part = Omit<Region, 'rows'>;

function parts(boundaries: readonly Key[]): Part[] {
  const numbers = boundaries.filter((value) => typeof value === 'number').sort((a, b) => a - b);
  const texts = boundaries.filter((value) => typeof value === 'string');
  const booleans = boundaries.some((value) => typeof value === 'boolean');
  if (numbers.length === 0 && texts.length === 0 && !booleans) {
    return [{ sample: ANYTHING_ELSE, label: 'anything' }];
  }
  return [
    ...numberParts(numbers),
    ...texts.map((sample) => ({ sample, label: JSON.stringify(sample) })),
    ...(texts.length > 0 ? [{ sample: ANYTHING_ELSE, label: 'any other text' }] : []),
    ...(booleans ? [true, false].map((sample) => ({ sample, label: String(sample) })) : []),
  ];
}

function numberParts(points: readonly number[]): Part[] {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return [];
  const between = points.flatMap((point, index) => {
    const next = points[index + 1];
    const at = { sample: point, label: String(point) };
    if (next === undefined) return [at];
    return [at, { sample: (point + next) / 2, label: `between ${point} and ${next}` }];
  });
  return [
    { sample: first - STEP, label: `less than ${first}` },
    ...between,
    { sample: last + STEP, label: `more than ${last}` },
  ];
}
