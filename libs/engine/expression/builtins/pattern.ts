import { RE2JS, RE2JSException } from 're2js';
import type { Run } from '../run.js';
import { LruCache } from '../cache.js';
import { SUBTRACTION_STEPS, subtractions, translatePattern } from './pattern-syntax.js';

/*
 * XPath patterns (DMN 1.5 §10.3.4.3 refers to XQuery/XPath F&O §5.6) run by RE2: in time linear in the input,
 * whatever the pattern. Back-references are the one thing it cannot do.
 */

const MAX_PATTERN = 2_000;
const cache = new LruCache<RE2JS | null>(200);

/** What finding one match costs beside that. */
const MATCH_STEPS = 4;

/** Steps per character and instruction: RE2's automaton visits at most each pair of them. */
const STEPS_PER_VISIT = 1 / 8;

/** Compiling costs this and, for each instruction that a pattern came to (`x{900}` is 900), fifteen steps. */
const COMPILE_STEPS = 300;
const STEPS_PER_INSTRUCTION = 15;

/**
 * Null for a pattern or flags that are not XPath's. A run pays for a pattern on its first use, whether or not
 * an earlier run has left it in the cache: what an expression may cost does not depend on that.
 */
export function compilePattern(run: Run, pattern: string, flags: string): RE2JS | null {
  if (!/^[smix]*$/.test(flags) || pattern.length > MAX_PATTERN) return null;
  const key = `${flags}/${pattern}`;
  const used = run.patterns.get(key);
  if (used !== undefined) return used;
  run.spend(COMPILE_STEPS + pattern.length + subtractions(pattern) * SUBTRACTION_STEPS);
  const regex = cache.get(key, () => {
    try {
      return RE2JS.compile(translatePattern(pattern, flags), flagBits(flags));
    } catch (error) {
      if (error instanceof RE2JSException || error instanceof SyntaxError) return null;
      throw error;
    }
  });
  run.spend((regex?.programSize() ?? 0) * STEPS_PER_INSTRUCTION);
  run.patterns.set(key, regex);
  return regex;
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
    const before = result.length;
    result += input.slice(from, matcher.start());
    for (const part of parts) {
      if (typeof part === 'string') result += part;
      else if (part <= matcher.groupCount()) result += matcher.group(part) ?? '';
    }
    from = matcher.end();
    run.spend(MATCH_STEPS + ((result.length - before) >> 4));
    if (result.length > run.limits.stringLength) run.checkLength(result.length);
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
    run.spend(MATCH_STEPS);
    if (matcher.end() === matcher.start()) continue;
    pieces.push(input.slice(from, matcher.start()));
    from = matcher.end();
  }
  pieces.push(input.slice(from));
  return pieces;
}
