import { FeelFunction } from '../run.js';
import type { TypeNode } from '../syntax/ast.js';
import { Range } from './range.js';
import { fromData, isContext, isList, typeName } from './value.js';
import type { Meter, Value } from './value.js';

/** A type to check values against; `unknown` is one that FEEL does not have. */
export type FeelType =
  | { kind: 'any' }
  | { kind: 'simple'; name: string }
  | { kind: 'list' | 'range'; element: FeelType }
  | { kind: 'context'; entries: readonly { name: string; type: FeelType }[] }
  | { kind: 'function'; arity: number }
  | { kind: 'unknown' };

const SIMPLE = new Set([
  'boolean',
  'number',
  'string',
  'date',
  'time',
  'date and time',
  'function',
  'context',
  'list',
  'range',
  'years and months duration',
  'days and time duration',
]);

const ALIASES: Readonly<Record<string, string>> = {
  dateTime: 'date and time',
  'day time duration': 'days and time duration',
  'year month duration': 'years and months duration',
  dayTimeDuration: 'days and time duration',
  yearMonthDuration: 'years and months duration',
};

/** The type that a type expression names; those of a DMN model are unknown here. */
export function typeOfNode(node: TypeNode): FeelType {
  switch (node.kind) {
    case 'named': {
      if (node.name === 'Any') return { kind: 'any' };
      const name = Object.hasOwn(ALIASES, node.name) ? ALIASES[node.name]! : node.name;
      if (SIMPLE.has(name)) return { kind: 'simple', name };
      if (name === 'Null') return { kind: 'simple', name: 'null' };
      return { kind: 'unknown' };
    }
    case 'list':
    case 'range':
      return { kind: node.kind, element: typeOfNode(node.element) };
    case 'context':
      return {
        kind: 'context',
        entries: node.entries.map(({ name, type }) => ({ name, type: typeOfNode(type) })),
      };
    case 'function':
      return { kind: 'function', arity: node.parameters.length };
  }
}

/** Whether `value` is of `type`; null is of no type but Null, and no value of an unknown one. */
export function isOfType(value: Value, type: FeelType, meter: Meter): boolean {
  meter.spend(1);
  switch (type.kind) {
    case 'any':
      return value !== null;
    case 'simple':
      return typeName(value) === type.name;
    case 'list':
      return isList(value) && value.every((item) => fits(fromData(item), type.element, meter));
    case 'range':
      return (
        value instanceof Range &&
        [value.low, value.high].every((end) => fits(end, type.element, meter))
      );
    case 'context':
      return (
        isContext(value) &&
        type.entries.every(
          (entry) =>
            Object.hasOwn(value, entry.name) &&
            fits(fromData(value[entry.name]), entry.type, meter),
        )
      );
    case 'function':
      return value instanceof FeelFunction && (value.arity === null || value.arity === type.arity);
    case 'unknown':
      return false;
  }
}

/** Null is a value of every type inside another one. */
function fits(value: Value, type: FeelType, meter: Meter): boolean {
  return value === null || isOfType(value, type, meter);
}

/** `value` as one of `type`, by DMN's implicit conversions (§10.3.2.9.4): null where it cannot be. */
export function conform(value: Value, type: FeelType, meter: Meter): Value {
  if (value === null || type.kind === 'any' || type.kind === 'unknown') return value;
  if (isOfType(value, type, meter)) return value;
  if (isList(value) && value.length === 1) {
    const one = fromData(value[0]);
    if (isOfType(one, type, meter)) return one;
  }
  if (type.kind === 'list' && isOfType([value], type, meter)) return [value];
  return null;
}
