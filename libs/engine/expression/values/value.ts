/** The names of FEEL's types, as `instance of` and {@link typeName} spell them. */
export type TypeName =
  | 'null'
  | 'boolean'
  | 'number'
  | 'string'
  | 'date'
  | 'time'
  | 'date and time'
  | 'years and months duration'
  | 'days and time duration'
  | 'list'
  | 'context'
  | 'range'
  | 'function';

/** A value that JSON has no form for. Immutable; its `toString()` is FEEL's own text of it. */
export abstract class FeelObject {
  abstract readonly type: TypeName;
  abstract toString(): string;
}

export interface Context {
  readonly [key: string]: Value;
}

/**
 * What an expression computes with. Numbers are JS numbers wherever their shortest text is the exact decimal,
 * and `Decimal` (a FeelObject) elsewhere; contexts are plain objects of which only own keys are ever read.
 */
export type Value = null | boolean | number | string | FeelObject | readonly Value[] | Context;

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function isContext(value: Value): value is Context {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof FeelObject)
  );
}

export function typeName(value: Value): TypeName {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'boolean':
      return 'boolean';
    case 'number':
      return 'number';
    case 'string':
      return 'string';
    default:
      if (value instanceof FeelObject) return value.type;
      return isList(value) ? 'list' : 'context';
  }
}

/**
 * What the data hold, as a value: absent is null, and so is what JSON cannot hold (functions, symbols, NaN),
 * for which `refused` is told.
 */
export function fromData(raw: unknown, refused?: (what: string) => void): Value {
  switch (typeof raw) {
    case 'string':
    case 'boolean':
      return raw;
    case 'number':
      if (Number.isFinite(raw)) return raw;
      refused?.(String(raw));
      return null;
    case 'object':
      return raw as Value;
    case 'undefined':
      return null;
    default:
      refused?.(typeof raw);
      return null;
  }
}

/** An empty context that inherits nothing, to be filled once. */
export function newContext(): Record<string, Value> {
  return Object.create(null) as Record<string, Value>;
}

/** What pays for walking through data, which may be larger than it looks: the same list twice in a list, and so on. */
export interface Meter {
  spend(steps: number): void;
  readonly limits: { readonly dataDepth: number };
}
