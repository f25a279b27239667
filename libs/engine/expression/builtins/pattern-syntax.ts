/*
 * What XPath patterns write otherwise than RE2: free spacing, `.` and newlines, `\i` and `\c`, Unicode blocks,
 * and subtraction in character classes.
 */

/** Unicode blocks by their XSD names: those of the scripts that business data is written in. */
const BLOCKS: Readonly<Record<string, readonly [number, number]>> = {
  BasicLatin: [0x0000, 0x007f],
  'Latin-1Supplement': [0x0080, 0x00ff],
  'LatinExtended-A': [0x0100, 0x017f],
  'LatinExtended-B': [0x0180, 0x024f],
  IPAExtensions: [0x0250, 0x02af],
  CombiningDiacriticalMarks: [0x0300, 0x036f],
  Greek: [0x0370, 0x03ff],
  GreekandCoptic: [0x0370, 0x03ff],
  Cyrillic: [0x0400, 0x04ff],
  Armenian: [0x0530, 0x058f],
  Hebrew: [0x0590, 0x05ff],
  Arabic: [0x0600, 0x06ff],
  Devanagari: [0x0900, 0x097f],
  Bengali: [0x0980, 0x09ff],
  Tamil: [0x0b80, 0x0bff],
  Thai: [0x0e00, 0x0e7f],
  Georgian: [0x10a0, 0x10ff],
  HangulJamo: [0x1100, 0x11ff],
  LatinExtendedAdditional: [0x1e00, 0x1eff],
  GreekExtended: [0x1f00, 0x1fff],
  GeneralPunctuation: [0x2000, 0x206f],
  CurrencySymbols: [0x20a0, 0x20cf],
  LetterlikeSymbols: [0x2100, 0x214f],
  Arrows: [0x2190, 0x21ff],
  MathematicalOperators: [0x2200, 0x22ff],
  BoxDrawing: [0x2500, 0x257f],
  CJKSymbolsandPunctuation: [0x3000, 0x303f],
  Hiragana: [0x3040, 0x309f],
  Katakana: [0x30a0, 0x30ff],
  CJKUnifiedIdeographs: [0x4e00, 0x9fff],
  HangulSyllables: [0xac00, 0xd7af],
};

const INITIAL =
  ':A-Z_a-z\\x{C0}-\\x{D6}\\x{D8}-\\x{F6}\\x{F8}-\\x{2FF}\\x{370}-\\x{37D}\\x{37F}-\\x{1FFF}';
const NAME = `${INITIAL}\\-.0-9\\x{B7}\\x{300}-\\x{36F}\\x{203F}-\\x{2040}`;

/** `pattern` in RE2's syntax. Throws SyntaxError for what XPath does not have. */
export function translatePattern(pattern: string, flags: string): string {
  const source = flags.includes('x') ? withoutSpace(pattern) : pattern;
  const dot = flags.includes('s') ? '.' : '[^\\n\\r]';
  let result = '';
  let i = 0;
  while (i < source.length) {
    const character = source[i]!;
    if (character === '[') {
      const found = classAt(source, i, flags.includes('i'));
      result += found.text;
      i = found.end;
    } else if (character === '\\') {
      const found = escapeAt(source, i, false);
      result += found.text;
      i = found.end;
    } else {
      // "(?:" is XPath's; RE2's other "(?…" are not.
      if (source.startsWith('(?', i) && source[i + 2] !== ':') throw new SyntaxError('group');
      result += character === '.' ? dot : character;
      i++;
    }
  }
  return result;
}

/** White space does not count, save in a character class. */
function withoutSpace(pattern: string): string {
  let result = '';
  let depth = 0;
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern[i]!;
    const escaped = pattern[i - 1] === '\\' && pattern[i - 2] !== '\\';
    if (character === '[' && !escaped) depth++;
    if (character === ']' && !escaped) depth--;
    if (depth > 0 || !/\s/.test(character)) result += character;
  }
  return result;
}

function escapeAt(source: string, start: number, inClass: boolean): { text: string; end: number } {
  const letter = source[start + 1] ?? '';
  const block = /^\\([pP])\{Is([^}]+)\}/.exec(source.slice(start, start + 60));
  if (block) {
    const range = Object.hasOwn(BLOCKS, block[2]!) ? BLOCKS[block[2]!] : undefined;
    if (!range || (inClass && block[1] === 'P')) throw new SyntaxError('block');
    const text = range.map((code) => `\\x{${code.toString(16)}}`).join('-');
    const wrapped = inClass ? text : `[${block[1] === 'P' ? '^' : ''}${text}]`;
    return { text: wrapped, end: start + block[0].length };
  }
  const name = { i: INITIAL, c: NAME, I: INITIAL, C: NAME }[letter];
  if (name) {
    const negated = letter === 'I' || letter === 'C';
    if (inClass && negated) throw new SyntaxError('class');
    return { text: inClass ? name : `[${negated ? '^' : ''}${name}]`, end: start + 2 };
  }
  if (!/[nrt\\|.?*+(){}\-[\]^$dDwWsSpP/]/.test(letter)) throw new SyntaxError(`escape \\${letter}`);
  return { text: letter === '/' ? '/' : `\\${letter}`, end: start + 2 };
}

/** The class that starts at `[`, with subtraction (`[A-Z-[OI]]`) worked out. */
function classAt(
  source: string,
  start: number,
  ignoreCase: boolean,
): { text: string; end: number } {
  let text = '[';
  let i = start + 1;
  if (source[i] === '^') text += source[i++];
  for (;;) {
    const character = source[i];
    if (character === undefined) throw new SyntaxError('class');
    if (character === ']' && i > start + 1 && text !== '[^')
      return { text: `${text}]`, end: i + 1 };
    if (source.startsWith('-[', i)) {
      const inner = classAt(source, i + 1, ignoreCase);
      if (source[inner.end] !== ']') throw new SyntaxError('class');
      return { text: subtracted(`${text}]`, inner.text, ignoreCase), end: inner.end + 1 };
    }
    if (character === '[') throw new SyntaxError('class');
    if (character === '\\') {
      const found = escapeAt(source, i, true);
      text += found.text;
      i = found.end;
    } else {
      text += character;
      i++;
    }
  }
}

/** What working one subtraction out costs, in steps: it asks for each character of the basic plane. */
export const SUBTRACTION_STEPS = 40_000;

/** Class subtractions in `pattern`, at most. */
export function subtractions(pattern: string): number {
  return pattern.split('-[').length - 1;
}

/** The characters of the basic plane that are in `all` and not in `less`, as one class. */
function subtracted(all: string, less: string, ignoreCase: boolean): string {
  const flags = ignoreCase ? 'iu' : 'u';
  const native = (text: string): RegExp => new RegExp(text.replace(/\\x\{/g, '\\u{'), flags);
  const wanted = native(all);
  const unwanted = native(less);
  const ranges: string[] = [];
  const hex = (code: number): string => `\\x{${code.toString(16)}}`;
  let from = -1;
  for (let code = 0; code <= 0x10000; code++) {
    const character = String.fromCharCode(code);
    const surrogate = code >= 0xd800 && code <= 0xdfff;
    const inside =
      code < 0x10000 && !surrogate && wanted.test(character) && !unwanted.test(character);
    if (inside && from < 0) from = code;
    if (!inside && from >= 0) {
      ranges.push(`${hex(from)}-${hex(code - 1)}`);
      from = -1;
    }
  }
  // RE2 has no empty class; this one matches no character either.
  return ranges.length > 0 ? `[${ranges.join('')}]` : '[^\\x{0}-\\x{10FFFF}]';
}
