import { ExpressionLimitError } from '../errors.js';
import type { FeelFunction, Run } from '../run.js';
import { equals } from '../values/compare.js';
import { fromData, isList } from '../values/value.js';
import type { Value } from '../values/value.js';
import { any, builtin, fn, form, integer, list, optional, rest, values } from './builtin.js';

/** Index of a 1-based position, the last being -1; null where there is none. */
function indexOf(position: number, length: number): number | null {
  const index = position > 0 ? position - 1 : length + position;
  return position !== 0 && index >= 0 && index < length ? index : null;
}

function replaced(items: readonly Value[], index: number | null, by: readonly Value[]): Value {
  return index === null ? null : [...items.slice(0, index), ...by, ...items.slice(index + 1)];
}

function sublist(items: readonly Value[], start: number, length: number | null): Value {
  const index = indexOf(start, items.length);
  if (index === null || (length !== null && (length < 0 || index + length > items.length)))
    return null;
  return items.slice(index, length === null ? undefined : index + length);
}

function flatten(run: Run, items: readonly Value[], into: Value[], depth: number): Value[] {
  if (depth === 0) throw new ExpressionLimitError('dataDepth', run.limits.dataDepth);
  run.spend(items.length);
  for (const raw of items) {
    const item = fromData(raw);
    if (isList(item)) flatten(run, item, into, depth - 1);
    else into.push(item);
  }
  return into;
}

/** The first of each group of equal values. Primitives are found by hash, the rest one by one. */
export function distinct(run: Run, items: readonly Value[]): Value[] {
  const seen = new Set<Value>();
  const objects: Value[] = [];
  const kept: Value[] = [];
  for (const raw of items) {
    const item = fromData(raw);
    if (typeof item === 'object' && item !== null) {
      run.spend(objects.length + 1);
      if (objects.some((other) => equals(item, other, run) === true)) continue;
      objects.push(item);
    } else if (seen.has(item)) continue;
    else seen.add(item);
    kept.push(item);
  }
  return kept;
}

/** Merge sort: stable, and one question for each comparison even where `precedes` is no order. */
function sorted(run: Run, items: readonly Value[], precedes: FeelFunction): Value[] {
  if (items.length < 2) return items.map((item) => fromData(item));
  const middle = items.length >> 1;
  const left = sorted(run, items.slice(0, middle), precedes);
  const right = sorted(run, items.slice(middle), precedes);
  const merged: Value[] = [];
  run.spend(items.length);
  let i = 0;
  let j = 0;
  while (i < left.length && j < right.length) {
    const before = precedes.invoke(run, [right[j]!, left[i]!], null) === true;
    merged.push(before ? right[j++]! : left[i++]!);
  }
  return [...merged, ...left.slice(i), ...right.slice(j)];
}

function matching(run: Run, items: readonly Value[], match: FeelFunction, newItem: Value): Value {
  const result: Value[] = [];
  for (const raw of items) {
    const item = fromData(raw);
    const matched = match.invoke(run, [item, newItem], null);
    if (typeof matched !== 'boolean') return run.warn('wrong_type', 'match must give a boolean');
    result.push(matched ? newItem : item);
  }
  return result;
}

/** Each argument a list, or standing for the list of it. */
function joined(run: Run, lists: readonly Value[]): Value[] {
  const result: Value[] = [];
  for (const raw of lists) {
    const item = fromData(raw);
    const part = isList(item) ? item : [item];
    run.spend(part.length);
    for (const value of part) result.push(value);
  }
  return result;
}

/** DMN 1.5 §10.3.4.4, less the aggregates. */
export const LIST_FUNCTIONS = [
  builtin(
    'list contains',
    form(
      [
        ['list', list],
        ['element', any],
      ],
      (run, items, element) => {
        run.spend(items.length);
        return items.some((item) => equals(fromData(item), element, run) === true);
      },
    ),
  ),
  builtin(
    'count',
    form([['list', values]], (_run, items) => items.length),
  ),
  builtin(
    'sublist',
    form(
      [
        ['list', list],
        ['start position', integer],
        ['length', optional(integer)],
      ],
      (run, items, start, length) => (run.spend(items.length), sublist(items, start, length)),
    ),
  ),
  builtin(
    'append',
    form(
      [
        ['list', list],
        ['item', rest],
      ],
      (run, items, added) => {
        run.spend(items.length + added.length);
        return [...items, ...added];
      },
    ),
  ),
  builtin('concatenate', form([['list', rest]], joined)),
  builtin(
    'union',
    form([['list', rest]], (run, lists) => distinct(run, joined(run, lists))),
  ),
  builtin(
    'distinct values',
    form([['list', list]], (run, items) => (run.spend(items.length), distinct(run, items))),
  ),
  builtin(
    'insert before',
    form(
      [
        ['list', list],
        ['position', integer],
        ['newItem', any],
      ],
      (run, items, position, newItem) => {
        run.spend(items.length);
        const index =
          position === items.length + 1 ? items.length : indexOf(position, items.length);
        return index === null ? null : [...items.slice(0, index), newItem, ...items.slice(index)];
      },
    ),
  ),
  builtin(
    'remove',
    form(
      [
        ['list', list],
        ['position', integer],
      ],
      (run, items, position) => {
        run.spend(items.length);
        return replaced(items, indexOf(position, items.length), []);
      },
    ),
  ),
  builtin(
    'list replace',
    form(
      [
        ['list', list],
        ['match', fn],
        ['newItem', any],
      ],
      matching,
    ),
    form(
      [
        ['list', list],
        ['position', integer],
        ['newItem', any],
      ],
      (run, items, position, newItem) => {
        run.spend(items.length);
        return replaced(items, indexOf(position, items.length), [newItem]);
      },
    ),
  ),
  builtin(
    'reverse',
    form([['list', list]], (run, items) => (run.spend(items.length), [...items].reverse())),
  ),
  builtin(
    'index of',
    form(
      [
        ['list', list],
        ['match', any],
      ],
      (run, items, match) => {
        run.spend(items.length);
        return items.flatMap((item, i) =>
          equals(fromData(item), match, run) === true ? [i + 1] : [],
        );
      },
    ),
  ),
  builtin(
    'flatten',
    form([['list', list]], (run, items) => flatten(run, items, [], run.limits.dataDepth)),
  ),
  builtin(
    'sort',
    form(
      [
        ['list', list],
        ['precedes', fn],
      ],
      (run, items, precedes) => sorted(run, items, precedes),
    ),
  ),
];
