import type { Fault } from '#engine/errors';

import { type CheckBudget, fail } from './check-budget.js';
import { FORMATS } from './formats.js';
import { canonical, isObject } from './json-values.js';
import { isMultiple } from './multiples.js';
import type { JsonType, SchemaNode } from './types.js';

type Report = (code: string, message: string) => void;

/**
 * Whether a value is what the keywords of one schema say of it by themselves: its type, its bounds, its pattern.
 * @param faults where they are put; null: whether there is one is all that is asked
 */
export function asserted(
  node: SchemaNode,
  value: unknown,
  at: string,
  faults: Fault[] | null,
  budget: CheckBudget,
): boolean {
  const { types, allowed } = node;
  if (types && !types.some((type) => isOf(type, value))) {
    // what else it says of such a value is noise
    return fail(faults, at, 'type', `Give ${types.map((type) => WORDS[type]).join(' or ')}.`);
  }
  let fits = true;
  const no = (code: string, message: string): void => {
    fits = fail(faults, at, code, message);
  };
  if (allowed && !allowed.texts.has(canonical(value, budget.spend))) {
    no('enum', `Only ${allowed.shown} may stand here.`);
  }
  if (typeof value === 'number') numberFaults(node, value, no);
  if (typeof value === 'string') textFaults(node, value, no, budget);
  if (Array.isArray(value)) listFaults(node, value, no, budget);
  if (isObject(value)) {
    const { min_properties: least = 0, max_properties: most = Infinity } = node;
    const count = Object.keys(value).length;
    if (count < least) no('min_properties', `Give ${least} fields or more.`);
    if (count > most) no('max_properties', `Give ${most} fields or fewer.`);
  }
  return fits;
}

function textFaults(
  { min_length: least = 0, max_length: most = Infinity, pattern, format }: SchemaNode,
  value: string,
  no: Report,
  budget: CheckBudget,
): void {
  budget.spend(value.length >> 4);
  if (least > 0 || most < Infinity) {
    let length = 0;
    for (const _ of value) length += 1;
    if (length < least) no('min_length', `Give ${least} characters or more.`);
    if (length > most) no('max_length', `Give ${most} characters or fewer.`);
  }
  if (pattern && !budget.matches(pattern, value)) {
    no('pattern', `This does not match the pattern ${pattern.source}`);
  }
  const known = format === undefined ? undefined : FORMATS.get(format);
  if (known && !known(value)) no('format', `This is no ${format}.`);
}

function listFaults(
  { min_items: least = 0, max_items: most = Infinity, unique_items }: SchemaNode,
  value: readonly unknown[],
  no: Report,
  budget: CheckBudget,
): void {
  if (value.length < least) no('min_items', `Give ${least} items or more.`);
  if (value.length > most) no('max_items', `Give ${most} items or fewer.`);
  if (!unique_items) return;
  const texts = new Set(value.map((item) => canonical(item, budget.spend)));
  if (texts.size < value.length) no('unique_items', 'No two items may be the same.');
}

const WORDS: Readonly<Record<JsonType, string>> = {
  null: 'null',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  number: 'a number',
  string: 'text',
  integer: 'a whole number',
};

function isOf(type: JsonType, value: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'object':
      return isObject(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    case 'boolean':
    case 'number':
    case 'string':
      return typeof value === type;
  }
}

function numberFaults(node: SchemaNode, value: number, no: Report): void {
  const { maximum = Infinity, exclusive_maximum = Infinity } = node;
  const { minimum = -Infinity, exclusive_minimum = -Infinity, multiple_of } = node;
  if (value > maximum) no('maximum', `Give ${maximum} or less.`);
  if (value >= exclusive_maximum) no('exclusive_maximum', `Give less than ${exclusive_maximum}.`);
  if (value < minimum) no('minimum', `Give ${minimum} or more.`);
  if (value <= exclusive_minimum) no('exclusive_minimum', `Give more than ${exclusive_minimum}.`);
  if (multiple_of !== undefined && !isMultiple(value, multiple_of)) {
    no('multiple_of', `Give a multiple of ${multiple_of}.`);
  }
}
