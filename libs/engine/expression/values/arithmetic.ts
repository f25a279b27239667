import { DayTimeDuration, NANOS_PER_DAY, YearMonthDuration } from '../temporal/duration.js';
import { FeelDate, FeelDateTime, FeelTime } from '../temporal/instants.js';
import { fromParts, partsOf, toDouble } from './decimal.js';
import type { Numeric } from './decimal.js';
import { add, divide, isNumber, multiply, negate, power, round, subtract } from './number.js';
import type { Value } from './value.js';

/*
 * Arithmetic over all types (DMN 1.5 tables 55-60). Null for operands that an operation is not defined on.
 */

const MAX_MONTHS = 1e12;

function months(count: number): YearMonthDuration | null {
  return Math.abs(count) <= MAX_MONTHS ? new YearMonthDuration(count + 0) : null;
}

/** A date as the midnight that starts it, in UTC. */
function atMidnight(date: FeelDate): FeelDateTime {
  return new FeelDateTime(date, new FeelTime(0, 0));
}

export function addValues(a: Value, b: Value): Value {
  if (isNumber(a)) return isNumber(b) ? add(a, b) : null;
  if (typeof a === 'string') return typeof b === 'string' ? a + b : null;
  if (b instanceof YearMonthDuration || b instanceof DayTimeDuration) return plusDuration(a, b);
  if (a instanceof YearMonthDuration || a instanceof DayTimeDuration) return plusDuration(b, a);
  return null;
}

function plusDuration(a: Value, b: YearMonthDuration | DayTimeDuration): Value {
  if (b instanceof YearMonthDuration) {
    if (a instanceof YearMonthDuration) return months(a.months + b.months);
    return a instanceof FeelDate || a instanceof FeelDateTime ? a.plusMonths(b.months) : null;
  }
  if (a instanceof DayTimeDuration) return new DayTimeDuration(a.nanos + b.nanos);
  if (a instanceof FeelDateTime || a instanceof FeelTime) return a.plusNanos(b.nanos);
  if (a instanceof FeelDate) return atMidnight(a).plusNanos(b.nanos)?.date ?? null;
  return null;
}

export function subtractValues(a: Value, b: Value): Value {
  if (isNumber(a)) return isNumber(b) ? subtract(a, b) : null;
  if (b instanceof YearMonthDuration) return plusDuration(a, new YearMonthDuration(-b.months));
  if (b instanceof DayTimeDuration) return plusDuration(a, new DayTimeDuration(-b.nanos));
  if (a instanceof FeelTime && b instanceof FeelTime) {
    if ((a.offset === null) !== (b.offset === null)) return null;
    return new DayTimeDuration(BigInt(a.utcNanos - b.utcNanos));
  }
  return difference(a, b);
}

/** Between two dates or date-times; null where only one of them has a zone. */
function difference(a: Value, b: Value): Value {
  if (a instanceof FeelDate && b instanceof FeelDate) {
    return new DayTimeDuration(BigInt(a.epochDay - b.epochDay) * NANOS_PER_DAY);
  }
  const x = a instanceof FeelDate ? atMidnight(a) : a;
  const y = b instanceof FeelDate ? atMidnight(b) : b;
  if (!(x instanceof FeelDateTime) || !(y instanceof FeelDateTime)) return null;
  if ((x.offset === null) !== (y.offset === null)) return null;
  return new DayTimeDuration(x.epochNanos - y.epochNanos);
}

function scale(duration: YearMonthDuration | DayTimeDuration, factor: Numeric): Value {
  if (duration instanceof YearMonthDuration) {
    const product = multiply(duration.months, factor);
    return product === null ? null : months(Math.trunc(toDouble(product)));
  }
  const { coefficient, exponent } = partsOf(factor);
  if (exponent > 30) return null;
  const exact = fromParts(duration.nanos * coefficient, exponent);
  return exact === null ? null : nanosOf(exact);
}

function nanosOf(count: Numeric): DayTimeDuration | null {
  const whole = round(count, 0, 'down');
  if (whole === null) return null;
  const { coefficient, exponent } = partsOf(whole);
  return exponent > 40 ? null : new DayTimeDuration(coefficient * 10n ** BigInt(exponent));
}

export function multiplyValues(a: Value, b: Value): Value {
  if (isNumber(a)) {
    if (isNumber(b)) return multiply(a, b);
    return b instanceof YearMonthDuration || b instanceof DayTimeDuration ? scale(b, a) : null;
  }
  const duration = a instanceof YearMonthDuration || a instanceof DayTimeDuration;
  return duration && isNumber(b) ? scale(a, b) : null;
}

export function divideValues(a: Value, b: Value): Value {
  if (isNumber(a)) return isNumber(b) ? divide(a, b) : null;
  if (a instanceof YearMonthDuration) {
    if (b instanceof YearMonthDuration) return divide(a.months, b.months);
    const quotient = isNumber(b) ? divide(a.months, b) : null;
    return quotient === null ? null : months(Math.trunc(toDouble(quotient)));
  }
  if (a instanceof DayTimeDuration) {
    const nanos = fromParts(a.nanos, 0);
    if (nanos === null) return null;
    if (b instanceof DayTimeDuration) {
      const divisor = fromParts(b.nanos, 0);
      return divisor === null ? null : divide(nanos, divisor);
    }
    const quotient = isNumber(b) ? divide(nanos, b) : null;
    return quotient === null ? null : nanosOf(quotient);
  }
  return null;
}

export function powerValues(a: Value, b: Value): Value {
  return isNumber(a) && isNumber(b) ? power(a, b) : null;
}

export function negateValue(a: Value): Value {
  if (isNumber(a)) return negate(a);
  if (a instanceof YearMonthDuration) return new YearMonthDuration(-a.months + 0);
  if (a instanceof DayTimeDuration) return new DayTimeDuration(-a.nanos);
  return null;
}
