import { compare } from './compare.js';
import { Range } from './range.js';
import type { Value } from './value.js';

/** A range whose ends have an order; null otherwise. An end of null is unbounded. */
export function makeRange(
  low: Value,
  high: Value,
  lowClosed: boolean,
  highClosed: boolean,
): Range | null {
  const end = low ?? high;
  if (end === null || compare(end, high ?? end) === null) return null;
  return new Range(low, high, lowClosed, highClosed);
}
