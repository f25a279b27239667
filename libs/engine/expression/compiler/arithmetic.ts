import type { Run } from '../run.js';
import type { ArithmeticOperator } from '../syntax/ast.js';
import { zoneSteps } from '../temporal/instants.js';
import {
  addValues,
  divideValues,
  multiplyValues,
  negateValue,
  powerValues,
  subtractValues,
} from '../values/arithmetic.js';
import { toDouble } from '../values/decimal.js';
import {
  exactDifference,
  exactProduct,
  exactQuotient,
  exactSum,
  isNumber,
} from '../values/number.js';
import { typeName } from '../values/value.js';
import type { Value } from '../values/value.js';
import type { NodeCompilers } from './compiler.js';

/** What an operation off the fast path (decimals, temporals) may cost, in steps. */
const SLOW_STEPS = 20;

/** A power multiplies once or twice for each bit of its exponent. */
function powerSteps(exponent: Value): number {
  const size = isNumber(exponent) ? Math.abs(toDouble(exponent)) : 0;
  return SLOW_STEPS * (1 + Math.min(64, Math.ceil(Math.log2(size + 1))));
}

const OPERATIONS: Record<ArithmeticOperator, (a: Value, b: Value) => Value> = {
  '+': addValues,
  '-': subtractValues,
  '*': multiplyValues,
  '/': divideValues,
  '**': powerValues,
};

/** What needs nothing but doubles: NaN where it does. */
const EXACT: Partial<Record<ArithmeticOperator, (a: number, b: number) => number>> = {
  '+': exactSum,
  '-': exactDifference,
  '*': exactProduct,
  '/': exactQuotient,
};

function slow(run: Run, operator: ArithmeticOperator, offset: number, a: Value, b: Value): Value {
  run.spend(operator === '**' ? powerSteps(b) : SLOW_STEPS);
  if (typeof a === 'string' && typeof b === 'string') run.checkLength(a.length + b.length);
  const result = OPERATIONS[operator](a, b);
  run.spend(zoneSteps(result));
  if (result === null) {
    run.warn('wrong_type', `${typeName(a)} ${operator} ${typeName(b)} has no value`, offset);
  }
  return result;
}

export const compileArithmetic: NodeCompilers<'arithmetic' | 'negate'> = {
  arithmetic({ operator, left: l, right: r, start }, scope, compiler) {
    const left = compiler.compile(l, scope);
    const right = compiler.compile(r, scope);
    const exact = EXACT[operator];
    if (!exact) return (run, at) => slow(run, operator, start, left(run, at), right(run, at));
    return (run, at) => {
      const a = left(run, at);
      const b = right(run, at);
      if (typeof a === 'number' && typeof b === 'number') {
        const result = exact(a, b);
        if (result === result) return result;
      }
      return slow(run, operator, start, a, b);
    };
  },

  negate({ operand: o, start }, scope, compiler) {
    const operand = compiler.compile(o, scope);
    return (run, at) => {
      const value = operand(run, at);
      if (typeof value === 'number') return 0 - value;
      return (
        negateValue(value) ?? run.warn('wrong_type', `- ${typeName(value)} has no value`, start)
      );
    };
  },
};
