import { ExpressionLimitError } from '../errors.js';
import type { Cursor } from './cursor.js';
import { isNamePart, skipSpace, tokenAt } from './lexer.js';
import type { Token } from './lexer.js';

const RESERVED = new Set([
  'and',
  'or',
  'then',
  'else',
  'return',
  'satisfies',
  'in',
  'between',
  'if',
  'for',
  'some',
  'every',
  'function',
  'external',
  'true',
  'false',
  'null',
]);

/** Built-in names with an operator word inside, which are names only where a call follows. */
const CALLED_NAMES = ['date and time', 'years and months duration'];

const SHOUTED = new Set(['AND', 'OR', 'IN', 'BETWEEN', 'THEN', 'ELSE', 'NOT']);

export function isReserved(word: string): boolean {
  return RESERVED.has(word);
}

interface Trie {
  next: Map<string, Trie>;
  /** Bindings of the name that ends here. */
  bound: number;
}

/** Plain words are found without being looked for. */
const PLAIN = /^(?!\d)[\p{L}\p{N}_]+(?: (?!\d)[\p{L}\p{N}_]+)*$/u;
const MAX_SPECIAL_LENGTH = 200;

/**
 * The names in scope that words alone do not spell: declared, or bound by the source itself, with symbols
 * (`a-b`), digits (`Q 1`) or reserved words (`days in month`) in them. Whether `a-b` is one name or a
 * subtraction depends on these and never on the data. A trie, so that a thousand of them cost no more to look
 * for than one.
 */
export class NameScope {
  private readonly root: Trie = { next: new Map(), bound: 0 };
  private readonly ends: Trie[] = [];

  constructor(declared: readonly string[]) {
    for (const name of declared) this.bind(normalise(name));
  }

  bind(name: string): void {
    const plain = PLAIN.test(name) && !name.split(' ').some(isReserved);
    if (plain || name.length > MAX_SPECIAL_LENGTH) return;
    let node = this.root;
    for (const character of name) {
      let next = node.next.get(character);
      if (!next) node.next.set(character, (next = { next: new Map(), bound: 0 }));
      node = next;
    }
    node.bound++;
    this.ends.push(node);
  }

  /** Runs `parse` with what it binds forgotten after it. */
  within<T>(parse: () => T): T {
    const mark = this.ends.length;
    const result = parse();
    for (const end of this.ends.splice(mark)) end.bound--;
    return result;
  }

  /** End of the longest bound name that the source spells at `offset`; -1 if none. */
  longestAt(source: string, offset: number): number {
    if (this.ends.length === 0) return -1;
    let longest = -1;
    let node: Trie | undefined = this.root;
    let at = offset;
    while (node && at < source.length) {
      // Any white space stands for the one space of a name.
      const spaces = skipSpace(source, at);
      const character: string = spaces > at ? ' ' : String.fromCodePoint(source.codePointAt(at)!);
      node = node.next.get(character);
      at = spaces > at ? spaces : at + character.length;
      const inWord = isNamePart(source, at - 1) && isNamePart(source, at);
      if (node && node.bound > 0 && !inWord) longest = at;
    }
    return longest;
  }
}

/** Where `name` ends in the source from `offset`, any white space standing for a space of it; -1 if it is not there. */
function spelledAt(source: string, offset: number, name: string): number {
  let at = offset;
  for (let i = 0; i < name.length; i++) {
    if (name[i] === ' ') {
      const next = skipSpace(source, at);
      if (next === at) return -1;
      at = next;
    } else if (source[at] === name[i]) at++;
    else return -1;
  }
  return isNamePart(source, at - 1) && isNamePart(source, at) ? -1 : at;
}

/** A name as FEEL normalises it: single spaces between its words. */
export function normalise(text: string): string {
  return text.trim().replace(/\s+/gu, ' ');
}

/**
 * Consumes the name at the cursor, which stands on a word: the longest of a bound name and of the adjacent
 * words (no operator may stand between two names, so adjacent words are one name).
 */
export function parseName(cursor: Cursor, scope: NameScope): string {
  const { source } = cursor;
  const { start } = cursor.token;
  let end = scope.longestAt(source, start);
  for (const name of CALLED_NAMES) {
    if (name[0] !== source[start]) continue;
    const called = spelledAt(source, start, name);
    if (called > end && tokenAt(source, called).text === '(') end = called;
  }
  if (cursor.token.kind === 'word' && (end > 0 || !isReserved(cursor.token.text))) {
    const words = wordsEnd(cursor, end);
    if (words > end) end = words;
  }
  if (end < 0) throw cursor.error(['a name']);
  cursor.moveTo(end);
  return normalise(source.slice(start, end));
}

/** Refuses a name of more words than the limit. */
export function limitWords(cursor: Cursor, words: number): void {
  const maximum = cursor.limits.nameWords;
  if (words > maximum) throw new ExpressionLimitError('nameWords', maximum);
}

function wordsEnd(cursor: Cursor, atLeast: number): number {
  if (isReserved(cursor.token.text)) return -1;
  let last: Token = cursor.token;
  const negation = last.text === 'not' && atLeast < 0;
  for (let count = 1; ; count++) {
    limitWords(cursor, count);
    const next = peekWord(cursor.source, last.end);
    if (!next || last.text === '?' || next.text === '?' || isReserved(next.text)) return last.end;
    if (next.text === 'instance' && peekWord(cursor.source, next.end)?.text === 'of')
      return last.end;
    if (negation) {
      cursor.moveTo(next.start);
      throw cursor.error(['('], 'negation is written not(…)');
    }
    if (SHOUTED.has(next.text) && next.end > atLeast) {
      cursor.moveTo(next.start);
      throw cursor.error([next.text.toLowerCase()], "FEEL's words are lower case");
    }
    last = next;
  }
}

function peekWord(source: string, offset: number): Token | null {
  const start = skipSpace(source, offset);
  // Only a word can follow; anything else (an unclosed string, say) is for the parser to find.
  if (!isNamePart(source, start) || /[0-9]/.test(source[start] ?? '')) return null;
  const token = tokenAt(source, start);
  return token.kind === 'word' ? token : null;
}

const DECLARED_NAME = /[^\s"'()[\]{},:;<>=!@#][^"'()[\]{},:;<>=!@#]*/y;

/** Consumes a name where the source binds one (context key, parameter, argument name): anything up to its end mark. */
export function parseBinding(cursor: Cursor): string {
  DECLARED_NAME.lastIndex = cursor.token.start;
  const found = DECLARED_NAME.exec(cursor.source);
  if (!found || /^[0-9.+*/-]/.test(found[0])) throw cursor.error(['a name']);
  const name = normalise(found[0]);
  limitWords(cursor, name.split(' ').length);
  cursor.moveTo(cursor.token.start + found[0].trimEnd().length);
  return name;
}
