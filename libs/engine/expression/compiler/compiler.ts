import type { Closure } from '../run.js';
import { childrenOf } from '../syntax/ast.js';
import type { Node, NodeKind, NodeOf } from '../syntax/ast.js';
import type { StaticScope } from './static-scope.js';

/** Turns a node into a closure, within what the source binds around it. */
export interface Compiler {
  compile(node: Node, scope: StaticScope | null): Closure;
}

export type NodeCompiler<K extends NodeKind> = (
  node: NodeOf<K>,
  scope: StaticScope | null,
  compiler: Compiler,
) => Closure;

export type NodeCompilers<K extends NodeKind> = { [P in K]: NodeCompiler<P> };

/** Nodes visited when `node` is evaluated once, loops aside: what an iteration over it costs. */
export function costOf(node: Node): number {
  let cost = 1;
  for (const child of childrenOf(node)) cost += costOf(child);
  return cost;
}
