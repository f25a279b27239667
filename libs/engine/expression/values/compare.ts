import { ExpressionLimitError } from '../errors.js';
import { DayTimeDuration, YearMonthDuration } from '../temporal/duration.js';
import { FeelDate, FeelDateTime, FeelTime } from '../temporal/instants.js';
import { compareNumbers, isNumber } from './number.js';
import { EqualityTest, Range } from './range.js';
import { FeelObject, fromData, isList } from './value.js';
import type { Context, Meter, Value } from './value.js';

function sign<T extends number | bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Code point order, which UTF-16 order is not beyond the basic plane. */
function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  let i = 0;
  while (i < a.length && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  const x = a.charCodeAt(i);
  const y = b.charCodeAt(i);
  const surrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;
  if (surrogate(x) !== surrogate(y) && i < a.length && i < b.length) return surrogate(x) ? 1 : -1;
  return sign(a, b);
}

/**
 * Negative, zero or positive as `a` comes before, with or after `b`; null where they have no order: other
 * types, null, lists, contexts, or a local beside a zoned time (DMN 1.5 table 54).
 */
export function compare(a: Value, b: Value): number | null {
  if (typeof a === 'number' && typeof b === 'number') return sign(a, b);
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b);
  if (isNumber(a)) return isNumber(b) ? compareNumbers(a, b) : null;
  if (a instanceof FeelDate) return b instanceof FeelDate ? sign(a.epochDay, b.epochDay) : null;
  if (a instanceof FeelDateTime) {
    if (!(b instanceof FeelDateTime) || (a.offset === null) !== (b.offset === null)) return null;
    return sign(a.epochNanos, b.epochNanos);
  }
  if (a instanceof FeelTime) {
    if (!(b instanceof FeelTime) || (a.offset === null) !== (b.offset === null)) return null;
    return sign(a.utcNanos, b.utcNanos);
  }
  if (a instanceof YearMonthDuration) {
    return b instanceof YearMonthDuration ? sign(a.months, b.months) : null;
  }
  if (a instanceof DayTimeDuration) {
    return b instanceof DayTimeDuration ? sign(a.nanos, b.nanos) : null;
  }
  return null;
}

/** What comparing two temporals, decimals or elements may cost, in steps. */
export const OBJECT_STEPS = 6;

/** Equality with three answers: null for values of different types (DMN 1.5 table 53). Null equals only null. */
export function equals(a: Value, b: Value, meter: Meter, depth = 0): boolean | null {
  if (a === null || b === null) return a === b;
  if (typeof a !== 'object' || typeof b !== 'object') {
    if (typeof a === typeof b) return a === b;
    return isNumber(a) && isNumber(b) ? false : null;
  }
  meter.spend(OBJECT_STEPS);
  if (depth > meter.limits.dataDepth) {
    throw new ExpressionLimitError('dataDepth', meter.limits.dataDepth);
  }
  if (a instanceof FeelObject || b instanceof FeelObject) {
    if (a instanceof EqualityTest || b instanceof EqualityTest)
      return equalTests(a, b, meter, depth);
    if (a instanceof Range) return b instanceof Range ? equalRanges(a, b, meter, depth) : null;
    if (a instanceof FeelTime && b instanceof FeelTime) return equalTimes(a, b);
    if (a instanceof FeelDateTime && b instanceof FeelDateTime) return equalDateTimes(a, b);
    const order = compare(a, b);
    return order === null ? (a === b ? true : null) : order === 0;
  }
  if (isList(a)) return isList(b) ? equalLists(a, b, meter, depth) : null;
  return isList(b) ? null : equalContexts(a, b, meter, depth);
}

/*
 * Equality compares hours, minutes and whole seconds: fractions count for the order alone (kit 0068).
 */

function equalTimes(a: FeelTime, b: FeelTime): boolean {
  if ((a.offset === null) !== (b.offset === null)) return false;
  return Math.floor(a.utcNanos / 1e9) === Math.floor(b.utcNanos / 1e9);
}

function equalDateTimes(a: FeelDateTime, b: FeelDateTime): boolean {
  if ((a.offset === null) !== (b.offset === null)) return false;
  return a.date.epochDay === b.date.epochDay && a.time.zone === b.time.zone
    ? Math.floor(a.time.nanos / 1e9) === Math.floor(b.time.nanos / 1e9)
    : a.epochSeconds === b.epochSeconds;
}

function equalTests(a: Value, b: Value, meter: Meter, depth: number): boolean | null {
  if (a instanceof EqualityTest && b instanceof EqualityTest) {
    return a.negated === b.negated && equals(a.operand, b.operand, meter, depth + 1) === true;
  }
  return a instanceof Range || b instanceof Range ? false : null;
}

function equalRanges(a: Range, b: Range, meter: Meter, depth: number): boolean {
  return (
    a.lowClosed === b.lowClosed &&
    a.highClosed === b.highClosed &&
    equals(a.low, b.low, meter, depth + 1) === true &&
    equals(a.high, b.high, meter, depth + 1) === true
  );
}

function equalLists(
  a: readonly Value[],
  b: readonly Value[],
  meter: Meter,
  depth: number,
): boolean | null {
  if (a.length !== b.length) return false;
  meter.spend(a.length);
  return a.every((item, i) => equals(fromData(item), fromData(b[i]), meter, depth + 1) === true);
}

function equalContexts(a: Context, b: Context, meter: Meter, depth: number): boolean {
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  meter.spend(keys.length);
  return keys.every(
    (key) =>
      Object.hasOwn(b, key) &&
      equals(fromData(a[key]), fromData(b[key]), meter, depth + 1) === true,
  );
}

/** Whether `range` includes `value`; null where they cannot be compared. */
export function includes(range: Range, value: Value): boolean | null {
  if (value === null) return null;
  if (range.low !== null) {
    const order = compare(value, range.low);
    if (order === null) return null;
    if (range.lowClosed ? order < 0 : order <= 0) return false;
  }
  if (range.high !== null) {
    const order = compare(value, range.high);
    if (order === null) return null;
    if (range.highClosed ? order > 0 : order >= 0) return false;
  }
  return range.low === null && range.high === null ? null : true;
}
