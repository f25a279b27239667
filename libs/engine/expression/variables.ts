import { BUILTINS } from './builtins/registry.js';
import { childrenOf } from './syntax/ast.js';
import type { Iterator, Node } from './syntax/ast.js';

/**
 * The free names and paths that an expression may read, sorted. Inside a filter a name may be the element's or
 * a free one, which only the data tell: it is listed.
 */
export function freeVariables(root: Node): string[] {
  const found = new Set<string>();
  collect(root, new Set(), found);
  return [...found].sort();
}

function pathOf(node: Node): string[] | null {
  if (node.kind === 'name') return [node.name];
  if (node.kind !== 'path') return null;
  const target = pathOf(node.target);
  return target && [...target, node.name];
}

function collect(node: Node, bound: ReadonlySet<string>, found: Set<string>): void {
  const path = pathOf(node);
  if (path) {
    const [first = ''] = path;
    // A built-in's name may be a field's as well, and outside a call the field comes first.
    if (!bound.has(first) && first !== '?') found.add(path.join('.'));
    return;
  }
  switch (node.kind) {
    case 'for':
      return collect(
        node.body,
        iterated(node.iterators, new Set([...bound, 'partial']), found),
        found,
      );
    case 'quantified':
      return collect(node.condition, iterated(node.iterators, bound, found), found);
    case 'function':
      return collect(
        node.body,
        new Set([...bound, ...node.parameters.map(({ name }) => name)]),
        found,
      );
    case 'filter':
      collect(node.target, bound, found);
      return collect(node.condition, new Set([...bound, 'item']), found);
    case 'context': {
      const inner = new Set(bound);
      for (const { key, value } of node.entries) {
        collect(value, value.kind === 'function' ? new Set([...inner, key]) : inner, found);
        inner.add(key);
      }
      return;
    }
    case 'call':
      if (node.callee.kind !== 'name' || bound.has(node.callee.name))
        collect(node.callee, bound, found);
      else if (!BUILTINS.has(node.callee.name)) found.add(node.callee.name);
      for (const arg of node.args) collect(arg, bound, found);
      return;
    default:
      for (const child of childrenOf(node)) collect(child, bound, found);
  }
}

function iterated(
  iterators: readonly Iterator[],
  bound: ReadonlySet<string>,
  found: Set<string>,
): ReadonlySet<string> {
  const inner = new Set(bound);
  for (const { name, source, to } of iterators) {
    collect(source, inner, found);
    if (to) collect(to, inner, found);
    inner.add(name);
  }
  return inner;
}
