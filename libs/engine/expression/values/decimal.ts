import { FeelObject } from './value.js';

/** Digits of a decimal128 coefficient, and its exponent range (IEEE 754-2008; DMN 1.5 §10.3.2.3.1). */
export const PRECISION = 34;
const MAX_EXPONENT = 6144;
const MIN_EXPONENT = -6176;

/** `coefficient × 10^exponent`, at most 34 digits, no trailing zeros; only for what no JS number says exactly. */
export class Decimal extends FeelObject {
  readonly type = 'number';

  constructor(
    readonly coefficient: bigint,
    readonly exponent: number,
  ) {
    super();
  }

  toString(): string {
    return plainText(this.coefficient, this.exponent);
  }
}

/** A FEEL number. A JS number stands for its shortest decimal text: 0.1 is exactly one tenth. */
export type Numeric = number | Decimal;

export interface Parts {
  coefficient: bigint;
  exponent: number;
}

const POWERS: bigint[] = [1n];

export function powerOfTen(n: number): bigint {
  if (n > 400) return 10n ** BigInt(n);
  for (let i = POWERS.length; i <= n; i++) POWERS.push(POWERS[i - 1]! * 10n);
  return POWERS[n]!;
}

export function digitCount(coefficient: bigint): number {
  const text = coefficient.toString();
  return coefficient < 0n ? text.length - 1 : text.length;
}

export function partsOf(value: Numeric): Parts {
  if (typeof value !== 'number') return value;
  if (Number.isSafeInteger(value)) return { coefficient: BigInt(value), exponent: 0 };
  const [mantissa = '0', exponent = '0'] = value.toExponential().split('e');
  const point = mantissa.indexOf('.');
  const fraction = point < 0 ? 0 : mantissa.length - point - 1;
  return {
    coefficient: BigInt(mantissa.replace('.', '')),
    exponent: Number(exponent) - fraction,
  };
}

export type Rounding = 'up' | 'down' | 'half up' | 'half down' | 'half even' | 'floor' | 'ceiling';

/** `numerator / denominator` (> 0) as an integer, rounded by `mode`. */
export function divideRounded(numerator: bigint, denominator: bigint, mode: Rounding): bigint {
  const quotient = numerator / denominator;
  const remainder = numerator % denominator;
  if (remainder === 0n) return quotient;
  const away = numerator < 0n ? -1n : 1n;
  const double = (remainder < 0n ? -remainder : remainder) * 2n;
  const half = double === denominator ? 0 : double > denominator ? 1 : -1;
  const up = {
    up: true,
    down: false,
    floor: away < 0n,
    ceiling: away > 0n,
    'half up': half >= 0,
    'half down': half > 0,
    'half even': half > 0 || (half === 0 && quotient % 2n !== 0n),
  }[mode];
  return up ? quotient + away : quotient;
}

/**
 * The number `coefficient × 10^exponent`, rounded half-even to 34 digits, in its one canonical form.
 * Null beyond decimal128's range; below it, zero.
 */
export function fromParts(coefficient: bigint, exponent: number): Numeric | null {
  if (coefficient === 0n) return 0;
  let digits = coefficient.toString();
  let length = digits.length - (coefficient < 0n ? 1 : 0);
  if (length > PRECISION) {
    coefficient = divideRounded(coefficient, powerOfTen(length - PRECISION), 'half even');
    exponent += length - PRECISION;
    digits = coefficient.toString();
  }
  let zeros = 0;
  while (digits.charCodeAt(digits.length - 1 - zeros) === 48) zeros++;
  if (zeros > 0) {
    digits = digits.slice(0, -zeros);
    exponent += zeros;
    coefficient = BigInt(digits);
  }
  length = digits.length - (coefficient < 0n ? 1 : 0);
  if (exponent + length - 1 > MAX_EXPONENT) return null;
  if (exponent < MIN_EXPONENT) return 0;
  if (length <= 17) {
    const double = Number(`${digits}e${exponent}`);
    if (Number.isFinite(double) && double !== 0) {
      if (length <= 15 && Math.abs(double) > 1e-290) return double;
      const back = partsOf(double);
      const same = fromSafe(back);
      if (same.exponent === exponent && same.coefficient === coefficient) return double;
    }
  }
  return new Decimal(coefficient, exponent);
}

function fromSafe(parts: Parts): Parts {
  let { coefficient, exponent } = parts;
  while (coefficient !== 0n && coefficient % 10n === 0n) {
    coefficient /= 10n;
    exponent++;
  }
  return { coefficient, exponent };
}

/** The number that a numeric literal (`12`, `.5`, `1.5e3`) denotes; null when out of range. */
export function parseNumber(text: string): Numeric | null {
  if (text.length <= 15 && !/[eE]/.test(text)) return Number(text);
  const [mantissa = '', power = '0'] = text.toLowerCase().split('e');
  const point = mantissa.indexOf('.');
  const fraction = point < 0 ? 0 : mantissa.length - point - 1;
  return fromParts(BigInt(mantissa.replace('.', '')), Number(power) - fraction);
}

/** A double as a FEEL number; null where it is none (NaN, infinite). */
export function fromDouble(value: number): number | null {
  if (!Number.isFinite(value)) return null;
  return value === 0 ? 0 : value;
}

/** The nearest double; ±Infinity beyond its range. */
export function toDouble(value: Numeric): number {
  return typeof value === 'number' ? value : Number(`${value.coefficient}e${value.exponent}`);
}

/** Digits without an exponent, as `string()` writes numbers (XSD decimal's canonical form). */
export function plainText(coefficient: bigint, exponent: number): string {
  const negative = coefficient < 0n;
  let digits = (negative ? -coefficient : coefficient).toString();
  if (exponent >= 0) digits += '0'.repeat(exponent);
  else {
    digits = digits.padStart(1 - exponent, '0');
    digits = `${digits.slice(0, exponent)}.${digits.slice(exponent)}`;
  }
  return negative ? `-${digits}` : digits;
}

export function numberText(value: Numeric): string {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  const { coefficient, exponent } = partsOf(value);
  return plainText(coefficient, exponent);
}
