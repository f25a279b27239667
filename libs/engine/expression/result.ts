import { ExpressionLimitError } from './errors.js';
import { setOwn } from './json.js';
import { FeelFunction } from './run.js';
import type { Run } from './run.js';
import { Decimal, toDouble } from './values/decimal.js';
import { FeelObject, fromData, isList } from './values/value.js';
import type { Value } from './values/value.js';

/**
 * A result as callers see it: numbers are JS numbers, lists and contexts fresh plain ones; temporals,
 * durations and ranges stay the immutable objects they are. A function is not handed out.
 */
export function plainResult(run: Run, value: Value, depth = run.limits.dataDepth): Value {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Decimal) {
    const double = toDouble(value);
    return Number.isFinite(double)
      ? double
      : run.warn('out_of_range', 'the number is too large', 0);
  }
  if (value instanceof FeelFunction) {
    return run.warn('wrong_type', 'a function is no result', 0);
  }
  if (value instanceof FeelObject) return value;
  if (depth === 0) throw new ExpressionLimitError('dataDepth', run.limits.dataDepth);
  if (isList(value)) {
    run.spend(value.length * 2);
    return value.map((item) => plainResult(run, fromData(item), depth - 1));
  }
  const keys = Object.keys(value);
  run.spend(keys.length * 2);
  const result: Record<string, Value> = {};
  for (const key of keys) setOwn(result, key, plainResult(run, fromData(value[key]), depth - 1));
  return result;
}
