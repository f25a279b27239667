import { DEFAULT_LIMITS, ExpressionLimitError } from './errors.js';
import { compile } from './compile.js';
import { toJson } from './json.js';

const NOW = '2024-03-01T09:30:00Z';

function valueOf(source: string, context: object = {}): unknown {
  return compile(source).evaluate(context, { now: NOW }).value;
}

describe('compile', () => {
  it('gives the same object for the same source and options', () => {
    expect(compile('a > 1')).toBe(compile('a > 1'));
    expect(compile('a > 1', { kind: 'unaryTests' })).not.toBe(compile('a > 1'));
    expect(compile('a-b', { names: ['a-b'] })).not.toBe(compile('a-b'));
  });

  it('keeps a bounded number of them', () => {
    const first = compile('a = 1001');
    for (let i = 0; i < 10_500; i++) compile(`a = -${i}`);
    expect(compile('a = 1001')).not.toBe(first);
  });

  it('holds to the limits given', () => {
    expect(() => compile('((1))', { limits: { nesting: 3 } })).toThrow(ExpressionLimitError);
    const loop = compile('for i in 1..100 return i', { limits: { steps: 50 } });
    expect(() => loop.evaluate({})).toThrow(
      expect.objectContaining({ code: 'expression_limit', limit: 'steps', maximum: 50 }),
    );
    expect(DEFAULT_LIMITS.steps).toBeGreaterThan(1000);
  });
});

describe('numbers', () => {
  it.each([
    ['0.1 + 0.2 = 0.3', true],
    ['0.1 + 0.2', 0.3],
    ['0.3 - 0.1 = 0.2', true],
    ['1.1 * 1.1 = 1.21', true],
    ['4.35 * 100 = 435', true],
    ['1 / 3 * 3 = 1', false],
    ['1 / 3 + 2 / 3 = 1', true],
    ['9007199254740993 = 9007199254740992', false],
    ['9007199254740992 + 1 = 9007199254740993', true],
    ['123456789012345678901234567890 - 123456789012345678901234567889', 1],
    ['string(1 / 3)', '0.3333333333333333333333333333333333'],
    ['string(2 / 3)', '0.6666666666666666666666666666666667'],
    ['string(1.50)', '1.5'],
    ['string(1e21)', '1000000000000000000000'],
    ['1 / 0', null],
    ['10 ** 400 > 10 ** 399', true],
    ['10 ** 7000', null],
    ['sqrt(2) * sqrt(2) > 1.9999999999999999', true],
    ['decimal(2.5, 0)', 2],
    ['decimal(0.515, 2)', 0.52],
    ['round half up(2.5, 0)', 3],
    ['round half down(2.5, 0)', 2],
    ['round up(-1.1, 0)', -2],
    ['round down(-1.9, 0)', -1],
    ['floor(-1.56, 1)', -1.6],
    ['ceiling(1.51, 1)', 1.6],
    ['round half up(1250, -2)', 1300],
    ['modulo(-12, 5)', 3],
    ['modulo(12, -5)', -3],
    ['modulo(10.1, 4.5)', 1.1],
    ['even(-2) and odd(3)', true],
    ['number("1.234,5", ".", ",")', 1234.5],
    ['number("abc")', null],
    ['1 = 1.000', true],
  ])('%s is %j', (source, expected) => {
    expect(valueOf(source)).toEqual(expected);
  });

  it('reads the data as their shortest decimals', () => {
    expect(valueOf('a + b = 0.3', { a: 0.1, b: 0.2 })).toBe(true);
    expect(valueOf('price * 3 = 59.97', { price: 19.99 })).toBe(true);
  });

  it('gives plain numbers', () => {
    expect(typeof valueOf('1 / 3')).toBe('number');
    expect(valueOf('[1 / 3, {a: 2 / 3}]')).toEqual([1 / 3, { a: 2 / 3 }]);
    expect(compile('10 ** 400').evaluate({})).toMatchObject({
      value: null,
      warnings: [{ code: 'out_of_range' }],
    });
  });
});

describe('data', () => {
  it('are own keys alone', () => {
    for (const name of [
      '__proto__',
      'constructor',
      'toString',
      'hasOwnProperty',
      'a.__proto__',
      'a.constructor',
    ]) {
      expect(valueOf(name, { a: {} })).toBeNull();
    }
    expect(valueOf('constructor', { constructor: 5 })).toBe(5);
    expect(valueOf('__proto__.x', JSON.parse('{"__proto__": {"x": 5}}') as object)).toBe(5);
    expect(valueOf('a.b', { a: Object.create({ b: 1 }) as object })).toBeNull();
    expect(valueOf('b', Object.create({ b: 1 }) as object)).toBeNull();
    expect(valueOf('b > 0', Object.create({ b: 1 }) as object)).toBeNull();
  });

  it('may be written with any key, and pollute nothing', () => {
    const made = valueOf('{"__proto__": {"polluted": true}}') as object;
    expect(Object.keys(made)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(valueOf('context put({}, "__proto__", 1)')).toHaveProperty(['__proto__'], 1);
  });

  it('hold no functions: they are refused, and never called', () => {
    let called = 0;
    const trap = (): number => ++called;
    for (const source of [
      'f',
      'f()',
      'f(1)',
      'o.f()',
      'f = 1',
      '[f]',
      'o',
      'f > 1',
      'not(f)',
      'sort([1, 2], f)',
    ]) {
      const { value, warnings } = compile(source).evaluate({ f: trap, o: { f: trap } });
      expect(JSON.stringify(value)).not.toContain('function');
      if (source !== 'o') expect(warnings.length).toBeGreaterThan(0);
    }
    expect(called).toBe(0);
    expect(compile('o').evaluate({ o: { f: trap } }).value).toEqual({ f: null });
  });

  it('that no JSON holds are null', () => {
    for (const x of [NaN, Infinity, undefined, Symbol('x'), 1n]) {
      expect(compile('x').evaluate({ x }).value).toBeNull();
      expect(compile('x > 1').test({ x }).matched).toBe(false);
    }
  });

  it('are never changed, nor handed out', () => {
    const context = Object.freeze({ list: Object.freeze([3, 1, 2]), o: Object.freeze({ a: 1 }) });
    expect(valueOf('sort(list, function(a, b) a < b)', context)).toEqual([1, 2, 3]);
    expect(valueOf('context put(o, "b", 2)', context)).toEqual({ a: 1, b: 2 });
    expect(valueOf('o', context)).not.toBe(context.o);
  });

  it('may be what an expression gave', () => {
    const { value } = compile('date("2024-02-29")').evaluate({});
    expect(valueOf('d + duration("P1Y") = date("2025-02-28")', { d: value })).toBe(true);
  });
});

describe('warnings', () => {
  const codes = (source: string, context: object = {}): string[] =>
    compile(source)
      .evaluate(context)
      .warnings.map(({ code }) => code);

  it('say why something is null, and where', () => {
    expect(codes('missing + 1')).toEqual(['unknown_name', 'wrong_type']);
    expect(codes('1 + "a"')).toEqual(['wrong_type']);
    expect(codes('nothing(1)')).toContain('not_a_function');
    expect(codes('substring(1, 2)')).toEqual(['wrong_arguments']);
    expect(codes('amount > 1000', { amount: 'much' })).toEqual(['wrong_type']);
    expect(compile('1 + (2 * "a")').evaluate({}).warnings[0]).toMatchObject({ offset: 5 });
    expect(codes('amount > 1000', { amount: 2000 })).toEqual([]);
  });

  it('are at most twenty', () => {
    expect(codes('for i in 1..100 return i + "a"')).toHaveLength(20);
  });

  it('tell that there is no clock', () => {
    expect(compile('now()').evaluate({})).toMatchObject({
      value: null,
      warnings: [{ code: 'no_clock' }],
    });
    expect(compile('today()').evaluate({})).toMatchObject({
      value: null,
      warnings: [{ code: 'no_clock' }],
    });
    expect(toJson(compile('now()').evaluate({}, { now: NOW }).value).value).toBe(NOW);
    expect(toJson(compile('today()').evaluate({}, { now: new Date(NOW) }).value).value).toBe(
      '2024-03-01',
    );
    expect(compile('now() = now()').evaluate({}, { now: Date.parse(NOW) }).value).toBe(true);
  });
});

describe('variables', () => {
  it.each([
    ["amount > 1000 and priority = 'high'", ['amount', 'priority']],
    ['user.role = "manager" or user.level > 3', ['user.level', 'user.role']],
    ['for i in items return i * rate', ['items', 'rate']],
    ['some x in a, y in x satisfies x = y + z', ['a', 'z']],
    ['(function(a) a + b)(c)', ['b', 'c']],
    ['{a: x, b: a + y}', ['x', 'y']],
    ['items[price > limit].name', ['items', 'limit', 'price']],
    ['items[item > 2]', ['items']],
    ['for i in 1..3 return partial', []],
    ['sum(list) > max(a.b, 2)', ['a.b', 'list']],
    ['a.b[1].c', ['a.b']],
    ['count > 5 and count(list) > 5', ['count', 'list']],
    ['1 + 2', []],
  ])('of %s', (source, expected) => {
    expect(compile(source).variables).toEqual(expected);
  });
});

describe('explain', () => {
  it('shows what every part was', () => {
    const trace = compile("amount > 1000 and priority = 'high'").explain({
      amount: 2000,
      priority: 'low',
    });
    expect(trace).toMatchObject({ kind: 'and', value: false, type: 'boolean', start: 0, end: 35 });
    expect(trace.children.map(({ text, value }) => [text, value])).toEqual([
      ['amount > 1000', true],
      ["priority = 'high'", false],
    ]);
    expect(trace.children[0]!.children).toMatchObject([
      { text: 'amount', value: 2000, type: 'number' },
    ]);
  });

  it('leaves out what was not evaluated', () => {
    const trace = compile('a and b').explain({ a: false });
    expect(trace.children.map(({ text }) => text)).toEqual(['a']);
  });

  it('says the same as evaluate', () => {
    for (const source of [
      '1 + 2',
      'x',
      'for i in 1..3 return i * x',
      '[1, 2][item > 1]',
      'date("2024-01-01")',
    ]) {
      const context = { x: 5 };
      const { value } = compile(source).explain(context);
      expect(value).toEqual(toJson(compile(source).evaluate(context).value).value);
    }
  });

  it('stays small', () => {
    const trace = compile('for i in 1..1000 return i + 1').explain({});
    expect(JSON.stringify(trace).length).toBeLessThan(100_000);
  });
});

describe('toJson', () => {
  it.each([
    ['date("2024-02-29")', '2024-02-29', 'date'],
    ['time("10:00:00Z")', '10:00:00Z', 'time'],
    ['@"2024-02-29T10:00:00@Europe/Paris"', '2024-02-29T10:00:00@Europe/Paris', 'date and time'],
    ['duration("P1DT2H")', 'P1DT2H', 'days and time duration'],
    ['duration("P14M")', 'P1Y2M', 'years and months duration'],
    ['[1, "a", null, date("2024-01-01")]', [1, 'a', null, '2024-01-01'], 'list'],
    ['{a: 1.5}', { a: 1.5 }, 'context'],
    ['[1..5)', '[1..5)', 'range'],
    ['null', null, 'null'],
    ['"x"', 'x', 'string'],
    ['true', true, 'boolean'],
  ])('%s', (source, value, type) => {
    expect(toJson(compile(source).evaluate({}).value)).toEqual({ value, type });
  });
});
