import { compile } from './compile.js';

type Three = true | false | null;

const VALUES: Three[] = [true, false, null];
/** What is no boolean counts as null. */
const OTHERS = ['1', '"true"', '[]', '{}', 'missing'];

function valueOf(source: string, context: object = {}): unknown {
  return compile(source).evaluate(context).value;
}

function text(value: Three): string {
  return String(value);
}

describe('three-valued logic (DMN 1.5 table 50)', () => {
  const and: Record<string, Three> = {
    'true true': true,
    'true false': false,
    'true null': null,
    'false true': false,
    'false false': false,
    'false null': false,
    'null true': null,
    'null false': false,
    'null null': null,
  };
  const or: Record<string, Three> = {
    'true true': true,
    'true false': true,
    'true null': true,
    'false true': true,
    'false false': false,
    'false null': null,
    'null true': true,
    'null false': null,
    'null null': null,
  };

  for (const a of VALUES) {
    for (const b of VALUES) {
      it(`${a} and/or ${b}, of literals and of data alike`, () => {
        const key = `${a} ${b}`;
        expect(valueOf(`${text(a)} and ${text(b)}`)).toBe(and[key]);
        expect(valueOf(`${text(a)} or ${text(b)}`)).toBe(or[key]);
        expect(valueOf('a and b', { a, b })).toBe(and[key]);
        expect(valueOf('a or b', { a, b })).toBe(or[key]);
      });

      it(`chains of four decide as pairs do: ${a}, ${b}`, () => {
        const key = `${a} ${b}`;
        expect(valueOf('a and b and a and b', { a, b })).toBe(and[key]);
        expect(valueOf('a or b or a or b', { a, b })).toBe(or[key]);
      });
    }
  }

  it.each(OTHERS)('%s counts as null', (other) => {
    for (const b of VALUES) {
      expect(valueOf(`${other} and ${text(b)}`)).toBe(and[`null ${b}`]);
      expect(valueOf(`${text(b)} and ${other}`)).toBe(and[`${b} null`]);
      expect(valueOf(`${other} or ${text(b)}`)).toBe(or[`null ${b}`]);
      expect(valueOf(`${text(b)} or ${other}`)).toBe(or[`${b} null`]);
    }
  });

  it('negates, and leaves null as it is', () => {
    expect(valueOf('not(true)')).toBe(false);
    expect(valueOf('not(false)')).toBe(true);
    expect(valueOf('not(null)')).toBeNull();
    expect(valueOf('not(urgent)', { urgent: false })).toBe(true);
    expect(valueOf('not(urgent)', { urgent: 'no' })).toBeNull();
    expect(valueOf('not(urgent)')).toBeNull();
  });

  it('takes the else branch for whatever is not true', () => {
    for (const condition of ['false', 'null', '1', '"true"']) {
      expect(valueOf(`if ${condition} then 1 else 2`)).toBe(2);
    }
    expect(valueOf('if true then 1 else 2')).toBe(1);
  });

  it('quantifies: one decisive element outweighs any null', () => {
    expect(valueOf('some x in [null, true] satisfies x')).toBe(true);
    expect(valueOf('some x in [null, false] satisfies x')).toBeNull();
    expect(valueOf('some x in [false] satisfies x')).toBe(false);
    expect(valueOf('every x in [null, false] satisfies x')).toBe(false);
    expect(valueOf('every x in [null, true] satisfies x')).toBeNull();
    expect(valueOf('every x in [] satisfies x')).toBe(true);
    expect(valueOf('some x in [] satisfies x')).toBe(false);
  });
});

describe('comparison', () => {
  it.each([
    ['1 = "1"', null],
    ['true = 1', null],
    ['null = null', true],
    ['1 = null', false],
    ['null != 1', true],
    ['1 != "1"', null],
    ['[1, 2] = [1, 2]', true],
    ['[1, 2] = [2, 1]', false],
    ['{a: 1, b: 2} = {b: 2, a: 1}', true],
    ['{a: 1} = {a: 1, b: null}', false],
    ['1 < "2"', null],
    ['null < 1', null],
    ['"a" < "b"', true],
    ['"\u{1F40E}" > "\uFF5E"', true],
    ['[1] < [2]', null],
    ['true < false', null],
    ['duration("P1Y") < duration("P400D")', null],
  ])('%s is %s', (source, expected) => {
    expect(valueOf(source)).toBe(expected);
  });

  it('never matches on absent data, whichever way it is asked', () => {
    for (const source of ['x > 1', 'x < 1', '1 < x', 'x between 1 and 2', 'x in [1..2]']) {
      expect(compile(source).test({})).toMatchObject({ matched: false, value: null });
    }
    expect(compile('x in (1, 2)').test({})).toMatchObject({ matched: false, value: false });
    expect(compile("x = 'a'").test({})).toMatchObject({ matched: false, value: false });
  });
});

describe('between and in', () => {
  it.each([
    ['5 between 10 and 1', false],
    ['5 between 1 and 10', true],
    ['1 between 1 and 10', true],
    ['10 between 1 and 10', true],
    ['5 between null and 1', false],
    ['5 between null and 10', null],
    ['5 in [10..1]', false],
    ['5 in [1..5)', false],
    ['5 in [1..5]', true],
    ['1 in (1..5]', false],
    ['1 in ]1..5]', false],
    ['5 in [1..5[', false],
    ['5 in (< 5)', false],
    ['5 in (> 1, < 0)', true],
    ['5 in (1, 2, 5)', true],
    ['5 in [1, 2, [4..6]]', true],
    ['5 in ("a", 5)', true],
    ['"a" in [1..5]', null],
    ['5 in (null..10]', null],
    ['5 in !=5', false],
    ['[1, 2] in [[1, 2], [3]]', true],
    ['not(5 in (1, 2))', true],
  ])('%s is %s', (source, expected) => {
    expect(valueOf(source)).toBe(expected);
  });

  it('ends a range at its bracket', () => {
    const source = 'amount in [1..5) and score >= 2';
    expect(valueOf(source, { amount: 4, score: 2 })).toBe(true);
    expect(valueOf(source, { amount: 5, score: 2 })).toBe(false);
    expect(valueOf(source, { amount: 4, score: 1 })).toBe(false);
    expect(valueOf('amount in (1..5[ or list[1] = 2', { amount: 9, list: [2] })).toBe(true);
    expect(valueOf('2 in [1..list[1]]', { list: [2] })).toBe(true);
  });

  it('binds the and of between before that of a conjunction', () => {
    expect(valueOf('x between 1 and 10 and y', { x: 3, y: false })).toBe(false);
    expect(valueOf('x between 1 and 10 and y', { x: 3, y: true })).toBe(true);
  });
});

describe('unary tests', () => {
  const test = (source: string, input: unknown, context: object = {}): Three =>
    compile(source, { kind: 'unaryTests' }).test(context, { input }).value;

  it.each([
    ['-', 1, true],
    ['< 10', 5, true],
    ['< 10', 15, false],
    ['[1..5)', 5, false],
    ['1, 2, 3', 2, true],
    ["'a', 'b'", 'c', false],
    ['not(1, 2)', 3, true],
    ['not(1, 2)', 2, false],
    ['not(< 10)', null, null],
    ['null', null, true],
    ['>= limit', 5, true],
    ['!= 5', 5, false],
    ['? > 2 and ? < 4', 3, true],
    ['? > 2 and ? < 4', 4, false],
    ['contains(?, "b")', 'abc', true],
    ['true', true, true],
    ['true', false, false],
  ])('%s on %j is %s', (source, input, expected) => {
    expect(test(source, input, { limit: 5 })).toBe(expected);
  });
});
