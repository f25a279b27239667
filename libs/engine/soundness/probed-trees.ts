import type { StepDefinition } from '#engine/definition';
import type { CompiledTree } from '#engine/routing';

import type { Probe } from './probe.js';

type Nodes = CompiledTree['nodes'];
type Node = Nodes extends ReadonlyMap<string, infer N> ? N : never;

/** A stored tree whose conditions are asked by the probe. */
export function probedTree(tree: CompiledTree, probe: Probe): CompiledTree {
  const nodes = [...tree.nodes].map(([id, node]): [string, Node] => {
    const { condition_expression: source } = node;
    const asks = node.condition !== null && source !== null;
    return [id, asks ? { ...node, condition: probe.condition(source, () => false) } : node];
  });
  return { ...tree, nodes: new Map(nodes) };
}

/** A tree of which nothing is known: it may lead to any step, reject, or not decide. */
export function unknownTree(
  tree_id: string,
  steps: readonly StepDefinition[],
  probe: Probe,
): CompiledTree {
  const ends = [
    ...steps.map(({ step_id }) => ({ action_type: 'route_to_step', target_step_id: step_id })),
    { action_type: 'reject', target_step_id: null },
  ];
  const nodes = new Map<string, Node>();
  const empty = { condition: null, condition_expression: null, true_path: null, false_path: null };
  for (const [index, { action_type, target_step_id }] of ends.entries()) {
    nodes.set(`ask ${index}`, {
      ...empty,
      node_id: `ask ${index}`,
      node_type: 'condition',
      condition: probe.either(`${tree_id} leads to ${target_step_id ?? action_type}`),
      true_path: `end ${index}`,
      false_path: index + 1 < ends.length ? `ask ${index + 1}` : null,
      action_type: null,
      action_parameters: {},
    });
    nodes.set(`end ${index}`, {
      ...empty,
      node_id: `end ${index}`,
      node_type: 'action',
      action_type,
      action_parameters: target_step_id === null ? {} : { target_step_id },
    });
  }
  return { tree_id, version_number: null, tree_name: tree_id, root_node_id: 'ask 0', nodes };
}
