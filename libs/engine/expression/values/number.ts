import {
  Decimal,
  divideRounded,
  fromDouble,
  fromParts,
  partsOf,
  powerOfTen,
  toDouble,
} from './decimal.js';
import type { Numeric, Rounding } from './decimal.js';
import type { Value } from './value.js';

export function isNumber(value: Value): value is Numeric {
  return typeof value === 'number' || value instanceof Decimal;
}

/*
 * Exactness without BigInt: a decimal of at most 15 digits is the shortest text of the double nearest to it,
 * so where `a = x / 10^6` with an integer |x| < 10^15, a stands for exactly that decimal, and sums of such
 * integers, divided again, are exact decimals too. NaN says that only the slow path can tell.
 */
const SCALE = 1e6;
const HALF_SCALE = 1e3;
const EXACT = 1e15;

function scaled(value: number, scale: number): number {
  const x = Math.round(value * scale);
  return x / scale === value && x < EXACT && x > -EXACT ? x : NaN;
}

/** `a + b` where doubles can say it exactly; NaN otherwise. */
export function exactSum(a: number, b: number): number {
  const sum = a + b;
  if (Number.isSafeInteger(sum) && Number.isSafeInteger(a) && Number.isSafeInteger(b))
    return sum + 0;
  const x = scaled(a, SCALE) + scaled(b, SCALE);
  return x < EXACT && x > -EXACT ? x / SCALE : NaN;
}

/** `a - b` where doubles can say it exactly; NaN otherwise. */
export function exactDifference(a: number, b: number): number {
  return exactSum(a, -b);
}

/** `a × b` where doubles can say it exactly; NaN otherwise. */
export function exactProduct(a: number, b: number): number {
  const product = a * b;
  if (Number.isSafeInteger(product) && Number.isSafeInteger(a) && Number.isSafeInteger(b)) {
    return product + 0;
  }
  const x = scaled(a, HALF_SCALE) * scaled(b, HALF_SCALE);
  return x < EXACT && x > -EXACT ? x / SCALE : NaN;
}

/** `a ÷ b` of integers where doubles can say it exactly; NaN otherwise. */
export function exactQuotient(a: number, b: number): number {
  if (b === 0 || !Number.isSafeInteger(a) || !Number.isSafeInteger(b)) return NaN;
  const quotient = a / b;
  if (Number.isSafeInteger(quotient)) return quotient * b === a ? quotient + 0 : NaN;
  const x = scaled(quotient, SCALE);
  const exact =
    Number.isSafeInteger(a * SCALE) && Number.isSafeInteger(x * b) && x * b === a * SCALE;
  return exact ? quotient : NaN;
}

export function add(a: Numeric, b: Numeric): Numeric | null {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = exactSum(a, b);
    if (sum === sum) return sum;
  }
  if (a === 0) return b;
  if (b === 0) return a;
  const x = partsOf(a);
  const y = partsOf(b);
  // A gap this wide leaves nothing of the smaller within 34 digits, and aligning it would cost its width.
  const gap = adjusted(a) - adjusted(b);
  if (gap > 80) return fromParts(x.coefficient, x.exponent);
  if (gap < -80) return fromParts(y.coefficient, y.exponent);
  const exponent = Math.min(x.exponent, y.exponent);
  return fromParts(
    x.coefficient * powerOfTen(x.exponent - exponent) +
      y.coefficient * powerOfTen(y.exponent - exponent),
    exponent,
  );
}

export function negate(a: Numeric): Numeric {
  if (typeof a === 'number') return a === 0 ? 0 : -a;
  return new Decimal(-a.coefficient, a.exponent);
}

export function subtract(a: Numeric, b: Numeric): Numeric | null {
  return add(a, negate(b));
}

export function multiply(a: Numeric, b: Numeric): Numeric | null {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = exactProduct(a, b);
    if (product === product) return product;
  }
  const x = partsOf(a);
  const y = partsOf(b);
  return fromParts(x.coefficient * y.coefficient, x.exponent + y.exponent);
}

/** Null for a divisor of zero. */
export function divide(a: Numeric, b: Numeric): Numeric | null {
  if (b === 0) return null;
  if (typeof a === 'number' && typeof b === 'number') {
    const quotient = exactQuotient(a, b);
    if (quotient === quotient) return quotient;
  }
  const x = partsOf(a);
  const y = partsOf(b);
  const sign = y.coefficient < 0n ? -1n : 1n;
  // 40 digits more than the divisor has leave at least 34 in the quotient, and one sticky digit keeps the rounding right.
  const shift = 40 + y.coefficient.toString().length;
  const numerator = x.coefficient * sign * powerOfTen(shift);
  const denominator = y.coefficient * sign;
  let quotient = (numerator / denominator) * 10n;
  if (numerator % denominator !== 0n) quotient += numerator < 0n ? -1n : 1n;
  return fromParts(quotient, x.exponent - y.exponent - shift - 1);
}

/** An integer power by squaring, each product rounded to 34 digits; another by the double. */
export function power(a: Numeric, b: Numeric): Numeric | null {
  const exponent = toDouble(b);
  if (typeof b !== 'number' || !Number.isSafeInteger(b)) {
    return fromDouble(Math.pow(toDouble(a), exponent));
  }
  if (a === 0) return exponent < 0 ? null : exponent === 0 ? 1 : 0;
  if (typeof a === 'number' && Number.isSafeInteger(a)) {
    const direct = Math.pow(a, exponent);
    if (Number.isSafeInteger(direct)) return direct;
  }
  let result: Numeric | null = 1;
  let base: Numeric | null = a;
  let n = Math.abs(exponent);
  while (n > 0) {
    if (n % 2 === 1) result = base === null || result === null ? null : multiply(result, base);
    n = Math.floor(n / 2);
    if (result === null) break;
    if (n > 0) base = base === null ? null : multiply(base, base);
  }
  if (exponent >= 0) return result;
  return result === null ? 0 : divide(1, result);
}

/** The exponent of the leading digit: which of two numbers is larger at a glance. */
function adjusted(a: Numeric): number {
  const { coefficient, exponent } = partsOf(a);
  return exponent + coefficient.toString().length - (coefficient < 0n ? 1 : 0);
}

/** Negative, zero or positive, as `a` is less than, equal to or greater than `b`. */
export function compareNumbers(a: Numeric, b: Numeric): number {
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : 0;
  const x = partsOf(a);
  const y = partsOf(b);
  const sign = x.coefficient < 0n ? -1 : x.coefficient > 0n ? 1 : 0;
  const other = y.coefficient < 0n ? -1 : y.coefficient > 0n ? 1 : 0;
  if (sign !== other) return sign - other;
  const size = adjusted(a) - adjusted(b);
  if (size !== 0) return sign * size;
  const exponent = Math.min(x.exponent, y.exponent);
  const left = x.coefficient * powerOfTen(x.exponent - exponent);
  const right = y.coefficient * powerOfTen(y.exponent - exponent);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** `a` with at most `scale` digits after the point (a negative scale rounds tens, hundreds, …). */
export function round(a: Numeric, scale: number, mode: Rounding): Numeric | null {
  const { coefficient, exponent } = partsOf(a);
  const drop = -scale - exponent;
  if (drop <= 0) return fromParts(coefficient, exponent);
  // Beyond all digits: only the rounding mode still sees whether something was there.
  const width = Math.min(drop, coefficient.toString().length + 2);
  const rounded = divideRounded(coefficient, powerOfTen(width), mode);
  return fromParts(rounded, rounded === 0n ? 0 : exponent + drop);
}

export function isInteger(a: Numeric): boolean {
  return typeof a === 'number' ? Number.isInteger(a) : a.exponent >= 0;
}

/** `dividend - divisor × floor(dividend / divisor)`: the sign is the divisor's. */
export function modulo(dividend: Numeric, divisor: Numeric): Numeric | null {
  if (divisor === 0) return null;
  const x = partsOf(dividend);
  const y = partsOf(divisor);
  const exponent = Math.min(x.exponent, y.exponent);
  if (Math.max(x.exponent, y.exponent) - exponent > 7000) return null;
  const a = x.coefficient * powerOfTen(x.exponent - exponent);
  const b = y.coefficient * powerOfTen(y.exponent - exponent);
  const remainder = a % b;
  const sameSign = remainder === 0n || remainder < 0n === b < 0n;
  return fromParts(sameSign ? remainder : remainder + b, exponent);
}

/** Square root to 34 digits; null below zero. */
export function squareRoot(a: Numeric): Numeric | null {
  const { coefficient, exponent } = partsOf(a);
  if (coefficient < 0n) return null;
  if (coefficient === 0n) return 0;
  const shift = 70 + (exponent % 2 === 0 ? 0 : 1);
  const radicand = coefficient * powerOfTen(shift);
  let root = BigInt(Math.floor(Math.sqrt(Number(radicand))));
  for (let i = 0; i < 12; i++) {
    const next = (root + radicand / root) >> 1n;
    if (next === root || next === root + 1n) break;
    root = next;
  }
  while (root * root > radicand) root -= 1n;
  const exact = root * root === radicand;
  return fromParts(root * 10n + (exact ? 0n : 1n), (exponent - shift) / 2 - 1);
}
