import { makeRange } from '../values/make-range.js';
import { parse } from '../syntax/parser.js';
import type { Node } from '../syntax/ast.js';
import { parseDate, parseDateTime, parseTime } from '../temporal/literal.js';
import { parseDuration } from '../temporal/duration.js';
import { ExpressionSyntaxError } from '../errors.js';
import type { Limits } from '../errors.js';
import { compare } from '../values/compare.js';
import { parseNumber } from '../values/decimal.js';
import type { Numeric } from '../values/decimal.js';
import { negateValue } from '../values/arithmetic.js';
import { valueText } from '../values/text.js';
import type { Value } from '../values/value.js';
import { any, builtin, form, nullable, string } from './builtin.js';

/** More digits than any decimal128 written out. */
const MAX_NUMBER_LENGTH = 7_000;
const SEPARATORS = [' ', ',', '.'];

/** `number("1.000,5", ".", ",")`; null for separators that are not two of space, comma and point. */
function toNumber(from: string, grouping: string | null, decimal: string | null): Numeric | null {
  if (grouping !== null && !SEPARATORS.includes(grouping)) return null;
  if (decimal !== null && (!['.', ','].includes(decimal) || decimal === grouping)) return null;
  if (from.length > MAX_NUMBER_LENGTH) return null;
  let text = grouping === null ? from : from.replaceAll(grouping, '');
  if (decimal !== null && decimal !== '.') {
    if (text.includes('.')) return null;
    text = text.replace(decimal, '.');
  }
  if (!/^-?(\d+(\.\d+)?|\.\d+)([eE][+-]?\d{1,5})?$/.test(text)) return null;
  const negative = text.startsWith('-');
  const size = parseNumber(negative ? text.slice(1) : text);
  return size === null || !negative ? size : (negateValue(size) as Numeric);
}

const LITERAL_CALLS: Readonly<Record<string, (text: string) => Value>> = {
  date: parseDate,
  time: parseTime,
  'date and time': parseDateTime,
  duration: parseDuration,
};

/** The value of a literal, of a negated one, or of `date("…")` and its like; undefined for anything else. */
function literalOf(node: Node | null): Value | undefined {
  if (node?.kind === 'literal') return node.value;
  if (node?.kind === 'negate') {
    const value = literalOf(node.operand);
    return value === undefined ? undefined : negateValue(value);
  }
  if (node?.kind === 'call' && node.callee.kind === 'name' && node.args.length === 1) {
    const [arg] = node.args;
    const { name } = node.callee;
    if (
      arg?.kind === 'literal' &&
      typeof arg.value === 'string' &&
      Object.hasOwn(LITERAL_CALLS, name)
    ) {
      return LITERAL_CALLS[name]!(arg.value);
    }
  }
  return undefined;
}

/** A range from its text; both ends must be literals, and in order (DMN 1.5 §10.3.4.1). */
function toRange(text: string, limits: Limits): Value {
  let node: Node;
  try {
    node = parse(text, 'expression', limits);
  } catch (error) {
    if (error instanceof ExpressionSyntaxError) return null;
    throw error;
  }
  if (node.kind !== 'range') return null;
  const low = literalOf(node.low) ?? null;
  const high = literalOf(node.high) ?? null;
  const order = compare(low, high);
  if (order === null || order > 0) return null;
  return makeRange(low, high, node.lowClosed, node.highClosed);
}

/** DMN 1.5 §10.3.4.1, less those of dates and times. */
export const CONVERSION_FUNCTIONS = [
  builtin(
    'string',
    form([['from', any]], (run, from) => {
      if (from === null) return null;
      const text = valueText(from, false, {
        maximum: run.limits.stringLength,
        left: run.limits.stringLength,
        depth: 0,
      });
      run.checkLength(text.length);
      return text;
    }),
  ),
  builtin(
    'number',
    form(
      [
        ['from', string],
        ['grouping separator', nullable(string)],
        ['decimal separator', nullable(string)],
      ],
      (_run, from, grouping, decimal) => toNumber(from, grouping, decimal),
    ),
    form([['from', string]], (_run, from) => toNumber(from, null, null)),
  ),
  builtin(
    'range',
    form([['from', string]], (run, from) => {
      run.spend(from.length);
      return toRange(from, run.limits);
    }),
  ),
];
