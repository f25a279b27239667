import type { Fault } from '#engine/errors';

import { LIMITS } from './types.js';

/** Of a form that is too large, why. Counted without recursion, before anything recurses into it. */
export function sizeFault(form: unknown): Fault | undefined {
  let level: unknown[] = [form];
  let values = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    values += level.length;
    if (values > LIMITS.values || depth > LIMITS.depth) {
      const message = `A form has at most ${LIMITS.values} values, ${LIMITS.depth} deep; make it simpler.`;
      return { pointer: '', code: 'form_too_large', message };
    }
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? (Object.values(value) as unknown[]) : [],
    );
  }
  return undefined;
}
