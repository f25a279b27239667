import type { Run } from '../run.js';
import { compare } from '../values/compare.js';
import type { Numeric } from '../values/decimal.js';
import {
  add,
  compareNumbers,
  divide,
  isNumber,
  multiply,
  squareRoot,
  subtract,
} from '../values/number.js';
import { fromData } from '../values/value.js';
import type { Value } from '../values/value.js';
import type { Builtin } from './builtin.js';
import { builtin, form, values } from './builtin.js';

/** Steps that adding or multiplying one number may cost. */
const NUMBER_STEPS = 4;

/** The list, if it is one of numbers only; null otherwise. */
function numbers(run: Run, list: readonly Value[]): Numeric[] | null {
  run.spend(list.length * NUMBER_STEPS);
  const result: Numeric[] = [];
  for (const raw of list) {
    const item = fromData(raw);
    if (!isNumber(item)) return run.warn('wrong_type', 'the list has something other than numbers');
    result.push(item);
  }
  return result;
}

function total(items: readonly Numeric[]): Numeric | null {
  return items.reduce<Numeric | null>((sum, item) => (sum === null ? null : add(sum, item)), 0);
}

function mean(items: readonly Numeric[]): Numeric | null {
  const sum = total(items);
  return sum === null ? null : divide(sum, items.length);
}

/** Of a sample: divided by n - 1. */
function deviation(items: readonly Numeric[]): Numeric | null {
  const average = mean(items);
  if (average === null || items.length < 2) return null;
  let sum: Numeric | null = 0;
  for (const item of items) {
    const distance: Numeric | null = subtract(item, average);
    const square: Numeric | null = distance === null ? null : multiply(distance, distance);
    sum = sum === null || square === null ? null : add(sum, square);
  }
  const variance = sum === null ? null : divide(sum, items.length - 1);
  return variance === null ? null : squareRoot(variance);
}

function median(items: readonly Numeric[]): Numeric | null {
  const sorted = [...items].sort(compareNumbers);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle]!;
  return mean([sorted[middle - 1]!, sorted[middle]!]);
}

/** The most frequent values, ascending. */
function modes(items: readonly Numeric[]): Numeric[] {
  const sorted = [...items].sort(compareNumbers);
  const groups: { value: Numeric; count: number }[] = [];
  for (const value of sorted) {
    const last = groups.at(-1);
    if (last && compareNumbers(last.value, value) === 0) last.count++;
    else groups.push({ value, count: 1 });
  }
  const most = Math.max(...groups.map(({ count }) => count));
  return groups.filter(({ count }) => count === most).map(({ value }) => value);
}

/** Of a list of numbers; null for an empty list. */
function aggregate(name: string, of: (items: readonly Numeric[]) => Value): Builtin {
  return builtin(
    name,
    form([['list', values]], (run, list) => {
      const items = numbers(run, list);
      return items === null || items.length === 0 ? null : of(items);
    }),
  );
}

/** The extreme of any comparable values. */
function extreme(name: string, sign: 1 | -1): Builtin {
  return builtin(
    name,
    form([['list', values]], (run, list) => {
      run.spend(list.length * NUMBER_STEPS);
      let best: Value = fromData(list[0]);
      for (const raw of list) {
        const order = compare(fromData(raw), best);
        if (order === null) return run.warn('wrong_type', 'the values of the list have no order');
        if (order * sign > 0) best = fromData(raw);
      }
      return best;
    }),
  );
}

/** DMN 1.5 table 77: `f(list)` or `f(a, b, …)`. */
export const AGGREGATE_FUNCTIONS = [
  extreme('min', -1),
  extreme('max', 1),
  aggregate('sum', total),
  aggregate('mean', mean),
  aggregate('product', (items) =>
    items.reduce<Numeric | null>((sum, item) => (sum === null ? null : multiply(sum, item)), 1),
  ),
  aggregate('median', median),
  aggregate('stddev', deviation),
  builtin(
    'mode',
    form([['list', values]], (run, list) => {
      const items = numbers(run, list);
      return items && (items.length === 0 ? [] : modes(items));
    }),
  ),
];
