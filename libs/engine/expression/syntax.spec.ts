import { ExpressionLimitError, ExpressionSyntaxError } from './errors.js';
import { compile } from './compile.js';
import type { CompileOptions } from './expression.js';

function refusal(source: string, options?: CompileOptions): ExpressionSyntaxError {
  try {
    compile(source, options);
  } catch (error) {
    if (error instanceof ExpressionSyntaxError) return error;
    throw error;
  }
  throw new Error(`${source} was taken`);
}

function valueOf(source: string, context: object = {}, options?: CompileOptions): unknown {
  return compile(source, options).evaluate(context).value;
}

describe('operators of other languages', () => {
  it.each([
    ['a == 1', '==', '=', 2],
    ['a === 1', '===', '=', 2],
    ['a => 1', '=>', '>=', 2],
    ['a =< 1', '=<', '<=', 2],
    ['a <> 1', '<>', '!=', 2],
    ['a && b', '&&', 'and', 2],
    ['a || b', '||', 'or', 2],
    ['!a', '!', 'not(…)', 0],
    ['a AND b', 'AND', 'and', 2],
    ['a OR b', 'OR', 'or', 2],
    ['a % 2', '%', 'modulo(…)', 2],
    ['not urgent', 'urgent', '(', 4],
  ])('%s: %s is written %s', (source, wrong, right, offset) => {
    const error = refusal(source);
    expect(error).toMatchObject({
      code: 'expression_syntax',
      expected: [right],
      found: `"${wrong}"`,
    });
    expect(error.position.offset).toBe(offset);
    expect(error.hint).toBeTruthy();
  });

  it('leaves != alone', () => {
    expect(valueOf('a != 1', { a: 2 })).toBe(true);
  });
});

describe('syntax errors', () => {
  it.each([
    ['', 0, 'the end of the expression'],
    ['a = ', 4, 'the end of the expression'],
    ['(a', 2, 'the end of the expression'],
    ['a)', 1, '")"'],
    ['a > 1 b', 6, '"b"'],
    ['if a then b', 11, 'the end of the expression'],
    ['1 between 2', 11, 'the end of the expression'],
    ['[1..2', 5, 'the end of the expression'],
    ['{a 1}', 4, '"}"'],
    ['"abc', 0, 'the end of the expression'],
    ['f(a: 1, 2)', 8, '"2"'],
    ['1a', 0, '"1a"'],
    ['then', 0, '"then"'],
    ['a # b', 2, '"#"'],
    ['x instance of', 13, 'the end of the expression'],
  ])('%s fails at %d on %s', (source, offset, found) => {
    const error = refusal(source);
    expect(error.position.offset).toBe(offset);
    expect(error.found).toBe(found);
    expect(error.expected.length).toBeGreaterThan(0);
    expect(error.message).toContain(`column ${error.position.column}`);
  });

  it('counts lines and columns from 1', () => {
    expect(refusal('a = 1 and\n  b == 2').position).toEqual({ offset: 14, line: 2, column: 5 });
  });
});

describe('strings', () => {
  it('may be single-quoted, and are the same', () => {
    expect(valueOf(`'high' = "high"`)).toBe(true);
    expect(valueOf("priority = 'high'", { priority: 'high' })).toBe(true);
    expect(valueOf(`'say "yes"'`)).toBe('say "yes"');
    expect(valueOf(`"it's"`)).toBe("it's");
    expect(valueOf("'it\\'s'")).toBe("it's");
    expect(valueOf("''")).toBe('');
  });

  it('know escapes, and keep other backslashes', () => {
    expect(valueOf('"a\\n\\t\\"\\\\\\u0041\\U01F40E"')).toBe('a\n\t"\\A\u{1F40E}');
    expect(valueOf('matches("a1", "a\\d")')).toBe(true);
    expect(valueOf('string length("\u{1F40E}")')).toBe(1);
  });

  it('name nothing by an escape that could not be stored', () => {
    expect(() => compile('1 + count(["a\\u0000"])')).toThrow(
      'line 1, column 12: expected text that can be stored, found the character U+0000',
    );
    expect(() => compile('"\\ud83d" + "x"')).toThrow('found half of a surrogate pair');
    expect(valueOf('"\\ud83d\\ude00"')).toBe('😀');
  });
});

describe('names', () => {
  it('of several words are the adjacent words, whatever the white space', () => {
    const context = { 'Full Name': 'Ada', 'Employment Status': 'EMPLOYED' };
    expect(valueOf('Full Name', context)).toBe('Ada');
    expect(valueOf('Full   Name = "Ada" and Employment\nStatus = "EMPLOYED"', context)).toBe(true);
    expect(compile('Full Name = "Ada" and Employment Status in ("A", "B")').variables).toEqual([
      'Employment Status',
      'Full Name',
    ]);
  });

  it('of built-in functions may hold reserved words', () => {
    expect(valueOf('date and time("2024-01-01T10:00:00").hour')).toBe(10);
    expect(
      valueOf('years and months duration(date("2020-01-01"), date("2021-03-01")).months'),
    ).toBe(2);
    expect(valueOf('date and time', { date: true, time: false })).toBe(false);
    expect(valueOf('index of([1, 2, 1], 1)')).toEqual([1, 3]);
  });

  it('do not depend on the keys of the data', () => {
    const data = { a: 5, b: 3, 'a-b': 100, 'a b': 7, sum: 1 };
    expect(valueOf('a-b', data)).toBe(2);
    expect(valueOf('a - b', data)).toBe(2);
    expect(valueOf('sum([1, 2])', data)).toBe(3);
    expect(compile('a-b').variables).toEqual(['a', 'b']);
  });

  it('are what is declared, where that is more than words', () => {
    const data = { a: 5, b: 3, 'a-b': 100, 'days in month': 31, 'Q 1': 9 };
    const names = ['a-b', 'days in month', 'Q 1'];
    expect(valueOf('a-b', data, { names })).toBe(100);
    expect(valueOf('a - b', data, { names })).toBe(2);
    expect(valueOf('days in month > 30 and Q 1 = 9', data, { names })).toBe(true);
    expect(valueOf('a-bc', { a: 5, bc: 1 }, { names })).toBe(4);
  });

  it('are what the source binds', () => {
    expect(valueOf('{foo+bar: 1, baz: foo+bar}.baz')).toBe(1);
    expect(valueOf('{days in month: 31, x: days in month + 1}.x')).toBe(32);
    expect(valueOf('(function(a-b) a-b * 2)(4)')).toBe(8);
    expect(valueOf('{a-b: 1, x: (for a in [3], b in [2] return a - b)[1]}.x')).toBe(1);
  });

  it('start with no digit, and end at an operator', () => {
    expect(valueOf('x1+1', { x1: 2 })).toBe(3);
    expect(valueOf('a instance of number', { a: 1 })).toBe(true);
    expect(valueOf('{instance: 1, of: 2}.of')).toBe(2);
  });

  it('have no more words than the limit', () => {
    const long = Array(1000).fill('word').join(' ');
    for (const source of [
      long,
      `{${long}: 1}`,
      `for ${long} in [1] return 1`,
      `x instance of ${long}`,
    ]) {
      expect(() => compile(source)).toThrow(ExpressionLimitError);
    }
  });
});

describe('precedence', () => {
  it.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['2 ** 3 ** 2', 64],
    ['-3 ** 2', 9],
    ['2 ** -1', 0.5],
    ['10 - 2 - 3', 5],
    ['1 + 1 = 2 and 2 > 1', true],
    ['false and false or true', true],
    ['true or false and false', true],
    ['1 < 2 = true', true],
    ['--5', 5],
    ['1 + /* two */ 2 // three', 3],
    ['if true then 1 else 2 + 3', 1],
    ['-[1, 2][1]', -1],
  ])('%s is %j', (source, expected) => {
    expect(valueOf(source)).toBe(expected);
  });
});
