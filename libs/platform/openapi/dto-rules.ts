import type { ValidationMetadata } from 'class-validator/types/metadata/ValidationMetadata.js';

import { CLIENT_ID_PATTERN } from '#platform/http';

type Schema = Record<string, unknown>;

/** What each of class-validator's rules (and ours) says in the words of JSON Schema. */
const RULES: Readonly<Record<string, (constraints: readonly unknown[]) => Schema>> = {
  isString: () => ({ type: 'string' }),
  isText: ([bounds]) => {
    const { min, max } = bounds as { min: number; max: number };
    return { type: 'string', minLength: min, maxLength: max };
  },
  isClientId: () => ({ type: 'string', pattern: CLIENT_ID_PATTERN }),
  isUuid: () => ({ type: 'string', format: 'uuid' }),
  isIso8601: () => ({ type: 'string', format: 'date-time' }),
  isRfc3339: () => ({ type: 'string', format: 'date-time' }),
  isLength: ([min, max]) => ({ type: 'string', minLength: min, maxLength: max }),
  minLength: ([min]) => ({ minLength: min }),
  maxLength: ([max]) => ({ maxLength: max }),
  matches: ([pattern]) => (pattern instanceof RegExp ? { pattern: pattern.source } : {}),
  isInt: () => ({ type: 'integer' }),
  isNumber: () => ({ type: 'number' }),
  isPositive: () => ({ exclusiveMinimum: 0 }),
  min: ([min]) => ({ minimum: min }),
  max: ([max]) => ({ maximum: max }),
  isBoolean: () => ({ type: 'boolean' }),
  isIn: ([values]) => ({ enum: values }),
  isObject: () => ({ type: 'object', additionalProperties: true }),
  isJsonObject: () => ({ type: 'object', additionalProperties: true }),
};

/** These speak of the list, not of what is in it. */
const LIST_RULES: Readonly<Record<string, (constraints: readonly unknown[]) => Schema>> = {
  isArray: () => ({}),
  arrayMinSize: ([min]) => ({ minItems: min }),
  arrayMaxSize: ([max]) => ({ maxItems: max }),
  arrayUnique: () => ({ uniqueItems: true }),
};

/**
 * The schema of one DTO field from the rules that check it, so that the document cannot promise
 * what the validation refuses. Nested objects are left to the field's own `@ApiProperty({type})`.
 */
export function schemaOfRules(rules: readonly ValidationMetadata[]): Schema {
  const list: Schema = {};
  const item: Schema = {};
  let isList = false;
  for (const { name, constraints, each } of rules) {
    const listRule = LIST_RULES[name ?? ''];
    isList ||= each || listRule !== undefined;
    if (listRule !== undefined) Object.assign(list, listRule((constraints ?? []) as unknown[]));
    else Object.assign(item, RULES[name ?? '']?.((constraints ?? []) as unknown[]));
  }
  if (!isList) return item;
  return Object.keys(item).length === 0 ? list : { ...list, type: 'array', items: item };
}

export function isOptional(rules: readonly ValidationMetadata[]): boolean {
  return rules.some((rule) => rule.name === 'isOptional');
}
