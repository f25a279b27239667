import { AGGREGATE_FUNCTIONS } from './aggregate.js';
import { BOOLEAN_FUNCTIONS } from './boolean.js';
import type { Builtin } from './builtin.js';
import { CONTEXT_FUNCTIONS } from './context.js';
import { CONVERSION_FUNCTIONS } from './conversion.js';
import { LIST_FUNCTIONS } from './list.js';
import { NUMERIC_FUNCTIONS } from './numeric.js';
import { RANGE_FUNCTIONS } from './range.js';
import { STRING_FUNCTIONS } from './string.js';
import { TEMPORAL_FUNCTIONS } from './temporal.js';

const ALL: readonly Builtin[] = [
  ...CONVERSION_FUNCTIONS,
  ...BOOLEAN_FUNCTIONS,
  ...STRING_FUNCTIONS,
  ...LIST_FUNCTIONS,
  ...AGGREGATE_FUNCTIONS,
  ...NUMERIC_FUNCTIONS,
  ...TEMPORAL_FUNCTIONS,
  ...RANGE_FUNCTIONS,
  ...CONTEXT_FUNCTIONS,
];

/** The built-in functions of DMN 1.5 (§10.3.4), by name. */
export const BUILTINS: ReadonlyMap<string, Builtin> = new Map(
  ALL.map((builtin) => [builtin.name, builtin]),
);

/** What an expression can call, sorted. */
export const FUNCTION_NAMES: readonly string[] = [...BUILTINS.keys()].sort();
