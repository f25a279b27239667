import { numberText } from './decimal.js';
import { isNumber } from './number.js';
import { FeelObject, isList } from './value.js';
import type { Value } from './value.js';

/** The text of a value as `string()` writes it; `quoted` for strings within lists, contexts and ranges. */
export function valueText(value: Value, quoted = false, budget = { left: 1_000_000 }): string {
  const text = write(value, quoted, budget);
  budget.left -= text.length;
  return text;
}

function write(value: Value, quoted: boolean, budget: { left: number }): string {
  if (budget.left < 0) return '';
  if (value === null) return 'null';
  if (typeof value === 'string') return quoted ? `"${value.replace(/["\\]/g, '\\$&')}"` : value;
  if (typeof value === 'boolean') return String(value);
  if (isNumber(value)) return numberText(value);
  if (value instanceof FeelObject) {
    const temporal = value.type !== 'range' && value.type !== 'function';
    return quoted && temporal ? `@"${value}"` : String(value);
  }
  if (isList(value)) return `[${value.map((item) => valueText(item, true, budget)).join(', ')}]`;
  const entries = Object.keys(value).map((key) => {
    const name = /^[\p{L}_][\p{L}\p{N}_ ]*$/u.test(key) ? key : JSON.stringify(key);
    return `${name}: ${valueText(value[key] ?? null, true, budget)}`;
  });
  return `{${entries.join(', ')}}`;
}
