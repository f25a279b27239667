import { BOOLEAN_FUNCTIONS } from './boolean.js';
import type { Builtin } from './builtin.js';

/** The built-in functions of DMN 1.5 (§10.3.4), by name. */
export const BUILTINS: ReadonlyMap<string, Builtin> = new Map(
  [...BOOLEAN_FUNCTIONS].map((builtin) => [builtin.name, builtin]),
);
