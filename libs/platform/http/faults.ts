import type { ValidationError as ClassFault } from 'class-validator';
import { type Fault, pointerTo } from '#engine/errors';

export type FaultSource = 'body' | 'query' | 'param' | 'custom';

/** When one of these fails, what the other rules of that field say about the value is noise. */
const TYPE_RULES = [
  'whitelistValidation',
  'isString',
  'isText',
  'isClientId',
  'isNumber',
  'isInt',
  'isBoolean',
  'isArray',
  'isObject',
  'isJsonObject',
  'nestedValidation',
];

/** class-validator's tree as a flat list, each fault with the pointer of its field. */
export function faultsOf(errors: readonly ClassFault[], source: FaultSource): Fault[] {
  return errors.flatMap((error) => flatten(error, '', source));
}

function flatten(error: ClassFault, parent: string, source: FaultSource): Fault[] {
  const at = pointerTo(parent, error.property);
  const own = ruleFaults(error, shown(at, source));
  const below = (error.children ?? []).flatMap((child) => flatten(child, at, source));
  return [...own, ...below];
}

function ruleFaults(error: ClassFault, pointer: string): Fault[] {
  const broken = Object.entries(error.constraints ?? {});
  if (broken.length === 0) return [];
  if (error.value === undefined && !('whitelistValidation' in (error.constraints ?? {}))) {
    return [{ pointer, code: 'required', message: `${error.property} is required.` }];
  }
  const typeRule = TYPE_RULES.find((rule) => broken.some(([name]) => name === rule));
  const kept = typeRule === undefined ? broken : broken.filter(([name]) => name === typeRule);
  return kept.map(([rule, message]) => ({
    pointer,
    code: codeOf(rule),
    message: sentence(ownWords(rule, error.property) ?? message),
  }));
}

/** A body's field by JSON pointer, a query's as `?name`, a path's as `{name}`. */
function shown(pointer: string, source: FaultSource): string {
  if (source === 'query') return `?${pointer.slice(1)}`;
  return source === 'param' ? `{${pointer.slice(1)}}` : pointer;
}

/** Where class-validator's would mislead: no DTO nests a list in a list. */
function ownWords(rule: string, property: string): string | undefined {
  if (rule === 'whitelistValidation')
    return `${property} is no field of this request; check its spelling or leave it out`;
  return rule === 'nestedValidation' ? 'It must be an object' : undefined;
}

function codeOf(rule: string): string {
  if (rule === 'whitelistValidation') return 'unknown_field';
  return rule.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function sentence(message: string): string {
  const counted = message.replace(/\b1 elements\b/, '1 element');
  return /[.!?]$/.test(counted) ? counted : `${counted}.`;
}
