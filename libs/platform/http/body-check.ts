import type { Fault } from '#engine/errors';
import { pointerTo } from './json-pointer.js';

/** The root object is level 1. */
export const MAX_DEPTH = 32;
const MAX_FAULTS = 100;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * What no part of a body may hold, whatever its schema says: text that PostgreSQL cannot store
 * (NUL, half a surrogate pair), numbers beyond a double's range (JSON.parse makes them Infinity,
 * which would be stored as null), keys that could reach an object's prototype, and nesting beyond
 * MAX_DEPTH. Looks no deeper than that, so its own recursion is bounded.
 */
export function inspectJson(value: unknown, pointer = ''): Fault[] {
  const faults: Fault[] = [];
  inspect(value, pointer, 1, faults);
  return faults;
}

function inspect(value: unknown, pointer: string, depth: number, faults: Fault[]): void {
  if (faults.length >= MAX_FAULTS) return;
  if (typeof value === 'string') {
    const wrong = textFault(value);
    if (wrong !== undefined) faults.push({ pointer, code: 'unstorable_text', message: wrong });
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) {
      const message = 'The number is too large. Send it as text or make it smaller than 1.8e308.';
      faults.push({ pointer, code: 'number_too_large', message });
    }
  } else if (typeof value === 'object' && value !== null) {
    inspectMembers(value, pointer, depth, faults);
  }
}

function inspectMembers(value: object, pointer: string, depth: number, faults: Fault[]): void {
  if (depth > MAX_DEPTH) {
    const message = `The nesting is deeper than ${MAX_DEPTH} levels. Send a flatter structure.`;
    faults.push({ pointer, code: 'too_deep', message });
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => inspect(item, pointerTo(pointer, index), depth + 1, faults));
  } else {
    for (const [key, member] of Object.entries(value)) {
      const at = pointerTo(pointer, key);
      if (key === '__proto__' || (key === 'constructor' && hasPrototypeKey(member))) {
        const message = `The key "${key}" is not allowed here. Rename it.`;
        faults.push({ pointer: at, code: 'forbidden_key', message });
        continue;
      }
      const wrong = textFault(key);
      if (wrong !== undefined) faults.push({ pointer, code: 'unstorable_text', message: wrong });
      else inspect(member, at, depth + 1, faults);
    }
  }
}

function textFault(text: string): string | undefined {
  if (text.includes('\u0000')) {
    return 'The text or key holds the character U+0000, which cannot be stored. Remove it.';
  }
  return LONE_SURROGATE.test(text)
    ? 'The text or key holds half of a surrogate pair, which is no character. Remove or complete it.'
    : undefined;
}

function hasPrototypeKey(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype');
}
