import { ExpressionSyntaxError, positionAt } from '../errors.js';

export type TokenKind = 'number' | 'string' | 'at' | 'word' | 'symbol' | 'end';

export interface Token {
  kind: TokenKind;
  /** The source text; for strings the text that they denote. */
  text: string;
  start: number;
  end: number;
}

const SPACE = /(?:\s|\u00a0|\ufeff|\/\/[^\n\r]*|\/\*[\s\S]*?\*\/)+/y;
const NUMBER = /(?:\d+(?:\.(?!\.)\d+)?|\.\d+)(?:[eE][+-]?\d+)?/y;
// DMN 1.5 rules 28-30 (name start and part characters), less "?", which is a name of its own.
const NAME_START =
  'A-Z_a-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C-\\u200D\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}';
const NAME_PART = `${NAME_START}0-9\\u00B7\\u0300-\\u036F\\u203F-\\u2040`;
const WORD = new RegExp(`\\?|[${NAME_START}][${NAME_PART}]*`, 'uy');
const PART = new RegExp(`[${NAME_PART}]`, 'uy');
const SLASH = 47;
/** Whether each ASCII character is part of a name: asking a table is most of what makes lexing quick. */
const NAME_PART_ASCII = Array.from({ length: 128 }, (_, code) =>
  /[A-Za-z_0-9]/.test(String.fromCharCode(code)),
);
const DIGIT_OR_POINT = /[0-9.]/;

const SYMBOL = /\*\*|\.\.|->|<=|>=|!=|[-+*/=<>()[\]{},.:@]/y;

/** How other languages write it, how FEEL does, and what to tell. */
const WRONG_SPELLINGS: readonly [wrong: string, right: string, hint: string][] = [
  ['===', '=', 'equality is written ='],
  ['==', '=', 'equality is written ='],
  ['=>', '>=', 'greater or equal is written >='],
  ['=<', '<=', 'less or equal is written <='],
  ['<>', '!=', 'inequality is written !='],
  ['&&', 'and', 'conjunction is written and'],
  ['||', 'or', 'disjunction is written or'],
  ['&', 'and', 'conjunction is written and'],
  ['|', 'or', 'disjunction is written or'],
  ['!', 'not(…)', 'negation is written not(…), inequality !='],
  ['%', 'modulo(…)', 'the remainder is written modulo(dividend, divisor)'],
  ['^', '**', 'a power is written **'],
  [';', 'the end of the expression', 'nothing ends an expression'],
];

export interface WrongSpelling {
  text: string;
  right: string;
  hint: string;
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '"': '"',
  "'": "'",
  '\\': '\\',
};

/** The FEEL spelling for an operator of another language at `offset`, if one stands there. */
export function wrongSpelling(source: string, offset: number): WrongSpelling | null {
  if (!'=<&|!%^;'.includes(source[offset] ?? ' ')) return null;
  for (const [text, right, hint] of WRONG_SPELLINGS) {
    if (source.startsWith(text, offset) && !(text === '!' && source[offset + 1] === '=')) {
      return { text, right, hint };
    }
  }
  return null;
}

/** Where white space and comments from `offset` end. */
export function skipSpace(source: string, offset: number): number {
  const code = source.charCodeAt(offset);
  if (code > 32 && code < 128 && code !== SLASH) return offset;
  if (code === 32 && NAME_PART_ASCII[source.charCodeAt(offset + 1)]) return offset + 1;
  SPACE.lastIndex = offset;
  return SPACE.test(source) ? SPACE.lastIndex : offset;
}

export function isNamePart(source: string, offset: number): boolean {
  const code = source.charCodeAt(offset);
  if (code < 128) return NAME_PART_ASCII[code]!;
  PART.lastIndex = offset;
  return PART.test(source);
}

function match(pattern: RegExp, source: string, offset: number): number {
  pattern.lastIndex = offset;
  return pattern.test(source) ? pattern.lastIndex : -1;
}

/** End of the word at `start`; -1 if none starts there. */
function wordEnd(source: string, start: number): number {
  const first = source.charCodeAt(start);
  if (first >= 128 || first === 63) return match(WORD, source, start);
  if (!NAME_PART_ASCII[first]) return -1;
  let end = start + 1;
  while (NAME_PART_ASCII[source.charCodeAt(end)]) end++;
  return source.charCodeAt(end) >= 128 ? match(WORD, source, start) : end;
}

/** The token at or after `offset`. Context-free: names of several words are the parser's. */
export function tokenAt(source: string, offset: number): Token {
  const start = skipSpace(source, offset);
  if (start >= source.length) return { kind: 'end', text: '', start, end: start };
  const quote = source[start]!;
  if (quote === '"' || quote === "'") return stringAt(source, start);

  let end = DIGIT_OR_POINT.test(quote) ? match(NUMBER, source, start) : -1;
  if (end > 0) {
    if (isNamePart(source, end)) {
      throw new ExpressionSyntaxError(
        positionAt(source, start),
        ['a number'],
        `"${source.slice(start, end + 1)}"`,
        'a name does not start with a digit',
      );
    }
    return { kind: 'number', text: source.slice(start, end), start, end };
  }
  end = wordEnd(source, start);
  if (end > 0) return { kind: 'word', text: source.slice(start, end), start, end };

  const wrong = wrongSpelling(source, start);
  // "<>" may also be the empty parameter list of a type, so it is found to be wrong by the parser.
  if (wrong && wrong.text !== '<>') {
    throw wrongSpellingError(source, start, wrong);
  }
  if (quote === '@' && /["']/.test(source[start + 1] ?? '')) {
    const literal = stringAt(source, start + 1);
    return { ...literal, kind: 'at', start };
  }
  end = match(SYMBOL, source, start);
  if (end > 0) return { kind: 'symbol', text: source.slice(start, end), start, end };
  const character = String.fromCodePoint(source.codePointAt(start)!);
  throw new ExpressionSyntaxError(
    positionAt(source, start),
    ['an expression'],
    JSON.stringify(character),
  );
}

/** `"…"` or, our addition, `'…'`, with the escapes of DMN 1.5 rule 35. */
function stringAt(source: string, start: number): Token {
  const quote = source[start]!;
  let text = '';
  let i = start + 1;
  for (;;) {
    const from = i;
    while (i < source.length && source[i] !== quote && source[i] !== '\\') i++;
    text += source.slice(from, i);
    if (i >= source.length) {
      throw new ExpressionSyntaxError(
        positionAt(source, start),
        [`a closing ${quote}`],
        'the end of the expression',
      );
    }
    if (source[i] === quote) {
      refuseUnstorable(text, source, start);
      return { kind: 'string', text, start, end: i + 1 };
    }
    const escape = source[i + 1] ?? '';
    const plain = ESCAPES[escape];
    const hex = escape === 'u' ? 4 : escape === 'U' ? 6 : 0;
    const digits = source.slice(i + 2, i + 2 + hex);
    if (plain !== undefined) {
      text += plain;
      i += 2;
    } else if (
      hex > 0 &&
      new RegExp(`^[0-9a-fA-F]{${hex}}$`).test(digits) &&
      parseInt(digits, 16) <= 0x10ffff
    ) {
      const code = parseInt(digits, 16);
      text += hex === 4 ? String.fromCharCode(code) : String.fromCodePoint(code);
      i += 2 + hex;
    } else {
      // Other backslashes stand for themselves, so that patterns such as "\d+" need no doubling.
      text += '\\';
      i += 1;
    }
  }
}

/** Escapes can name what is no text for a database, nor in any data; refused here, no expression makes it. */
function refuseUnstorable(text: string, source: string, start: number): void {
  const found = text.includes('\u0000')
    ? 'the character U+0000'
    : text.isWellFormed()
      ? undefined
      : 'half of a surrogate pair';
  if (found === undefined) return;
  throw new ExpressionSyntaxError(positionAt(source, start), ['text that can be stored'], found);
}

export function wrongSpellingError(
  source: string,
  offset: number,
  { text, right, hint }: WrongSpelling,
): ExpressionSyntaxError {
  return new ExpressionSyntaxError(positionAt(source, offset), [right], `"${text}"`, hint);
}
