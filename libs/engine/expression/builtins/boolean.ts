import type { Value } from '../values/value.js';
import { fromData } from '../values/value.js';
import { any, builtin, form, values } from './builtin.js';

function conjunction(list: readonly Value[], decisive: boolean): boolean | null {
  let result: boolean | null = !decisive;
  for (const raw of list) {
    const item = fromData(raw);
    if (item === decisive) return decisive;
    if (typeof item !== 'boolean') result = null;
  }
  return result;
}

/** DMN 1.5 §10.3.4.2 and table 76. */
export const BOOLEAN_FUNCTIONS = [
  builtin(
    'not',
    form([['negand', any]], (_run, negand) => (typeof negand === 'boolean' ? !negand : null)),
  ),
  builtin(
    'all',
    form([['list', values]], (run, list) => (run.spend(list.length), conjunction(list, false))),
  ),
  builtin(
    'any',
    form([['list', values]], (run, list) => (run.spend(list.length), conjunction(list, true))),
  ),
];
