import { ExpressionLimitError } from '../errors.js';
import { numberText } from './decimal.js';
import { isNumber } from './number.js';
import { FeelObject, isList } from './value.js';
import type { Value } from './value.js';

/** Length that a text may have, and what is left of it. */
export interface TextBudget {
  maximum: number;
  left: number;
  /** Levels of nesting entered. */
  depth: number;
}

const MAX_DEPTH = 200;

const DEFAULT_BUDGET = 1_000_000;

/** The text of a value as `string()` writes it; `quoted` for strings within lists, contexts and ranges. */
export function valueText(
  value: Value,
  quoted = false,
  budget: TextBudget = { maximum: DEFAULT_BUDGET, left: DEFAULT_BUDGET, depth: 0 },
): string {
  if (++budget.depth > MAX_DEPTH) throw new ExpressionLimitError('dataDepth', MAX_DEPTH);
  const text = write(value, quoted, budget);
  budget.depth--;
  // The text of an element counts again in its list's: nesting costs, as it should.
  budget.left -= text.length;
  if (budget.left < 0) throw new ExpressionLimitError('stringLength', budget.maximum);
  return text;
}

function write(value: Value, quoted: boolean, budget: TextBudget): string {
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
