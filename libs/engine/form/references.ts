import type { Fault } from '#engine/errors';

import type { SchemaNode } from './types.js';

interface References {
  nodes: ReadonlyMap<string, SchemaNode>;
  references: readonly { node: SchemaNode; at: string; reference: string }[];
  anchors: ReadonlyMap<string, SchemaNode>;
  id: string | null;
}

/** Lets every reference point to its schema. One schema has one resource, in which `$dynamicRef` is a `$ref`. */
export function resolveReferences({ nodes, references, anchors, id }: References): Fault[] {
  return references.flatMap(({ node, at, reference }): Fault[] => {
    const [resource = '', fragment = ''] = reference.split('#', 2);
    if (resource !== '' && resource !== id) {
      const message =
        'References stay within the form: #, #/$defs/name or #anchor. Nothing is fetched.';
      return [{ pointer: at, code: 'remote_reference', message }];
    }
    const name = decoded(fragment);
    const target = name === '' || name.startsWith('/') ? nodes.get(name) : anchors.get(name);
    if (!target) {
      const message = `There is no schema at ${JSON.stringify(reference)} in this form.`;
      return [{ pointer: at, code: 'unknown_reference', message }];
    }
    // beside another one: both hold
    if (node.ref) node.all_of = [...(node.all_of ?? []), target];
    else node.ref = target;
    return [];
  });
}

/** With the pointer's escapes as ours are written. */
function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch (error) {
    if (error instanceof URIError) return fragment;
    throw error;
  }
}

/** Schemas that lead back to themselves without going into the data: checking one would never end. */
export function findEndless(nodes: Iterable<SchemaNode>): Fault[] {
  const done = new Set<SchemaNode>();
  const faults: Fault[] = [];
  for (const start of nodes) {
    if (done.has(start)) continue;
    // depth first, without recursion: references may make a long way of a small form
    const way: { node: SchemaNode; next: SchemaNode[] }[] = [{ node: start, next: here(start) }];
    const onWay = new Set([start]);
    for (let last = way.at(-1); last; last = way.at(-1)) {
      const next = last.next.pop();
      if (!next) {
        way.pop();
        onWay.delete(last.node);
        done.add(last.node);
      } else if (onWay.has(next)) {
        const message =
          'This schema leads back to itself without going into the data; it never ends.';
        faults.push({ pointer: last.node.at, code: 'endless_reference', message });
      } else if (!done.has(next)) {
        way.push({ node: next, next: here(next) });
        onWay.add(next);
      }
    }
  }
  return faults;
}

/** Those that a schema applies to the same value. */
function here(node: SchemaNode): SchemaNode[] {
  const one = [node.ref, node.not, node.if, node.then, node.else];
  const lists = [node.all_of, node.any_of, node.one_of].flatMap((list) => list ?? []);
  const named = [...(node.dependent_schemas?.values() ?? [])];
  return [...one.filter((each) => each !== undefined), ...lists, ...named];
}
