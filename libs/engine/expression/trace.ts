import { compileTree } from './compiler/compile.js';
import { setOwn, toJson } from './json.js';
import type { Json } from './json.js';
import type { Run } from './run.js';
import type { Node } from './syntax/ast.js';
import { FeelObject, fromData, isList } from './values/value.js';
import type { TypeName, Value } from './values/value.js';

/** What one sub-expression was. In a loop each round gives one; what was not evaluated has none. */
export interface Trace {
  /** The sub-expression's source, and its half-open span in UTF-16 units. */
  text: string;
  start: number;
  end: number;
  kind: Node['kind'];
  value: Json;
  type: TypeName;
  children: Trace[];
}

/** A person reads it: more than this says no more. */
const MAX_TRACES = 500;
const MAX_ELEMENTS = 100;
const MAX_DEPTH = 8;

/** Evaluates `root`, recording what each of its nodes gave. Literals speak for themselves and are left out. */
export function explain(source: string, root: Node, run: Run): Trace {
  let count = 0;
  let open: Trace[] = [];
  const closure = compileTree(root, (node, inner) => {
    if (node.kind === 'literal') return inner;
    return (at, scope) => {
      const outer = open;
      const children: Trace[] = [];
      open = children;
      const value: Value = inner(at, scope);
      open = outer;
      if (node === root || ++count < MAX_TRACES) open.push(trace(source, node, value, children));
      return value;
    };
  });
  const value = closure(run, null);
  return open[0] ?? trace(source, root, value, []);
}

function trace(source: string, node: Node, value: Value, children: Trace[]): Trace {
  const { start, end, kind } = node;
  const text = source.slice(start, end);
  return { text, start, end, kind, ...toJson(preview(value)), children };
}

/** Of a large value its beginning: elements beyond the budget are left out, and so is what is nested too deep. */
function preview(value: Value, depth = MAX_DEPTH, budget = { left: MAX_ELEMENTS }): Value {
  if (typeof value !== 'object' || value === null || value instanceof FeelObject) return value;
  if (depth === 0) return null;
  if (isList(value)) {
    const items: Value[] = [];
    for (const raw of value) {
      if (budget.left-- <= 0) break;
      items.push(preview(fromData(raw), depth - 1, budget));
    }
    return items;
  }
  const result: Record<string, Value> = {};
  for (const key of Object.keys(value)) {
    if (budget.left-- <= 0) break;
    setOwn(result, key, preview(fromData(value[key]), depth - 1, budget));
  }
  return result;
}
