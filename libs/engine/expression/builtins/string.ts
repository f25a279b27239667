import type { Run } from '../run.js';
import { fromData } from '../values/value.js';
import type { Value } from '../values/value.js';
import { builtin, form, integer, list, optional, string } from './builtin.js';
import type { Builtin } from './builtin.js';
import { compilePattern, occurs, replaceAll, splitBy } from './pattern.js';

/** Code points: FEEL counts those, not UTF-16 units. */
function codePoints(run: Run, text: string): string[] {
  run.spend(text.length >> 2);
  return Array.from(text);
}

function substring(run: Run, text: string, start: number, length: number | null): string | null {
  const points = codePoints(run, text);
  const index = start > 0 ? start - 1 : points.length + start;
  if (start === 0 || index < 0 || (length !== null && length < 1)) return null;
  return points.slice(index, length === null ? undefined : index + length).join('');
}

/** `test` of a text and what to look for in it. */
function predicate(name: string, test: (text: string, match: string) => Value): Builtin {
  return builtin(
    name,
    form(
      [
        ['string', string],
        ['match', string],
      ],
      (run, text, match) => {
        run.spend((text.length + match.length) >> 4);
        return test(text, match);
      },
    ),
  );
}

function mapped(name: string, map: (text: string) => string): Builtin {
  return builtin(
    name,
    form([['string', string]], (run, text) => {
      run.checkLength(text.length);
      return map(text);
    }),
  );
}

function join(run: Run, items: readonly Value[], delimiter: string): Value {
  const parts: string[] = [];
  let length = 0;
  run.spend(items.length);
  for (const raw of items) {
    const item = fromData(raw);
    if (item === null) continue;
    if (typeof item !== 'string') return run.warn('wrong_type', 'only strings are joined');
    length += item.length + delimiter.length;
    if (length > run.limits.stringLength) run.checkLength(length);
    parts.push(item);
  }
  run.checkLength(length);
  return parts.join(delimiter);
}

/** DMN 1.5 §10.3.4.3. */
export const STRING_FUNCTIONS = [
  builtin(
    'substring',
    form(
      [
        ['string', string],
        ['start position', integer],
        ['length', optional(integer)],
      ],
      substring,
    ),
  ),
  builtin(
    'string length',
    form([['string', string]], (run, text) => codePoints(run, text).length),
  ),
  mapped('upper case', (text) => text.toUpperCase()),
  mapped('lower case', (text) => text.toLowerCase()),
  predicate('substring before', (text, match) => text.slice(0, Math.max(0, text.indexOf(match)))),
  predicate('substring after', (text, match) => {
    const at = text.indexOf(match);
    return at < 0 ? '' : text.slice(at + match.length);
  }),
  predicate('contains', (text, match) => text.includes(match)),
  predicate('starts with', (text, match) => text.startsWith(match)),
  predicate('ends with', (text, match) => text.endsWith(match)),
  builtin(
    'matches',
    form(
      [
        ['input', string],
        ['pattern', string],
        ['flags', optional(string)],
      ],
      (run, input, pattern, flags) => {
        const regex = compilePattern(run, pattern, flags ?? '');
        return regex
          ? occurs(run, regex, input)
          : run.warn('wrong_arguments', 'the pattern is not valid');
      },
    ),
  ),
  builtin(
    'replace',
    form(
      [
        ['input', string],
        ['pattern', string],
        ['replacement', string],
        ['flags', optional(string)],
      ],
      (run, input, pattern, replacement, flags) => {
        const regex = compilePattern(run, pattern, flags ?? '');
        if (!regex) return run.warn('wrong_arguments', 'the pattern is not valid');
        return replaceAll(run, regex, input, replacement);
      },
    ),
  ),
  builtin(
    'split',
    form(
      [
        ['string', string],
        ['delimiter', string],
      ],
      (run, text, delimiter) => {
        const regex = compilePattern(run, delimiter, '');
        return regex
          ? splitBy(run, regex, text)
          : run.warn('wrong_arguments', 'the pattern is not valid');
      },
    ),
  ),
  builtin(
    'string join',
    form(
      [
        ['list', list],
        ['delimiter', optional(string)],
      ],
      (run, items, delimiter) => join(run, items, delimiter ?? ''),
    ),
  ),
];
