import { fromData, isContext, isList, newContext } from '../values/value.js';
import type { Context, Value } from '../values/value.js';
import type { Run } from '../run.js';
import { any, builtin, context, form, list, nullable, string, typed } from './builtin.js';

const plainList = typed<readonly Value[]>('a list', isList);

function copy(run: Run, source: Context): Record<string, Value> {
  const keys = Object.keys(source);
  run.spend(keys.length);
  const result = newContext();
  for (const key of keys) result[key] = fromData(source[key]);
  return result;
}

/** `{key, value}` entries as a context; null where one is none or a key comes twice. */
function fromEntries(run: Run, entries: readonly Value[]): Value {
  run.spend(entries.length);
  const result = newContext();
  for (const raw of entries) {
    const entry = fromData(raw);
    if (!isContext(entry) || !Object.hasOwn(entry, 'key') || !Object.hasOwn(entry, 'value'))
      return null;
    const key = fromData(entry['key']);
    if (typeof key !== 'string' || Object.hasOwn(result, key)) return null;
    result[key] = fromData(entry['value']);
  }
  return result;
}

function putAt(run: Run, source: Context, keys: readonly Value[], value: Value): Value {
  const [first, ...rest] = keys;
  const key = fromData(first);
  if (typeof key !== 'string') return null;
  const result = copy(run, source);
  if (rest.length === 0) {
    result[key] = value;
    return result;
  }
  const inner = Object.hasOwn(source, key) ? fromData(source[key]) : null;
  const made = isContext(inner) ? putAt(run, inner, rest, value) : null;
  if (made === null) return null;
  result[key] = made;
  return result;
}

function merge(run: Run, contexts: readonly Value[]): Value {
  const result = newContext();
  for (const raw of contexts) {
    const item = fromData(raw);
    if (!isContext(item)) return null;
    Object.assign(result, copy(run, item));
  }
  return result;
}

/** DMN 1.5 §10.3.4.10. */
export const CONTEXT_FUNCTIONS = [
  builtin(
    'get value',
    form(
      [
        ['m', context],
        ['key', string],
      ],
      (_run, m, key) => (Object.hasOwn(m, key) ? fromData(m[key]) : null),
    ),
  ),
  builtin(
    'get entries',
    form([['m', context]], (run, m) => {
      const keys = Object.keys(m);
      run.spend(keys.length);
      return keys.map((key) => Object.assign(newContext(), { key, value: fromData(m[key]) }));
    }),
  ),
  builtin('context', form([['entries', list]], fromEntries)),
  builtin(
    'context put',
    form(
      [
        ['context', context],
        ['key', string],
        ['value', nullable(any)],
      ],
      (run, source, key, value) => putAt(run, source, [key], value),
    ),
    form(
      [
        ['context', context],
        ['keys', plainList],
        ['value', nullable(any)],
      ],
      (run, source, keys, value) => {
        if (keys.length > run.limits.dataDepth) return null;
        return putAt(run, source, keys, value);
      },
    ),
  ),
  builtin('context merge', form([['contexts', list]], merge)),
];
