import { ExpressionLimitError } from './errors.js';
import { toDouble } from './values/decimal.js';
import { isNumber } from './values/number.js';
import { FeelObject, fromData, isList, typeName } from './values/value.js';
import type { TypeName, Value } from './values/value.js';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * A result in JSON's terms with its FEEL type: numbers as JSON numbers (the nearest double; null beyond its
 * range), dates, times and durations as ISO 8601 text, ranges and functions as FEEL text.
 */
export function toJson(value: Value, depth = 200): { value: Json; type: TypeName } {
  return { value: plain(value, depth), type: typeName(value) };
}

function plain(value: Value, depth: number): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (isNumber(value)) {
    const double = toDouble(value);
    return Number.isFinite(double) ? double : null;
  }
  if (value instanceof FeelObject) return value.toString();
  if (depth === 0) throw new ExpressionLimitError('dataDepth', 200);
  if (isList(value)) return value.map((item) => plain(fromData(item), depth - 1));
  const result: { [key: string]: Json } = {};
  for (const key of Object.keys(value)) {
    setOwn(result, key, plain(fromData(value[key]), depth - 1));
  }
  return result;
}

/** Sets an ordinary property even where the key is `__proto__`. */
export function setOwn<T>(target: Record<string, T>, key: string, value: T): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else target[key] = value;
}
