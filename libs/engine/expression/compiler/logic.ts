import type { Closure, Run, Scope } from '../run.js';
import type { ComparisonOperator, Node } from '../syntax/ast.js';
import { OBJECT_STEPS, compare, equals, includes } from '../values/compare.js';
import { EqualityTest, Range } from '../values/range.js';
import { fromData, isList, typeName } from '../values/value.js';
import type { Value } from '../values/value.js';
import type { NodeCompilers } from './compiler.js';

function ordering(run: Run, offset: number, a: Value, b: Value): number | null {
  if (typeof a === 'object' || typeof b === 'object') run.spend(OBJECT_STEPS);
  const order = compare(a, b);
  if (order === null) {
    run.warn('wrong_type', `${typeName(a)} and ${typeName(b)} have no order`, offset);
  }
  return order;
}

const ORDERS: Record<'<' | '<=' | '>' | '>=', (order: number) => boolean> = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

export function equalValues(run: Run, offset: number, a: Value, b: Value): boolean | null {
  const equal = equals(a, b, run);
  if (equal === null) {
    run.warn('wrong_type', `${typeName(a)} and ${typeName(b)} are never equal`, offset);
  }
  return equal;
}

function comparison(
  operator: ComparisonOperator,
  left: Closure,
  right: Closure,
  offset: number,
): Closure {
  if (operator === '=' || operator === '!=') {
    const negated = operator === '!=';
    return (run, scope) => {
      const a = left(run, scope);
      const b = right(run, scope);
      const equal = equalValues(run, offset, a, b);
      return equal === null ? null : equal !== negated;
    };
  }
  const holds = ORDERS[operator];
  return (run, scope) => {
    const order = ordering(run, offset, left(run, scope), right(run, scope));
    return order === null ? null : holds(order);
  };
}

/** Three-valued chain: `decisive` ends it; anything that is no boolean counts as null (DMN 1.5 table 50). */
function chain(terms: Closure[], decisive: boolean): Closure {
  return (run, scope) => {
    let result: boolean | null = !decisive;
    for (const term of terms) {
      const value = term(run, scope);
      if (value === decisive) return decisive;
      if (value !== !decisive) result = null;
    }
    return result;
  };
}

/**
 * Whether `input` passes what stands as a test: it is in a range or a list (whose elements may be ranges), or
 * equals the value.
 */
export function passes(run: Run, offset: number, input: Value, test: Value): boolean | null {
  if (test instanceof EqualityTest) {
    const equal = equalValues(run, offset, input, test.operand);
    return equal === null ? null : equal !== test.negated;
  }
  if (test instanceof Range) {
    if (input instanceof Range) return equals(input, test, run);
    return includes(test, input);
  }
  if (isList(test)) {
    run.spend(test.length);
    if (isList(input) && equals(input, test, run) === true) return true;
    let result: boolean | null = false;
    for (const raw of test) {
      const item = fromData(raw);
      const among = item instanceof Range || item instanceof EqualityTest;
      const passed = among ? passes(run, offset, input, item) : equals(input, item, run);
      if (passed === true) return true;
      if (passed === null && among) result = null;
    }
    return result;
  }
  return equalValues(run, offset, input, test);
}

/** Answers for one input. */
export type Test = (run: Run, scope: Scope | null, input: Value) => boolean | null;

/** The test that `node`, compiled to `value`, is where it stands as one. */
export function compileTest(node: Node, value: Closure): Test {
  const { start } = node;
  if (node.kind === 'range') {
    return (run, scope, input) => {
      const range = value(run, scope);
      return range === null ? null : passes(run, start, input, range);
    };
  }
  return (run, scope, input) => passes(run, start, input, value(run, scope));
}

/** Whether any of the tests holds, three-valued. */
export function anyOf(tests: readonly Test[]): Test {
  return (run, scope, input) => {
    let result: boolean | null = false;
    for (const test of tests) {
      const passed = test(run, scope, input);
      if (passed === true) return true;
      if (passed === null) result = null;
    }
    return result;
  };
}

export const compileLogic: NodeCompilers<
  'literal' | 'compare' | 'between' | 'and' | 'or' | 'if' | 'in'
> = {
  literal({ value }) {
    return () => value;
  },

  compare(node, scope, compiler) {
    const left = compiler.compile(node.left, scope);
    const right = compiler.compile(node.right, scope);
    return comparison(node.operator, left, right, node.start);
  },

  between(node, scope, compiler) {
    const value = compiler.compile(node.value, scope);
    const low = compiler.compile(node.low, scope);
    const high = compiler.compile(node.high, scope);
    const { start } = node;
    return (run, at) => {
      const v = value(run, at);
      const above = ordering(run, start, v, low(run, at));
      const below = ordering(run, start, v, high(run, at));
      // value >= low and value <= high, three-valued.
      if ((above !== null && above < 0) || (below !== null && below > 0)) return false;
      return above === null || below === null ? null : true;
    };
  },

  and(node, scope, compiler) {
    return chain(
      node.terms.map((term) => compiler.compile(term, scope)),
      false,
    );
  },

  or(node, scope, compiler) {
    return chain(
      node.terms.map((term) => compiler.compile(term, scope)),
      true,
    );
  },

  if(node, scope, compiler) {
    const condition = compiler.compile(node.condition, scope);
    const then = compiler.compile(node.then, scope);
    const otherwise = compiler.compile(node.otherwise, scope);
    return (run, at) => (condition(run, at) === true ? then(run, at) : otherwise(run, at));
  },

  in(node, scope, compiler) {
    const value = compiler.compile(node.value, scope);
    const tests = node.tests.map((test) => compileTest(test, compiler.compile(test, scope)));
    const test = anyOf(tests);
    return (run, at) => test(run, at, value(run, at));
  },
};
