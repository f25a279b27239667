import type { Fault } from '#engine/errors';

import { check } from './check.js';
import { compileSchema } from './compile-schema.js';
import { isFieldsForm, translateFields } from './fields.js';
import type { PatternBudget } from './patterns.js';
import { sizeFault } from './size.js';
import { LIMITS } from './types.js';

/** What a step's output is checked against. */
export interface Form {
  /** Everything that is wrong with an output; empty where it fits. @param at the output's own place */
  faultsOf(output: unknown, at: string): Fault[];
}

/** What the patterns of one workflow's forms may come to together. */
export function newPatternBudget(): PatternBudget {
  return { left: LIMITS.pattern_size };
}

/**
 * A `form_schema` made ready, with everything that is wrong with it, by its place in it. An empty one is no form. Both
 * formats are docs/forms.md's: `fields`, and JSON Schema 2020-12.
 */
export function compileForm(
  form_schema: Record<string, unknown>,
  budget = newPatternBudget(),
): { form: Form | null; faults: Fault[] } {
  if (Object.keys(form_schema).length === 0) return { form: null, faults: [] };
  if (!isFieldsForm(form_schema)) return compiled(form_schema, budget);
  // what is too large is not translated either
  const tooLarge = sizeFault(form_schema);
  if (tooLarge) return { form: null, faults: [tooLarge] };
  const { schema, faults, places } = translateFields(form_schema);
  if (faults.length > 0) return { form: null, faults };
  const { form, faults: ofSchema } = compiled(schema, budget);
  const toField = (pointer: string): string => {
    let place = pointer;
    while (place !== '' && !places.has(place)) place = place.slice(0, place.lastIndexOf('/'));
    return (places.get(place) ?? '') + pointer.slice(place.length);
  };
  return {
    form,
    faults: ofSchema.map((fault) => ({ ...fault, pointer: toField(fault.pointer) })),
  };
}

function compiled(schema: unknown, budget: PatternBudget): { form: Form | null; faults: Fault[] } {
  const { root, faults, tracks } = compileSchema(schema, budget);
  if (faults.length > 0) return { form: null, faults };
  return { form: { faultsOf: (output, at) => check(root, output, at, tracks) }, faults };
}
