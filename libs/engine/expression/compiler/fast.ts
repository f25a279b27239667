import type { ComparisonOperator, Node } from '../syntax/ast.js';
import type { Context } from '../values/value.js';

/*
 * What most rules are: comparisons of a field with a constant, joined by `and` and `or`. For these a closure
 * over the data alone answers true or false, and undefined where anything is out of the ordinary (absent,
 * null, of another type, a decimal): the general closure then says what it is, and why.
 */
export type Fast = (data: Context) => boolean | undefined;

type Read = (data: Context) => unknown;

/** A fast closure for `node`; null where there is none. */
export function compileFast(node: Node): Fast | null {
  switch (node.kind) {
    case 'compare':
      return comparison(node.operator, node.left, node.right);
    case 'between':
      return between(node.value, node.low, node.high);
    case 'in':
      return membership(node.value, node.tests);
    case 'and':
      return chain(node.terms, conjunction);
    case 'or':
      return chain(node.terms, disjunction);
    case 'call': {
      const negated = node.callee.kind === 'name' && node.callee.name === 'not';
      if (!negated || node.args.length !== 1 || node.names) return null;
      const operand = compileFast(node.args[0]!);
      return operand && negation(operand);
    }
    case 'name':
    case 'path':
      return flag(node);
    default:
      return null;
  }
}

/** Text and numbers as a field has them; undefined where it has anything else. Null where the node is no field. */
export function compileScalar(node: Node): ((data: Context) => string | number | undefined) | null {
  const read = reader(node);
  if (!read) return null;
  return (data) => {
    const v = read(data);
    if (typeof v === 'string') return v;
    return typeof v === 'number' && v - v === 0 ? v : undefined;
  };
}

/** The field that a name or a path of two names is; undefined where it is not there. */
function reader(node: Node): Read | null {
  if (node.kind === 'name') {
    const { name } = node;
    if (name === '?') return null;
    return (data) => (Object.hasOwn(data, name) ? data[name] : undefined);
  }
  if (node.kind !== 'path' || node.target.kind !== 'name' || node.target.name === '?') return null;
  const { name } = node;
  const outer = node.target.name;
  return (data) => {
    const inner: unknown = Object.hasOwn(data, outer) ? data[outer] : undefined;
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return undefined;
    return Object.hasOwn(inner, name) ? (inner as Context)[name] : undefined;
  };
}

function constant(node: Node): string | number | undefined {
  if (node.kind === 'negate') {
    const value = constant(node.operand);
    return typeof value === 'number' ? 0 - value : undefined;
  }
  if (node.kind !== 'literal') return undefined;
  const { value } = node;
  return typeof value === 'string' || typeof value === 'number' ? value : undefined;
}

const MIRRORED: Record<ComparisonOperator, ComparisonOperator> = {
  '=': '=',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

function comparison(operator: ComparisonOperator, left: Node, right: Node): Fast | null {
  const value = constant(right);
  if (value === undefined) {
    return constant(left) === undefined ? null : comparison(MIRRORED[operator], right, left);
  }
  const read = reader(left);
  if (!read) return null;
  if (typeof value === 'string') return textComparison(operator, read, value);
  return numberComparison(operator, read, value);
}

/** One closure for each operator, so that each is a typed comparison and nothing else. NaN and infinities are no data. */
function numberComparison(operator: ComparisonOperator, read: Read, value: number): Fast {
  const isData = (v: unknown): v is number => typeof v === 'number' && v - v === 0;
  switch (operator) {
    case '=':
      return (data) => {
        const v = read(data);
        return isData(v) ? v === value : undefined;
      };
    case '!=':
      return (data) => {
        const v = read(data);
        return isData(v) ? v !== value : undefined;
      };
    case '<':
      return (data) => {
        const v = read(data);
        return isData(v) ? v < value : undefined;
      };
    case '<=':
      return (data) => {
        const v = read(data);
        return isData(v) ? v <= value : undefined;
      };
    case '>':
      return (data) => {
        const v = read(data);
        return isData(v) ? v > value : undefined;
      };
    case '>=':
      return (data) => {
        const v = read(data);
        return isData(v) ? v >= value : undefined;
      };
  }
}

/** The order of strings is that of code points, which is the general closure's business. */
function textComparison(operator: ComparisonOperator, read: Read, value: string): Fast | null {
  if (operator === '=') {
    return (data) => {
      const v = read(data);
      return typeof v === 'string' ? v === value : undefined;
    };
  }
  if (operator === '!=') {
    return (data) => {
      const v = read(data);
      return typeof v === 'string' ? v !== value : undefined;
    };
  }
  return null;
}

function between(node: Node, lowNode: Node, highNode: Node): Fast | null {
  const read = reader(node);
  const low = constant(lowNode);
  const high = constant(highNode);
  if (!read || typeof low !== 'number' || typeof high !== 'number') return null;
  return (data) => {
    const v = read(data);
    return typeof v === 'number' && v - v === 0 ? v >= low && v <= high : undefined;
  };
}

/** `x in ("a", "b")` and `x in [1..5)`, with constants only. */
function membership(node: Node, tests: readonly Node[]): Fast | null {
  const read = reader(node);
  if (!read) return null;
  const [only] = tests;
  if (tests.length === 1 && only!.kind === 'range') {
    const low = only!.low ? constant(only!.low) : -Infinity;
    const high = only!.high ? constant(only!.high) : Infinity;
    if (typeof low !== 'number' || typeof high !== 'number' || low > high) return null;
    const { lowClosed, highClosed } = only!;
    return (data) => {
      const v = read(data);
      if (typeof v !== 'number' || v - v !== 0) return undefined;
      return (lowClosed ? v >= low : v > low) && (highClosed ? v <= high : v < high);
    };
  }
  const values = (tests.length === 1 && only!.kind === 'list' ? only!.items : tests).map(constant);
  const [first] = values;
  if (first === undefined || values.some((value) => typeof value !== typeof first)) return null;
  const type = typeof first;
  const set = new Set<unknown>(values);
  return (data) => {
    const v = read(data);
    return typeof v === type && v === v ? set.has(v) : undefined;
  };
}

function flag(node: Node): Fast | null {
  const read = reader(node);
  if (!read) return null;
  return (data) => {
    const v = read(data);
    return typeof v === 'boolean' ? v : undefined;
  };
}

function negation(operand: Fast): Fast {
  return (data) => {
    const v = operand(data);
    return v === undefined ? undefined : !v;
  };
}

function chain(terms: readonly Node[], join: (terms: readonly Fast[]) => Fast): Fast | null {
  const closures = terms.map(compileFast);
  return closures.every((closure) => closure !== null) ? join(closures) : null;
}

/** Terms are asked in order, and only as far as it takes; two and three, the usual numbers, without a loop. */
function conjunction(terms: readonly Fast[]): Fast {
  const [a, b, c] = terms;
  if (terms.length === 2) {
    return (data) => {
      const first = a!(data);
      return first === true ? b!(data) : first;
    };
  }
  if (terms.length === 3) {
    return (data) => {
      const first = a!(data);
      if (first !== true) return first;
      const second = b!(data);
      return second === true ? c!(data) : second;
    };
  }
  return (data) => {
    for (const term of terms) {
      const value = term(data);
      if (value !== true) return value;
    }
    return true;
  };
}

function disjunction(terms: readonly Fast[]): Fast {
  return (data) => {
    for (const term of terms) {
      const value = term(data);
      if (value !== false) return value;
    }
    return false;
  };
}
