import { type Fault, pointerTo } from '#engine/errors';

/** The root object is level 1. */
export const MAX_DEPTH = 32;
const MAX_FAULTS = 100;

/** Where a value stands; its pointer is only made for a fault. */
interface Place {
  parent: Place | null;
  key: string | number;
}

/**
 * What no part of a body may hold, whatever its schema says: text that PostgreSQL cannot store
 * (NUL, half a surrogate pair), numbers beyond a double's range (JSON.parse makes them Infinity,
 * which would be stored as null), keys that could reach an object's prototype, and nesting beyond
 * MAX_DEPTH. Looks no deeper than that, so its own recursion is bounded.
 * @param textIsFit whether it is known that no text in it is of the first kind
 */
export function inspectJson(value: unknown, textIsFit = false): Fault[] {
  const faults: Fault[] = [];
  inspect(value, null, '', 0, { faults, textIsFit });
  return faults;
}

interface Inspection {
  faults: Fault[];
  textIsFit: boolean;
}

function inspect(
  value: unknown,
  parent: Place | null,
  key: string | number,
  depth: number,
  inspection: Inspection,
): void {
  const { faults, textIsFit } = inspection;
  if (faults.length >= MAX_FAULTS) return;
  if (typeof value === 'string') {
    const message = textIsFit ? undefined : textFault(value);
    if (message !== undefined) {
      faults.push({ pointer: pointerOf({ parent, key }), code: 'unstorable_text', message });
    }
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) {
      const message = 'The number is too large. Send it as text or make it smaller than 1.8e308.';
      faults.push({ pointer: pointerOf({ parent, key }), code: 'number_too_large', message });
    }
  } else if (typeof value === 'object' && value !== null) {
    inspectMembers(value, { parent, key }, depth + 1, inspection);
  }
}

function inspectMembers(value: object, place: Place, depth: number, inspection: Inspection): void {
  const { faults, textIsFit } = inspection;
  if (depth > MAX_DEPTH) {
    const message = `The nesting is deeper than ${MAX_DEPTH} levels. Send a flatter structure.`;
    faults.push({ pointer: pointerOf(place), code: 'too_deep', message });
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => inspect(item, place, index, depth, inspection));
  } else {
    for (const key of Object.keys(value)) {
      const member = (value as Record<string, unknown>)[key];
      if (key === '__proto__' || (key === 'constructor' && hasPrototypeKey(member))) {
        const message = `The key "${key}" is not allowed here. Rename it.`;
        const pointer = pointerOf({ parent: place, key });
        faults.push({ pointer, code: 'forbidden_key', message });
        continue;
      }
      const wrong = textIsFit ? undefined : textFault(key);
      if (wrong === undefined) inspect(member, place, key, depth, inspection);
      else faults.push({ pointer: pointerOf(place), code: 'unstorable_text', message: wrong });
    }
  }
}

function pointerOf({ parent, key }: Place): string {
  return parent === null ? '' : pointerTo(pointerOf(parent), key);
}

function textFault(text: string): string | undefined {
  if (text.includes('\u0000')) {
    return 'The text or key holds the character U+0000, which cannot be stored. Remove it.';
  }
  return text.isWellFormed()
    ? undefined
    : 'The text or key holds half of a surrogate pair, which is no character. Remove or complete it.';
}

function hasPrototypeKey(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype');
}
