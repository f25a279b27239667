import { compileTree } from './compiler/compile.js';
import { toJson } from './json.js';
import type { Json } from './json.js';
import type { Run } from './run.js';
import type { Node } from './syntax/ast.js';
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
  return { text: source.slice(start, end), start, end, kind, ...toJson(value), children };
}
