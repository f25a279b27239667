import { Scope } from '../run.js';
import type { Closure, Run } from '../run.js';
import type { Iterator, Node } from '../syntax/ast.js';
import { FeelDate } from '../temporal/instants.js';
import { isInteger, isNumber } from '../values/number.js';
import { toDouble } from '../values/decimal.js';
import { Range } from '../values/range.js';
import { fromData, isList, typeName } from '../values/value.js';
import type { Value } from '../values/value.js';
import { costOf } from './compiler.js';
import type { Compiler, NodeCompilers } from './compiler.js';
import { bind } from './static-scope.js';
import type { StaticScope } from './static-scope.js';

interface Loop {
  source: Closure;
  to: Closure | null;
  offset: number;
}

/** What to do with each combination; true ends the loop. */
type Visit = (scope: Scope) => boolean;

function compileIterators(
  iterators: readonly Iterator[],
  scope: StaticScope | null,
  compiler: Compiler,
): { loops: Loop[]; inner: StaticScope | null } {
  let inner = scope;
  const loops = iterators.map(({ name, source, to }) => {
    const loop = {
      source: compiler.compile(source, inner),
      to: to ? compiler.compile(to, inner) : null,
      offset: source.start,
    };
    inner = bind([name], inner);
    return loop;
  });
  return { loops, inner };
}

/** Numbers or days from one end to the other, either way; null where they are neither. */
function* stepwise(from: Value, to: Value): Generator<Value> {
  const days = from instanceof FeelDate && to instanceof FeelDate;
  const first = days ? from.epochDay : toDouble(from as number);
  const last = days ? to.epochDay : toDouble(to as number);
  const step = first <= last ? 1 : -1;
  for (let i = first; step > 0 ? i <= last : i >= last; i += step) {
    yield days ? FeelDate.fromEpochDay(i) : i;
  }
}

function canStep(from: Value, to: Value): boolean {
  if (from instanceof FeelDate) return to instanceof FeelDate;
  return isNumber(from) && isNumber(to) && isInteger(from) && isInteger(to);
}

/** The ends of a range as the first and last value to visit; null where it cannot be walked. */
function walkable(range: Range): [Value, Value] | null {
  const { low, high } = range;
  if (!canStep(low, high)) return null;
  const inward = (end: Value, closed: boolean, by: number): Value => {
    if (closed) return end;
    return end instanceof FeelDate
      ? FeelDate.fromEpochDay(end.epochDay + by)
      : toDouble(end as number) + by;
  };
  return [inward(low, range.lowClosed, 1), inward(high, range.highClosed, -1)];
}

/** The values that one iterator goes through; null where its source has none. */
function elements(run: Run, loop: Loop, scope: Scope | null): Iterable<Value> | null {
  const from = loop.source(run, scope);
  if (loop.to) {
    const to = loop.to(run, scope);
    if (canStep(from, to)) return stepwise(from, to);
  } else if (isList(from)) return from;
  else if (from instanceof Range) {
    const ends = walkable(from);
    if (ends && ascends(ends)) return stepwise(...ends);
    // (1..2) is empty; [2..1] is no range to walk.
    if (ends && ascends([from.low, from.high])) return [];
  } else if (from !== null) return [from];
  run.warn('wrong_type', `${typeName(from)} cannot be iterated over`, loop.offset);
  return null;
}

function ascends([from, to]: [Value, Value]): boolean {
  if (from instanceof FeelDate) return from.epochDay <= (to as FeelDate).epochDay;
  return (from as number) <= (to as number);
}

/** Visits every combination, the last iterator fastest; false where one of the sources is no list. */
function walk(
  run: Run,
  loops: readonly Loop[],
  cost: number,
  scope: Scope | null,
  visit: Visit,
): boolean {
  let ended = false;
  const level = (i: number, at: Scope | null): boolean => {
    const loop = loops[i]!;
    const values = elements(run, loop, at);
    if (!values) return false;
    for (const raw of values) {
      run.spend(cost);
      const inner = new Scope([fromData(raw)], at);
      if (i + 1 < loops.length) {
        if (!level(i + 1, inner)) return false;
      } else ended = visit(inner);
      if (ended) break;
    }
    return true;
  };
  return level(0, scope);
}

function loopCost(iterators: readonly Iterator[], body: Node): number {
  return iterators.reduce((sum, { source }) => sum + costOf(source), costOf(body) + 1);
}

export const compileLoops: NodeCompilers<'for' | 'quantified'> = {
  for(node, scope, compiler) {
    const { loops, inner } = compileIterators(node.iterators, bind(['partial'], scope), compiler);
    const body = compiler.compile(node.body, inner);
    const cost = loopCost(node.iterators, node.body);
    return (run, parent) => {
      const results: Value[] = [];
      // The list under construction itself: a body sees the results before it.
      const outer = new Scope([results], parent);
      const done = walk(run, loops, cost, outer, (at) => {
        results.push(body(run, at));
        return false;
      });
      return done ? results : null;
    };
  },

  quantified(node, scope, compiler) {
    const { loops, inner } = compileIterators(node.iterators, scope, compiler);
    const condition = compiler.compile(node.condition, inner);
    const cost = loopCost(node.iterators, node.condition);
    const decisive = !node.every;
    return (run, parent) => {
      let result: boolean | null = !decisive;
      const done = walk(run, loops, cost, parent, (at) => {
        const holds = condition(run, at);
        if (holds === decisive) result = decisive;
        else if (typeof holds !== 'boolean' && result !== decisive) result = null;
        return holds === decisive;
      });
      return done ? result : null;
    };
  },
};
