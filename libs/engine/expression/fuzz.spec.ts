import fc from 'fast-check';
import {
  Fraction,
  fromValue,
  interpret,
  same,
} from '../../../test/conformance/reference-interpreter.js';
import type { Thing } from '../../../test/conformance/reference-interpreter.js';
import { DEFAULT_LIMITS, ExpressionLimitError, ExpressionSyntaxError } from './errors.js';
import { compile } from './compile.js';
import type { Value } from './values/value.js';
import { parse } from './syntax/parser.js';
import { fromParts, numberText } from './values/decimal.js';
import type { Numeric } from './values/decimal.js';
import { Range } from './values/range.js';
import { add, compareNumbers, divide, modulo, multiply, subtract } from './values/number.js';

const RUNS = 3_000;
/** Loops in loops may be long; how long is not what is asked here. */
const limits = { steps: 100_000_000 };

const scalar = fc.oneof(
  fc.integer({ min: -20, max: 20 }),
  fc.integer({ min: -2000, max: 2000 }).map((n) => n / 100),
  fc.constantFrom('', 'a', 'b', 'high', 'HR'),
  fc.boolean(),
  fc.constant(null),
);
const record = fc.dictionary(fc.constantFrom('x', 'y', 'k'), scalar, { maxKeys: 3 });
const data = fc.record(
  {
    a: scalar,
    b: scalar,
    'Full Name': scalar,
    xs: fc.array(scalar, { maxLength: 4 }),
    rows: fc.array(record, { maxLength: 4 }),
    user: record,
  },
  { requiredKeys: [] },
);

const literal = scalar.map((value) => (typeof value === 'string' ? `'${value}'` : String(value)));
const name = fc.constantFrom(
  'a',
  'b',
  'xs',
  'rows',
  'user',
  'Full Name',
  'user.x',
  'rows.k',
  'nothing',
  'i',
  'j',
);

/** Source text of random expressions, the operators as often as rules have them. */
const { expression } = fc.letrec<{ expression: string; condition: string; operand: string }>(
  (tie) => {
    const operand = tie('operand');
    const condition = tie('condition');
    const any = tie('expression');
    const comparison = fc.constantFrom('=', '!=', '<', '<=', '>', '>=');
    const bracket = fc.constantFrom(')', ']', '[');
    const range = fc
      .tuple(fc.constantFrom('(', '[', ']'), operand, operand, bracket)
      .map(([open, low, high, close]) => `${open}${low}..${high}${close}`);
    const test = fc.oneof(
      range,
      operand,
      fc.tuple(fc.constantFrom('<', '<=', '>', '>='), operand).map(([o, x]) => `${o} ${x}`),
    );
    const list = fc.array(any, { maxLength: 3 }).map((items) => `[${items.join(', ')}]`);
    return {
      operand: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        name,
        literal,
        fc
          .tuple(operand, fc.constantFrom('+', '-'), operand)
          .map(([x, o, y]) => `(${x} ${o} ${y})`),
        fc.tuple(fc.oneof(name, literal), fc.oneof(name, literal)).map(([x, y]) => `${x} * ${y}`),
        operand.map((x) => `-(${x})`),
      ),
      condition: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.tuple(operand, comparison, operand).map(([x, o, y]) => `${x} ${o} ${y}`),
        name,
        fc
          .tuple(operand, operand, operand)
          .map(([x, low, high]) => `${x} between ${low} and ${high}`),
        fc
          .tuple(operand, fc.array(test, { minLength: 1, maxLength: 3 }))
          .map(([x, tests]) => `${x} in (${tests.join(', ')})`),
        fc.tuple(operand, range).map(([x, r]) => `${x} in ${r}`),
        fc
          .tuple(fc.constantFrom('and', 'or'), fc.array(condition, { minLength: 2, maxLength: 4 }))
          .map(([o, terms]) => `(${terms.join(` ${o} `)})`),
        condition.map((x) => `not(${x})`),
        fc
          .tuple(fc.constantFrom('some', 'every'), list, condition)
          .map(([q, xs, x]) => `(${q} i in ${xs} satisfies ${x})`),
      ),
      expression: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        operand,
        condition,
        list,
        fc.tuple(condition, any, any).map(([c, x, y]) => `(if ${c} then ${x} else ${y})`),
        fc.tuple(list, list, any).map(([xs, ys, x]) => `(for i in ${xs}, j in ${ys} return ${x})`),
        fc
          .tuple(
            fc.constantFrom('xs', 'rows'),
            fc.oneof(condition, fc.constantFrom('1', '-1', '3', 'item = 2', 'k > 1', 'item.x = a')),
          )
          .map(([xs, c]) => `${xs}[${c}]`),
        fc.tuple(any, any).map(([x, y]) => `{p: ${x}, q: [p, ${y}]}`),
      ),
    };
  },
);

function scopeOf(context: object): Map<string, Thing> {
  return fromValue(context as Value) as Map<string, Thing>;
}

/** The same value; a range is only compared for being one. */
function agrees(value: Value, thing: Thing): boolean {
  if (Array.isArray(thing)) {
    return (
      Array.isArray(value) &&
      value.length === thing.length &&
      thing.every((item, i) => agrees(value[i] as Value, item))
    );
  }
  if (thing instanceof Map) {
    const entries = Object.entries(value as Record<string, Value>);
    return (
      entries.length === thing.size &&
      entries.every(([key, item]) => thing.has(key) && agrees(item, thing.get(key)!))
    );
  }
  if (typeof thing === 'object' && thing !== null && !(thing instanceof Fraction)) {
    return value instanceof Range;
  }
  return same(fromValue(value), thing) === true;
}

describe('random expressions on random data', () => {
  it('are what the reference interpreter says they are', () => {
    fc.assert(
      fc.property(expression, data, (source, context) => {
        const tree = parse(source, 'expression', DEFAULT_LIMITS);
        const expected = interpret(tree, scopeOf(context));
        const { value } = compile(source, { limits }).evaluate(context);
        if (!agrees(value, expected)) throw new Error(`${source}: got ${JSON.stringify(value)}`);
      }),
      { numRuns: RUNS },
    );
  });

  it('are the same by test, evaluate and explain', () => {
    fc.assert(
      fc.property(expression, data, (source, context) => {
        const compiled = compile(source, { limits });
        const { value } = compiled.evaluate(context);
        expect(compiled.test(context).value).toBe(typeof value === 'boolean' ? value : null);
        if (typeof value !== 'object') expect(compiled.explain(context).value).toBe(value);
      }),
      { numRuns: RUNS / 3 },
    );
  });

  it('of any text end in a result, a syntax error or a limit', () => {
    const words = fc.constantFrom(
      'a',
      'if',
      'then',
      'else',
      'for',
      'in',
      'return',
      'some',
      'satisfies',
      'and',
      'between',
      'function',
      'instance',
      'of',
      'not',
      'date',
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      ':',
      ',',
      '.',
      '..',
      '+',
      '-',
      '*',
      '**',
      '<',
      '>=',
      '=',
      '!=',
      '1',
      '.5',
      '"s"',
      "'t'",
      '@"P1D"',
      '?',
      '->',
      '"',
      "'",
      '/*',
      '//',
      '\\',
      '\u{1F40E}',
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 25 }), fc.constantFrom(' ', ''), (parts, gap) => {
        try {
          compile(parts.join(gap)).evaluate({ a: 1 });
        } catch (error) {
          if (!(error instanceof ExpressionSyntaxError || error instanceof ExpressionLimitError))
            throw error;
        }
      }),
      { numRuns: RUNS },
    );
  });
});

describe('decimal arithmetic', () => {
  const numeric = fc.oneof(
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }),
    fc.integer({ min: -1_000_000, max: 1_000_000 }).map((n) => n / 1000),
    fc
      .tuple(fc.bigInt({ min: -(10n ** 33n), max: 10n ** 33n }), fc.integer({ min: -40, max: 10 }))
      .map(([coefficient, exponent]) => fromParts(coefficient, exponent)!),
  );
  const exact = (n: Numeric): Fraction => {
    const [whole = '', decimals = ''] = numberText(n).split('.');
    return new Fraction(BigInt(whole + decimals), 10n ** BigInt(decimals.length));
  };
  /** |got - wanted| at most half a unit in the 34th digit of wanted. */
  const rounded = (got: Numeric | null, wanted: Fraction): boolean => {
    if (got === null) return false;
    const { numerator: x, denominator: y } = exact(got);
    const { numerator: z, denominator: w } = wanted;
    const error = x * w - z * y;
    return (error < 0n ? -error : error) * 2n * 10n ** 33n <= (z < 0n ? -z : z) * y;
  };

  it.each<
    [string, (a: Numeric, b: Numeric) => Numeric | null, (a: Fraction, b: Fraction) => Fraction]
  >([
    [
      'sums',
      add,
      (a, b) =>
        new Fraction(
          a.numerator * b.denominator + b.numerator * a.denominator,
          a.denominator * b.denominator,
        ),
    ],
    [
      'differences',
      subtract,
      (a, b) =>
        new Fraction(
          a.numerator * b.denominator - b.numerator * a.denominator,
          a.denominator * b.denominator,
        ),
    ],
    [
      'products',
      multiply,
      (a, b) => new Fraction(a.numerator * b.numerator, a.denominator * b.denominator),
    ],
  ])('%s are the exact ones, rounded to 34 digits', (_name, operation, exactly) => {
    fc.assert(
      fc.property(numeric, numeric, (a, b) =>
        rounded(operation(a, b), exactly(exact(a), exact(b))),
      ),
      { numRuns: RUNS },
    );
  });

  it('quotients too', () => {
    fc.assert(
      fc.property(numeric, numeric, (a, b) => {
        fc.pre(compareNumbers(b, 0) !== 0);
        const [x, y] = [exact(a), exact(b)];
        const sign = y.numerator < 0n ? -1n : 1n;
        const wanted = new Fraction(
          x.numerator * y.denominator * sign,
          x.denominator * y.numerator * sign,
        );
        return rounded(divide(a, b), wanted);
      }),
      { numRuns: RUNS },
    );
  });

  it('orders as the exact numbers are ordered', () => {
    fc.assert(
      fc.property(
        numeric,
        numeric,
        (a, b) => Math.sign(compareNumbers(a, b)) === exact(a).compare(exact(b)),
      ),
      { numRuns: RUNS },
    );
  });

  it('gives a remainder between zero and the divisor', () => {
    const small = fc.integer({ min: -100_000, max: 100_000 }).map((n) => n / 100);
    fc.assert(
      fc.property(small, small, (a, b) => {
        fc.pre(b !== 0);
        const remainder = modulo(a, b)!;
        const inside =
          compareNumbers(remainder, 0) * Math.sign(b) >= 0 &&
          Math.abs(Number(remainder)) < Math.abs(b);
        const quotient = divide(subtract(a, remainder)!, b)!;
        return inside && Number.isInteger(quotient);
      }),
      { numRuns: RUNS },
    );
  });
});
