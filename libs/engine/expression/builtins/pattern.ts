import { RE2JS, RE2JSException } from 're2js';
import type { Run } from '../run.js';
import { LruCache } from '../cache.js';
import { translatePattern } from './pattern-syntax.js';

/*
 * XPath patterns (DMN 1.5 §10.3.4.3 refers to XQuery/XPath F&O §5.6) run by RE2: in time linear in the input,
 * whatever the pattern. Back-references are the one thing it cannot do.
 */

const MAX_PATTERN = 2_000;
const cache = new LruCache<RE2JS | null>(500);

/** Steps per character and instruction: RE2's automaton visits at most each pair of them. */
const STEPS_PER_VISIT = 1 / 8;

/** Pays for compiling, and gives null for a pattern or flags that are not XPath's. */
export function compilePattern(run: Run, pattern: string, flags: string): RE2JS | null {
  run.spend(20 + pattern.length);
  if (!/^[smix]*$/.test(flags) || pattern.length > MAX_PATTERN) return null;
  return cache.get(`${flags}/${pattern}`, () => {
    try {
      return RE2JS.compile(translatePattern(pattern, flags), flagBits(flags));
    } catch (error) {
      if (error instanceof RE2JSException || error instanceof SyntaxError) return null;
      throw error;
    }
  });
}

function flagBits(flags: string): number {
  return (
    (flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0) |
    (flags.includes('s') ? RE2JS.DOTALL : 0) |
    (flags.includes('m') ? RE2JS.MULTILINE : 0)
  );
}

function payFor(run: Run, regex: RE2JS, input: string): void {
  run.spend(Math.ceil((input.length + 1) * (1 + regex.programSize() * STEPS_PER_VISIT)));
}

/** Whether the pattern occurs anywhere in `input`. */
export function occurs(run: Run, regex: RE2JS, input: string): boolean {
  payFor(run, regex, input);
  return regex.matcher(input).find();
}

/** `input` with every occurrence replaced, `$0` to `$9` standing for the match and its groups. */
export function replaceAll(run: Run, regex: RE2JS, input: string, replacement: string): string {
  payFor(run, regex, input);
  const parts = replacementParts(replacement);
  const matcher = regex.matcher(input);
  let result = '';
  let from = 0;
  while (matcher.find()) {
    result += input.slice(from, matcher.start());
    for (const part of parts) {
      if (typeof part === 'string') result += part;
      else if (part <= matcher.groupCount()) result += matcher.group(part) ?? '';
    }
    from = matcher.end();
    run.checkLength(result.length - from > 0 ? result.length : 0);
    run.spend(1);
  }
  return result + input.slice(from);
}

/** Literal text and group numbers. A backslash keeps the character after it. */
function replacementParts(replacement: string): (string | number)[] {
  const parts: (string | number)[] = [];
  for (const [part] of replacement.matchAll(/\$\d|\\[\s\S]|[^$\\]+|[\s\S]/g)) {
    if (/^\$\d/.test(part)) parts.push(Number(part[1]));
    else parts.push(part.length === 2 && part.startsWith('\\') ? part[1]! : part);
  }
  return parts;
}

export function splitBy(run: Run, regex: RE2JS, input: string): string[] {
  payFor(run, regex, input);
  const matcher = regex.matcher(input);
  const pieces: string[] = [];
  let from = 0;
  while (matcher.find()) {
    if (matcher.end() === matcher.start()) continue;
    run.spend(1);
    pieces.push(input.slice(from, matcher.start()));
    from = matcher.end();
  }
  pieces.push(input.slice(from));
  return pieces;
}
