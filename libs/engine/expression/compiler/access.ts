import { BUILTINS } from '../builtins/registry.js';
import { FeelFunction, Scope } from '../run.js';
import type { Closure, Run } from '../run.js';
import type { Node } from '../syntax/ast.js';
import { isNumber } from '../values/number.js';
import { toDouble } from '../values/decimal.js';
import { propertyOf } from '../values/properties.js';
import { FeelObject, fromData, isContext, isList, typeName } from '../values/value.js';
import type { Context, Value } from '../values/value.js';
import { costOf } from './compiler.js';
import type { NodeCompilers } from './compiler.js';
import { bindItem, resolve } from './static-scope.js';
import type { StaticScope } from './static-scope.js';

/** The own entry `name`, which `fromData` has made a value; undefined where there is none. */
function entry(run: Run, context: Context, name: string, offset: number): Value | undefined {
  if (!Object.hasOwn(context, name)) return undefined;
  const raw = context[name];
  if (typeof raw === 'object') return raw;
  return fromData(raw, (what) => {
    run.warn('refused_data', `${name} is ${what}, which is no data`, offset);
  });
}

function freeName(name: string, offset: number): Closure {
  const builtin = BUILTINS.get(name) ?? null;
  return (run) => {
    const value = entry(run, run.data, name, offset);
    if (value !== undefined) return value;
    return builtin ?? run.warn('unknown_name', `there is no ${name}`, offset);
  };
}

function up(scope: Scope | null, levels: number): Scope {
  let at = scope!;
  for (let i = 0; i < levels; i++) at = at.parent!;
  return at;
}

function compileName(name: string, offset: number, scope: StaticScope | null): Closure {
  if (name === '?') return (run) => run.input;
  const { items, local } = resolve(name, scope);
  let base: Closure;
  if (local) {
    const { level, index } = local;
    base =
      level === 0
        ? (_run, at) => at!.values[index] ?? null
        : (_run, at) => up(at, level).values[index] ?? null;
  } else if (name === 'item' && items.length > 0) {
    const [level] = items;
    base = (_run, at) => up(at, level!).values[0] ?? null;
  } else base = freeName(name, offset);
  if (items.length === 0) return base;
  return (run, at) => {
    for (const level of items) {
      const element = up(at, level).values[0] ?? null;
      const found = isContext(element)
        ? entry(run, element, name, offset)
        : element instanceof FeelObject
          ? propertyOf(element, name)
          : undefined;
      if (found !== undefined) return found;
    }
    return base(run, at);
  };
}

/** `value.name`; over a list, the list of each element's. */
function property(run: Run, value: Value, name: string, offset: number): Value {
  if (value === null) return null;
  if (isList(value)) {
    run.spend(value.length);
    return value.map((item) => property(run, fromData(item), name, offset));
  }
  const found = isContext(value)
    ? entry(run, value, name, offset)
    : value instanceof FeelObject
      ? propertyOf(value, name)
      : undefined;
  return (
    found ??
    (found === null ? null : run.warn('unknown_name', `${typeName(value)} has no ${name}`, offset))
  );
}

function isConstantIndex(node: Node): boolean {
  return (
    (node.kind === 'literal' && isNumber(node.value)) ||
    (node.kind === 'negate' && isConstantIndex(node.operand))
  );
}

/** 1 is the first, -1 the last. */
function at(list: readonly Value[], index: number): Value {
  if (!Number.isInteger(index)) return null;
  return fromData(list[index > 0 ? index - 1 : index < 0 ? list.length + index : -1]);
}

export const compileAccess: NodeCompilers<'name' | 'path' | 'filter' | 'call'> = {
  name: ({ name, start }, scope) => compileName(name, start, scope),

  path(node, scope, compiler) {
    const target = compiler.compile(node.target, scope);
    const { name, start } = node;
    return (run, at) => property(run, target(run, at), name, start);
  },

  filter(node, scope, compiler) {
    const target = compiler.compile(node.target, scope);
    const condition = compiler.compile(node.condition, bindItem(scope));
    const cost = costOf(node.condition) + 1;
    const constant = isConstantIndex(node.condition);
    return (run, parent) => {
      const value = target(run, parent);
      const list = isList(value) ? value : value === null ? [] : [value];
      if (constant || list.length === 0) {
        const index = condition(run, new Scope([null], parent));
        return isNumber(index) ? at(list, toDouble(index)) : [];
      }
      const kept: Value[] = [];
      for (const raw of list) {
        run.spend(cost);
        const item = fromData(raw);
        const holds = condition(run, new Scope([item], parent));
        if (holds === true) kept.push(item);
        else if (isNumber(holds)) return at(list, toDouble(holds));
      }
      return kept;
    };
  },

  call(node, scope, compiler) {
    const args = node.args.map((arg) => compiler.compile(arg, scope));
    const { names, start, callee } = node;
    const found =
      callee.kind === 'name' && resolve(callee.name, scope).local === null
        ? BUILTINS.get(callee.name)
        : undefined;
    if (found) {
      return (run, at) => {
        const given = args.map((arg) => arg(run, at));
        run.offset = start;
        return found.invoke(run, given, names);
      };
    }
    const target = compiler.compile(callee, scope);
    return (run, at) => {
      const value = target(run, at);
      if (!(value instanceof FeelFunction)) {
        const what = callee.kind === 'name' ? callee.name : typeName(value);
        return run.warn('not_a_function', `${what} is no function`, start);
      }
      const given = args.map((arg) => arg(run, at));
      run.offset = start;
      return value.invoke(run, given, names);
    };
  },
};
