import { ExpressionLimitError } from '../errors.js';
import type { Limits } from '../errors.js';
import { parseNumber } from '../values/decimal.js';
import { parseAtLiteral } from '../temporal/literal.js';
import type { ArithmeticOperator, ComparisonOperator, Node, NodeShape } from './ast.js';
import {
  parseBracketed,
  parseContext,
  parseParenthesised,
  parseReversed,
  closeRange,
} from './brackets.js';
import { CONTROL_FORMS } from './control.js';
import { Cursor } from './cursor.js';
import type { Grammar } from './grammar.js';
import { NameScope, isReserved, parseName } from './names.js';
import { parsePostfix } from './postfix.js';
import { parseType } from './types.js';

export type SourceKind = 'expression' | 'unaryTests';

const CONSTANTS: Readonly<Record<string, boolean | null>> = {
  true: true,
  false: false,
  null: null,
};
const COMPARISONS = new Set<string>(['=', '!=', '<', '<=', '>', '>=']);

/** The syntax tree of FEEL source (DMN 1.5 §10.3.1.2). `names` are declared ones that words alone do not spell. */
export function parse(
  source: string,
  kind: SourceKind,
  limits: Limits,
  names: readonly string[] = [],
): Node {
  if (source.length > limits.sourceLength) {
    throw new ExpressionLimitError('sourceLength', limits.sourceLength);
  }
  return new Parser(source, limits, names).whole(kind);
}

class Parser implements Grammar {
  readonly cursor: Cursor;
  readonly names: NameScope;
  /** Whether an end of a range is being parsed, whose `[` may close it. */
  private closesRange = false;

  constructor(source: string, limits: Limits, names: readonly string[]) {
    this.cursor = new Cursor(source, limits);
    this.names = new NameScope(names);
  }

  whole(kind: SourceKind): Node {
    const { cursor } = this;
    if (cursor.at('end')) throw cursor.error(['an expression']);
    const node = kind === 'unaryTests' ? this.unaryTests() : this.expression();
    if (!cursor.at('end')) {
      throw cursor.error(['an operator', 'the end of the expression']);
    }
    return node;
  }

  expression(): Node {
    return this.cursor.nest(() => this.disjunction());
  }

  sum(): Node {
    return this.cursor.nest(() => this.additive());
  }

  private unaryTests(): Node {
    const { cursor } = this;
    const { start } = cursor.token;
    if (cursor.is('-') && cursor.after(cursor.token).kind === 'end') {
      cursor.advance();
      return cursor.node(start, { kind: 'unaryTests', tests: [], negated: false });
    }
    const negated = cursor.is('not') && cursor.after(cursor.token).text === '(';
    if (negated) cursor.advance();
    const tests = negated ? this.testList() : this.tests();
    return cursor.node(start, { kind: 'unaryTests', tests, negated }, tests);
  }

  private testList(): Node[] {
    this.cursor.expect('(');
    const tests = this.tests();
    this.cursor.expect(')');
    return tests;
  }

  private tests(): Node[] {
    const tests = [this.test()];
    while (this.cursor.accept(',')) tests.push(this.test());
    return tests;
  }

  test(): Node {
    const { cursor } = this;
    const { start, text, kind } = cursor.token;
    if (kind !== 'symbol' || !COMPARISONS.has(text)) return this.expression();
    cursor.advance();
    const operand = this.sum();
    if (text === '=' || text === '!=') {
      return cursor.node(start, { kind: 'equalityTest', negated: text === '!=', operand }, [
        operand,
      ]);
    }
    const closed = text.length === 2;
    const [low, high] = text.startsWith('<') ? [null, operand] : [operand, null];
    const shape: NodeShape = {
      kind: 'range',
      low,
      high,
      lowClosed: low !== null && closed,
      highClosed: high !== null && closed,
    };
    return cursor.node(start, shape, [operand]);
  }

  private disjunction(): Node {
    return this.chain('or', () => this.chain('and', () => this.comparison()));
  }

  /** One flat node for a chain of any length, so that a thousand terms need no deep stack. */
  private chain(kind: 'and' | 'or', term: () => Node): Node {
    const { cursor } = this;
    const { start } = cursor.token;
    const first = term();
    if (!cursor.is(kind)) return first;
    const terms = [first];
    while (cursor.accept(kind)) terms.push(term());
    return cursor.node(start, { kind, terms }, terms);
  }

  private comparison(): Node {
    const { cursor } = this;
    const { start } = cursor.token;
    let left = this.additive();
    for (;;) {
      const { text, kind } = cursor.token;
      if (kind === 'symbol' && COMPARISONS.has(text)) {
        cursor.advance();
        const right = this.additive();
        const operator = text as ComparisonOperator;
        left = cursor.node(start, { kind: 'compare', operator, left, right }, [left, right]);
      } else if (cursor.accept('between')) {
        const low = this.additive();
        cursor.expect('and');
        const high = this.additive();
        left = cursor.node(start, { kind: 'between', value: left, low, high }, [left, low, high]);
      } else if (cursor.accept('in')) {
        const tests = this.inTests();
        left = cursor.node(start, { kind: 'in', value: left, tests }, [left, ...tests]);
      } else return left;
    }
  }

  private inTests(): Node[] {
    const { cursor } = this;
    const { start, text, kind } = cursor.token;
    if (kind === 'symbol' && COMPARISONS.has(text)) return [this.test()];
    if (!cursor.is('(')) return [this.sum()];
    return cursor.nest(() => {
      cursor.advance();
      if (cursor.accept('..')) return [closeRange(this, start, null, false)];
      const tests = [this.test()];
      if (cursor.accept('..')) return [closeRange(this, start, tests[0]!, false)];
      while (cursor.accept(',')) tests.push(this.test());
      cursor.expect(')');
      // "x in (a) + 1": the bracket was only the start of an operand.
      return tests.length === 1 ? [this.additive(this.postfix(tests[0], start))] : tests;
    });
  }

  private additive(first?: Node): Node {
    return this.leftAssociative(['+', '-'], (given) => this.product(given), first);
  }

  private product(first?: Node): Node {
    return this.leftAssociative(['*', '/'], (given) => this.powers(given), first);
  }

  /** Left-associative like the others, as DMN has it: 2 ** 3 ** 2 is 64. */
  private powers(first?: Node): Node {
    return this.leftAssociative(['**'], (given) => this.instance(given ?? this.unary()), first);
  }

  private leftAssociative(
    operators: readonly ArithmeticOperator[],
    operand: (first?: Node) => Node,
    first?: Node,
  ): Node {
    const { cursor } = this;
    const start = first?.start ?? cursor.token.start;
    let left = operand(first);
    for (;;) {
      const operator = operators.find((text) => cursor.is(text));
      if (!operator) return left;
      cursor.advance();
      const right = operand();
      left = cursor.node(start, { kind: 'arithmetic', operator, left, right }, [left, right]);
    }
  }

  private instance(operand: Node): Node {
    const { cursor } = this;
    if (!cursor.is('instance') || cursor.after(cursor.token).text !== 'of') return operand;
    cursor.advance();
    cursor.advance();
    const type = parseType(cursor);
    return cursor.node(operand.start, { kind: 'instanceOf', operand, type }, [operand]);
  }

  /** Binds tighter than `**`: -3 ** 2 is 9. */
  private unary(): Node {
    const { cursor } = this;
    if (!cursor.is('-')) return this.postfix();
    return cursor.nest(() => {
      const { start } = cursor.advance();
      const operand = this.unary();
      return cursor.node(start, { kind: 'negate', operand }, [operand]);
    });
  }

  endpoint(): Node {
    return this.cursor.nest(() => {
      const outer = this.closesRange;
      this.closesRange = true;
      const end = this.additive();
      this.closesRange = outer;
      return end;
    });
  }

  private postfix(given?: Node, from?: number): Node {
    const start = from ?? this.cursor.token.start;
    const inEndpoint = this.closesRange;
    this.closesRange = false;
    const node = parsePostfix(this, given ?? this.primary(), start, inEndpoint);
    this.closesRange = inEndpoint;
    return node;
  }

  private primary(): Node {
    const { cursor } = this;
    const { token } = cursor;
    const { start } = token;
    switch (token.kind) {
      case 'number':
        cursor.advance();
        return cursor.node(start, { kind: 'literal', value: parseNumber(token.text) });
      case 'string':
        cursor.advance();
        return cursor.node(start, { kind: 'literal', value: token.text });
      case 'at':
        cursor.advance();
        return cursor.node(start, { kind: 'literal', value: parseAtLiteral(token.text) });
      case 'word':
        return this.word();
      case 'symbol':
        if (token.text === '(') return cursor.nest(() => parseParenthesised(this));
        if (token.text === '[') return cursor.nest(() => parseBracketed(this));
        if (token.text === ']') return cursor.nest(() => parseReversed(this));
        if (token.text === '{') return cursor.nest(() => parseContext(this));
        break;
      case 'end':
        break;
    }
    throw cursor.error(['an expression']);
  }

  private word(): Node {
    const { cursor } = this;
    const { text, start } = cursor.token;
    if (this.names.longestAt(cursor.source, start) < 0) {
      const constant = Object.hasOwn(CONSTANTS, text) ? CONSTANTS[text] : undefined;
      if (constant !== undefined) {
        cursor.advance();
        return cursor.node(start, { kind: 'literal', value: constant });
      }
      const control = Object.hasOwn(CONTROL_FORMS, text) ? CONTROL_FORMS[text] : undefined;
      if (control) return cursor.nest(() => control(this));
      if (isReserved(text)) throw cursor.error(['an expression']);
    }
    const name = parseName(cursor, this.names);
    return cursor.node(start, { kind: 'name', name });
  }
}
