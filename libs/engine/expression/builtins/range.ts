import { compare, equals } from '../values/compare.js';
import { Range } from '../values/range.js';
import type { Value } from '../values/value.js';
import type { Builtin } from './builtin.js';
import { builtin, form, typed } from './builtin.js';

const range = typed<Range>('a range', (value): value is Range => value instanceof Range);
const point = typed<Value>(
  'a comparable value',
  (value): value is Value => compare(value, value) === 0,
);

/** Answers of the interval relations are three-valued: `undefined order` makes them null. */
type Answer = boolean | null;

function not(answer: Answer): Answer {
  return answer === null ? null : !answer;
}

function all(...answers: Answer[]): Answer {
  if (answers.includes(false)) return false;
  return answers.includes(null) ? null : true;
}

function either(...answers: Answer[]): Answer {
  if (answers.includes(true)) return true;
  return answers.includes(null) ? null : false;
}

type Edge = { value: Value; closed: boolean };
const lower = (r: Range): Edge => ({ value: r.low, closed: r.lowClosed });
const upper = (r: Range): Edge => ({ value: r.high, closed: r.highClosed });

/** Negative where `a` starts before `b` does; an unbounded start is first. */
function starts(a: Range, b: Range): number | null {
  return edges(lower(a), lower(b), -1);
}

/** Negative where `a` ends before `b` does; an unbounded end is last. */
function ends(a: Range, b: Range): number | null {
  return edges(upper(a), upper(b), 1);
}

/** `outward` is 1 for upper edges: a closed one lies further out than an open one at the same value. */
function edges(a: Edge, b: Edge, outward: 1 | -1): number | null {
  if (a.value === null || b.value === null) {
    return outward * ((a.value === null ? 1 : 0) - (b.value === null ? 1 : 0));
  }
  const order = compare(a.value, b.value);
  if (order !== 0) return order;
  return outward * ((a.closed ? 1 : 0) - (b.closed ? 1 : 0));
}

function is(order: number | null, holds: (order: number) => boolean): Answer {
  return order === null ? null : holds(order);
}

/** All of `a` lies before all of `b`. */
function before(a: Range, b: Range): Answer {
  if (a.high === null || b.low === null) return false;
  return is(compare(a.high, b.low), (o) => o < 0 || (o === 0 && !(a.highClosed && b.lowClosed)));
}

function meets(a: Range, b: Range): Answer {
  if (a.high === null || b.low === null) return false;
  return is(compare(a.high, b.low), (o) => o === 0 && a.highClosed && b.lowClosed);
}

function overlaps(a: Range, b: Range): Answer {
  return not(either(before(a, b), before(b, a)));
}

/** `a` starts first, and ends within `b`. */
function overlapsBefore(a: Range, b: Range): Answer {
  return all(
    is(starts(a, b), (o) => o < 0),
    is(ends(a, b), (o) => o <= 0),
    overlaps(a, b),
  );
}

function includesRange(a: Range, b: Range): Answer {
  return all(
    is(starts(a, b), (o) => o <= 0),
    is(ends(a, b), (o) => o >= 0),
  );
}

function startsRange(a: Range, b: Range): Answer {
  return all(
    is(starts(a, b), (o) => o === 0),
    is(ends(a, b), (o) => o <= 0),
  );
}

function finishesRange(a: Range, b: Range): Answer {
  return all(
    is(ends(a, b), (o) => o === 0),
    is(starts(a, b), (o) => o >= 0),
  );
}

function at(value: Value): Range {
  return new Range(value, value, true, true);
}

function isEnd(value: Value, end: Value, closed: boolean): Answer {
  return end === null ? false : is(compare(value, end), (o) => o === 0 && closed);
}

function pair(name: string, relation: (a: Range, b: Range) => Answer): Builtin {
  return builtin(
    name,
    form(
      [
        ['range1', range],
        ['range2', range],
      ],
      (_run, a, b) => relation(a, b),
    ),
  );
}

/** The relation of points and ranges in every combination, a point being the range of itself. */
function anyPair(name: string, relation: (a: Range, b: Range) => Answer): Builtin {
  return builtin(
    name,
    form(
      [
        ['range1', range],
        ['range2', range],
      ],
      (_run, a, b) => relation(a, b),
    ),
    form(
      [
        ['point', point],
        ['range', range],
      ],
      (_run, a, b) => relation(at(a), b),
    ),
    form(
      [
        ['range', range],
        ['point', point],
      ],
      (_run, a, b) => relation(a, at(b)),
    ),
    form(
      [
        ['point1', point],
        ['point2', point],
      ],
      (_run, a, b) => relation(at(a), at(b)),
    ),
  );
}

function pointFirst(
  name: string,
  ranges: (a: Range, b: Range) => Answer,
  points: (a: Value, b: Range) => Answer,
): Builtin {
  return builtin(
    name,
    form(
      [
        ['range1', range],
        ['range2', range],
      ],
      (_run, a, b) => ranges(a, b),
    ),
    form(
      [
        ['point', point],
        ['range', range],
      ],
      (_run, a, b) => points(a, b),
    ),
  );
}

function rangeFirst(
  name: string,
  ranges: (a: Range, b: Range) => Answer,
  points: (a: Value, b: Range) => Answer,
): Builtin {
  return builtin(
    name,
    form(
      [
        ['range1', range],
        ['range2', range],
      ],
      (_run, a, b) => ranges(b, a),
    ),
    form(
      [
        ['range', range],
        ['point', point],
      ],
      (_run, a, b) => points(b, a),
    ),
  );
}

const atEnd = (p: Value, r: Range): Answer => isEnd(p, r.high, r.highClosed);
const atStart = (p: Value, r: Range): Answer => isEnd(p, r.low, r.lowClosed);
const during = (a: Range, b: Range): Answer => includesRange(b, a);
const pointDuring = (p: Value, r: Range): Answer => includesRange(r, at(p));

/** DMN 1.5 §10.3.4.9 (Allen's interval relations). */
export const RANGE_FUNCTIONS = [
  anyPair('before', before),
  anyPair('after', (a, b) => before(b, a)),
  pair('meets', meets),
  pair('met by', (a, b) => meets(b, a)),
  pair('overlaps', overlaps),
  pair('overlaps before', overlapsBefore),
  pair('overlaps after', (a, b) => overlapsBefore(b, a)),
  pointFirst('finishes', finishesRange, atEnd),
  rangeFirst('finished by', finishesRange, atEnd),
  rangeFirst('includes', during, pointDuring),
  pointFirst('during', during, pointDuring),
  pointFirst('starts', startsRange, atStart),
  rangeFirst('started by', startsRange, atStart),
  builtin(
    'coincides',
    form(
      [
        ['range1', range],
        ['range2', range],
      ],
      (run, a, b) => equals(a, b, run),
    ),
    form(
      [
        ['point1', point],
        ['point2', point],
      ],
      (run, a, b) => equals(a, b, run),
    ),
  ),
];
