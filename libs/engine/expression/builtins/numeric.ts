import { DayTimeDuration, YearMonthDuration } from '../temporal/duration.js';
import type { Duration } from '../temporal/duration.js';
import { fromDouble, toDouble } from '../values/decimal.js';
import type { Numeric, Rounding } from '../values/decimal.js';
import { compare } from '../values/compare.js';
import { isInteger, isNumber, modulo, negate, round, squareRoot } from '../values/number.js';
import type { Value } from '../values/value.js';
import type { Builtin } from './builtin.js';
import { builtin, form, integer, number, typed } from './builtin.js';

/** Digits that a scale may keep or drop (DMN 1.5 table 78). */
const MAX_SCALE = 6176;
const MIN_SCALE = -6111;

const magnitude = typed<Numeric | Duration>(
  'a number or duration',
  (value): value is Numeric | Duration =>
    isNumber(value) || value instanceof YearMonthDuration || value instanceof DayTimeDuration,
);

function rounded(n: Numeric, scale: number, mode: Rounding): Value {
  return scale < MIN_SCALE || scale > MAX_SCALE ? null : round(n, scale, mode);
}

function rounding(name: string, mode: Rounding): Builtin {
  return builtin(
    name,
    form(
      [
        ['n', number],
        ['scale', integer],
      ],
      (_run, n, scale) => rounded(n, scale, mode),
    ),
  );
}

function toInteger(name: string, mode: Rounding): Builtin {
  return builtin(
    name,
    form([['n', number]], (_run, n) => rounded(n, 0, mode)),
    form(
      [
        ['n', number],
        ['scale', integer],
      ],
      (_run, n, scale) => rounded(n, scale, mode),
    ),
  );
}

function ofDouble(name: string, f: (x: number) => number): Builtin {
  return builtin(
    name,
    form([['number', number]], (_run, n) => fromDouble(f(toDouble(n)))),
  );
}

function parity(name: string, remainder: number): Builtin {
  return builtin(
    name,
    form([['number', number]], (_run, n) => (isInteger(n) ? modulo(n, 2) === remainder : null)),
  );
}

function absolute(n: Numeric | Duration): Value {
  if (n instanceof YearMonthDuration) return new YearMonthDuration(Math.abs(n.months));
  if (n instanceof DayTimeDuration) return n.nanos < 0n ? new DayTimeDuration(-n.nanos) : n;
  return compare(n, 0)! < 0 ? negate(n) : n;
}

/** DMN 1.5 §10.3.4.5. */
export const NUMERIC_FUNCTIONS = [
  rounding('decimal', 'half even'),
  rounding('round up', 'up'),
  rounding('round down', 'down'),
  rounding('round half up', 'half up'),
  rounding('round half down', 'half down'),
  toInteger('floor', 'floor'),
  toInteger('ceiling', 'ceiling'),
  builtin(
    'abs',
    form([['n', magnitude]], (_run, n) => absolute(n)),
  ),
  builtin(
    'modulo',
    form(
      [
        ['dividend', number],
        ['divisor', number],
      ],
      (_run, dividend, divisor) => modulo(dividend, divisor),
    ),
  ),
  builtin(
    'sqrt',
    form([['number', number]], (_run, n) => squareRoot(n)),
  ),
  ofDouble('log', Math.log),
  ofDouble('exp', Math.exp),
  parity('odd', 1),
  parity('even', 0),
];
