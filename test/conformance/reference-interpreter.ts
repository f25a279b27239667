import type { SyntaxNode, Value } from '#engine/expression';

/*
 * FEEL said slowly: a walk over the syntax tree that copies its scope at every binding and does exact arithmetic
 * on fractions of BigInts. It shares nothing with the engine but the parser, has no fast path, and knows only
 * what the fuzz test generates. Where the two differ, one of them is wrong.
 */

/** An exact number. The denominator is positive; it need not be in lowest terms. */
export class Fraction {
  constructor(
    readonly numerator: bigint,
    readonly denominator: bigint,
  ) {}

  static of(value: number): Fraction {
    const [digits = '0', exponent = '0'] = String(value).split('e');
    const [whole = '0', decimals = ''] = digits.split('.');
    const scale = decimals.length - Number(exponent);
    const coefficient = BigInt(whole + decimals);
    return scale >= 0
      ? new Fraction(coefficient, 10n ** BigInt(scale))
      : new Fraction(coefficient * 10n ** BigInt(-scale), 1n);
  }

  compare(other: Fraction): number {
    const difference = this.numerator * other.denominator - other.numerator * this.denominator;
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }
}

export interface Interval {
  low: Thing;
  high: Thing;
  lowClosed: boolean;
  highClosed: boolean;
}

export type Thing =
  null | boolean | string | Fraction | Thing[] | Map<string, Thing> | { interval: Interval };

type Scope = ReadonlyMap<string, Thing>;

export function fromValue(value: Value): Thing {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Fraction.of(value);
  if (Array.isArray(value)) return value.map((item) => fromValue(item as Value));
  return new Map(Object.entries(value).map(([key, item]) => [key, fromValue(item as Value)]));
}

function typeOf(thing: Thing): string {
  if (thing === null) return 'null';
  if (thing instanceof Fraction) return 'number';
  if (Array.isArray(thing)) return 'list';
  if (thing instanceof Map) return 'context';
  return typeof thing === 'object' ? 'range' : typeof thing;
}

export function same(a: Thing, b: Thing): boolean | null {
  if (a === null || b === null) return a === null && b === null;
  if (typeOf(a) !== typeOf(b)) return null;
  if (a instanceof Fraction) return a.compare(b as Fraction) === 0;
  if (Array.isArray(a)) {
    const other = b as Thing[];
    return a.length === other.length && a.every((item, i) => same(item, other[i]!) === true);
  }
  if (a instanceof Map) {
    const other = b as Map<string, Thing>;
    return (
      a.size === other.size &&
      [...a].every(([key, item]) => other.has(key) && same(item, other.get(key)!) === true)
    );
  }
  return a === b;
}

function order(a: Thing, b: Thing): number | null {
  if (a instanceof Fraction && b instanceof Fraction) return a.compare(b);
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  return null;
}

function both(a: boolean | null, b: boolean | null): boolean | null {
  if (a === false || b === false) return false;
  return a === null || b === null ? null : true;
}

function either(a: boolean | null, b: boolean | null): boolean | null {
  const neither = both(negated(a), negated(b));
  return negated(neither);
}

function negated(a: boolean | null): boolean | null {
  return a === null ? null : !a;
}

function truth(thing: Thing): boolean | null {
  return typeof thing === 'boolean' ? thing : null;
}

function ordered(operator: string, a: Thing, b: Thing): boolean | null {
  if (operator === '=') return same(a, b);
  if (operator === '!=') return negated(same(a, b));
  const o = order(a, b);
  if (o === null) return null;
  return operator === '<' ? o < 0 : operator === '<=' ? o <= 0 : operator === '>' ? o > 0 : o >= 0;
}

function within({ low, high, lowClosed, highClosed }: Interval, value: Thing): boolean | null {
  const above = low === null ? true : ordered(lowClosed ? '>=' : '>', value, low);
  const below = high === null ? true : ordered(highClosed ? '<=' : '<', value, high);
  // The engine asks the lower end first; an unordered one answers for both.
  return above === null ? null : above ? below : false;
}

function isInterval(thing: Thing): thing is { interval: Interval } {
  return typeOf(thing) === 'range';
}

function passes(value: Thing, test: Thing): boolean | null {
  if (isInterval(test)) return within(test.interval, value);
  if (!Array.isArray(test)) return same(value, test);
  if (Array.isArray(value) && same(value, test) === true) return true;
  return test
    .map((item) => (isInterval(item) ? within(item.interval, value) : same(value, item) === true))
    .reduce<boolean | null>(either, false);
}

function arithmetic(operator: string, a: Thing, b: Thing): Thing {
  if (operator === '+' && typeof a === 'string' && typeof b === 'string') return a + b;
  if (!(a instanceof Fraction) || !(b instanceof Fraction)) return null;
  const { numerator: x, denominator: y } = a;
  const { numerator: z, denominator: w } = b;
  if (operator === '*') return new Fraction(x * z, y * w);
  return new Fraction(operator === '+' ? x * w + z * y : x * w - z * y, y * w);
}

function property(target: Thing, name: string): Thing {
  if (Array.isArray(target)) return target.map((item) => property(item, name));
  return target instanceof Map ? (target.get(name) ?? null) : null;
}

/** A filter's element: its own entries hide what is around, and `item` is itself. */
function inside(scope: Scope, item: Thing): Scope {
  const entries = item instanceof Map ? item : new Map<string, Thing>();
  return new Map([...scope, ['item', item], ...entries]);
}

function filter(target: Thing, condition: SyntaxNode, scope: Scope): Thing {
  const list = Array.isArray(target) ? target : target === null ? [] : [target];
  const index = list.length === 0 ? interpret(condition, inside(scope, null)) : null;
  if (index instanceof Fraction) return null;
  const kept: Thing[] = [];
  for (const item of list) {
    const holds = interpret(condition, inside(scope, item));
    if (holds === true) kept.push(item);
    if (holds instanceof Fraction) {
      const at = Number(holds.numerator) / Number(holds.denominator);
      return (at > 0 ? list[at - 1] : list[list.length + at]) ?? null;
    }
  }
  return kept;
}

interface Loop {
  name: string;
  source: SyntaxNode;
}

/** Every combination of the iterators' elements; null where one of them is over null. */
function combinations(loops: readonly Loop[], scope: Scope): Scope[] | null {
  const [first, ...rest] = loops;
  if (!first) return [scope];
  const source = interpret(first.source, scope);
  if (source === null || isInterval(source)) return null;
  const found: Scope[] = [];
  for (const item of Array.isArray(source) ? source : [source]) {
    const inner = combinations(rest, new Map([...scope, [first.name, item]]));
    if (!inner) return null;
    found.push(...inner);
  }
  return found;
}

/** What `node` is with the names of `scope`. */
export function interpret(node: SyntaxNode, scope: Scope): Thing {
  const of = (child: SyntaxNode): Thing => interpret(child, scope);
  switch (node.kind) {
    case 'literal':
      return fromValue(node.value);
    case 'name':
      return scope.get(node.name) ?? null;
    case 'path':
      return property(of(node.target), node.name);
    case 'filter':
      return filter(of(node.target), node.condition, scope);
    case 'negate': {
      const operand = of(node.operand);
      return operand instanceof Fraction
        ? new Fraction(-operand.numerator, operand.denominator)
        : null;
    }
    case 'arithmetic':
      return arithmetic(node.operator, of(node.left), of(node.right));
    case 'compare':
      return ordered(node.operator, of(node.left), of(node.right));
    case 'between':
      return both(
        ordered('>=', of(node.value), of(node.low)),
        ordered('<=', of(node.value), of(node.high)),
      );
    case 'in': {
      const value = of(node.value);
      return node.tests
        .map((test) =>
          test.kind === 'range' && of(test) === null ? null : passes(value, of(test)),
        )
        .reduce<boolean | null>(either, false);
    }
    case 'and':
      return node.terms.map((term) => truth(of(term))).reduce(both, true);
    case 'or':
      return node.terms.map((term) => truth(of(term))).reduce(either, false);
    case 'if':
      return of(node.condition) === true ? of(node.then) : of(node.otherwise);
    case 'list':
      return node.items.map(of);
    case 'context': {
      const made = new Map<string, Thing>();
      for (const { key, value } of node.entries) {
        made.set(key, interpret(value, new Map([...scope, ...made])));
      }
      return made;
    }
    case 'range': {
      const low = node.low && of(node.low);
      const high = node.high && of(node.high);
      if ((node.low && low === null) || (node.high && high === null)) return null;
      if (low !== null && high !== null && order(low, high) === null) return null;
      if (order(low ?? high, low ?? high) === null) return null;
      return { interval: { low, high, lowClosed: node.lowClosed, highClosed: node.highClosed } };
    }
    case 'for':
      return (
        combinations(node.iterators, scope)?.map((inner) => interpret(node.body, inner)) ?? null
      );
    case 'quantified': {
      const answers = combinations(node.iterators, scope)?.map((inner) =>
        truth(interpret(node.condition, inner)),
      );
      if (!answers) return null;
      return node.every ? answers.reduce(both, true) : answers.reduce(either, false);
    }
    case 'call':
      // The one function that rules cannot do without.
      return negated(truth(of(node.args[0]!)));
    default:
      throw new Error(`the reference does not know ${node.kind}`);
  }
}
