import type { Value } from '../values/value.js';

/** Half-open span of the source, in UTF-16 units; `height` of the tree below, for the stack's sake. */
interface Located {
  start: number;
  end: number;
  height: number;
}

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '**';
export type ComparisonOperator = '=' | '!=' | '<' | '<=' | '>' | '>=';

export interface Iterator {
  name: string;
  /** The list, or the first value where `to` is given (`for i in 1..10`). */
  source: Node;
  to: Node | null;
}

export interface ContextEntry {
  key: string;
  value: Node;
}

export type TypeNode =
  | { kind: 'named'; name: string }
  | { kind: 'list'; element: TypeNode }
  | { kind: 'range'; element: TypeNode }
  | { kind: 'context'; entries: { name: string; type: TypeNode }[] }
  | { kind: 'function'; parameters: TypeNode[]; result: TypeNode };

export interface Parameter {
  name: string;
  type: TypeNode | null;
}

export type NodeShape =
  | { kind: 'literal'; value: Value }
  | { kind: 'name'; name: string }
  | { kind: 'path'; target: Node; name: string }
  | { kind: 'filter'; target: Node; condition: Node }
  | { kind: 'call'; callee: Node; args: Node[]; names: string[] | null }
  | { kind: 'negate'; operand: Node }
  | { kind: 'arithmetic'; operator: ArithmeticOperator; left: Node; right: Node }
  | { kind: 'compare'; operator: ComparisonOperator; left: Node; right: Node }
  | { kind: 'between'; value: Node; low: Node; high: Node }
  | { kind: 'in'; value: Node; tests: Node[] }
  | { kind: 'and'; terms: Node[] }
  | { kind: 'or'; terms: Node[] }
  | { kind: 'instanceOf'; operand: Node; type: TypeNode }
  | { kind: 'if'; condition: Node; then: Node; otherwise: Node }
  | { kind: 'for'; iterators: Iterator[]; body: Node }
  | { kind: 'quantified'; every: boolean; iterators: Iterator[]; condition: Node }
  | { kind: 'function'; parameters: Parameter[]; body: Node; external: boolean }
  | { kind: 'context'; entries: ContextEntry[] }
  | { kind: 'list'; items: Node[] }
  /** A missing end is unbounded: `< 5` is a range without a low end. */
  | { kind: 'range'; low: Node | null; high: Node | null; lowClosed: boolean; highClosed: boolean }
  /** `= x` or `!= x` where a test stands. */
  | { kind: 'equalityTest'; negated: boolean; operand: Node }
  /** The whole of a unary tests source; no tests is `-`, which always holds. */
  | { kind: 'unaryTests'; tests: Node[]; negated: boolean };

export type NodeKind = NodeShape['kind'];
export type Node = NodeShape & Located;
export type NodeOf<K extends NodeKind> = Extract<Node, { kind: K }>;

/** The nodes directly below `node`, in source order. */
export function childrenOf(node: Node): Node[] {
  switch (node.kind) {
    case 'literal':
    case 'name':
      return [];
    case 'path':
      return [node.target];
    case 'filter':
      return [node.target, node.condition];
    case 'call':
      return [node.callee, ...node.args];
    case 'negate':
    case 'instanceOf':
    case 'equalityTest':
      return [node.operand];
    case 'arithmetic':
    case 'compare':
      return [node.left, node.right];
    case 'between':
      return [node.value, node.low, node.high];
    case 'in':
      return [node.value, ...node.tests];
    case 'and':
    case 'or':
      return node.terms;
    case 'if':
      return [node.condition, node.then, node.otherwise];
    case 'for':
      return [...node.iterators.flatMap(iteratorNodes), node.body];
    case 'quantified':
      return [...node.iterators.flatMap(iteratorNodes), node.condition];
    case 'function':
      return [node.body];
    case 'context':
      return node.entries.map((entry) => entry.value);
    case 'list':
      return node.items;
    case 'range':
      return [node.low, node.high].filter((end) => end !== null);
    case 'unaryTests':
      return node.tests;
  }
}

function iteratorNodes(iterator: Iterator): Node[] {
  return iterator.to ? [iterator.source, iterator.to] : [iterator.source];
}
