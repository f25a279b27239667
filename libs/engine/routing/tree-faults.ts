import { expressionFaults } from '#engine/expression';
import type { Fault } from '#engine/errors';
import { TASK_TYPES } from '#engine/graph';

import { forkFault, type StepOf, taskTypeOf } from './branches.js';
import { branchesOf } from './tree.js';
import {
  isRoutingAction,
  ROUTING_ACTIONS,
  targetOf,
  type DecisionTree,
  type TreeNode,
} from './types.js';

/** A workflow's, by step_id. */
export type Steps = ReadonlyMap<string, NonNullable<ReturnType<StepOf>>>;

/** Actions that make no sense without a step to go to. */
export const ACTIONS_TO_A_STEP: readonly string[] = ['route_to_step'];

/**
 * Everything that is wrong with a tree whose fields have the right shape: ids used twice or naming no node, cycles (with
 * their members), nodes that no way leads to, conditions and actions that decide nothing, expressions that do not
 * parse, targets that are none of the workflow's steps, and forks whose branches cannot run (where these are given).
 */
export function treeFaults(tree: DecisionTree, steps?: Steps): Fault[] {
  const index = new Map<string, number>();
  tree.nodes.forEach((node, position) => {
    if (!index.has(node.node_id)) index.set(node.node_id, position);
  });
  const faults = tree.nodes.flatMap((node, position) => [
    ...(index.get(node.node_id) === position ? [] : [duplicate(node, position, index)]),
    ...nodeFaults(node, `/nodes/${position}`, steps),
    ...pathFaults(node, `/nodes/${position}`, index),
  ]);
  if (!index.has(tree.root_node_id)) {
    return [...faults, unknownNode('/root_node_id', tree.root_node_id)];
  }
  const cycles = cyclesOf(tree, index);
  const forks = steps && cycles.length === 0 ? forkFaults(tree, index, steps) : [];
  return [...faults, ...cycles, ...unreachable(tree, index), ...forks];
}

/** Where the ways out of a node lead, with the field that names each. */
function waysOut(node: TreeNode): { field: string; node_id: string }[] {
  const ways = [
    ...(node.true_path === null ? [] : [{ field: 'true_path', node_id: node.true_path }]),
    ...(node.false_path === null ? [] : [{ field: 'false_path', node_id: node.false_path }]),
  ];
  if (node.node_type !== 'fork') return ways;
  const more = branchesOf(node).slice(ways.length);
  return [
    ...ways,
    ...more.map((node_id, i) => ({ field: `action_parameters/branches/${i}`, node_id })),
  ];
}

function pathFaults(node: TreeNode, at: string, index: ReadonlyMap<string, number>): Fault[] {
  return waysOut(node)
    .filter((way) => !index.has(way.node_id))
    .map((way) => unknownNode(`${at}/${way.field}`, way.node_id));
}

function nodeFaults(node: TreeNode, at: string, steps?: Steps): Fault[] {
  const faults: Fault[] = [];
  const fault = (field: string, code: string, message: string): void => {
    faults.push({ pointer: `${at}/${field}`, code, message });
  };
  switch (node.node_type) {
    case 'condition':
      if (node.condition_expression === null || node.condition_expression.trim() === '') {
        fault(
          'condition_expression',
          'missing',
          'A condition node needs an expression to decide by.',
        );
      } else {
        faults.push(...expressionFaults(node.condition_expression, `${at}/condition_expression`));
      }
      if (node.true_path === null && node.false_path === null) {
        fault('true_path', 'missing', 'A condition node needs true_path or false_path, or both.');
      }
      break;
    case 'action':
      if (!isRoutingAction(node.action_type)) {
        fault(
          'action_type',
          'invalid',
          `An action node does one of: ${ROUTING_ACTIONS.join(', ')}.`,
        );
      } else if (ACTIONS_TO_A_STEP.includes(node.action_type) && targetOf(node) === null) {
        const message = `${node.action_type} needs the step_id to go to in action_parameters.target_step_id.`;
        fault('action_parameters/target_step_id', 'missing', message);
      }
      if ('task_type' in node.action_parameters && taskTypeOf(node) === null) {
        const message = `A branch's task_type is one of: ${TASK_TYPES.join(', ')}.`;
        fault('action_parameters/task_type', 'invalid', message);
      }
      break;
    case 'fork':
      if (new Set(branchesOf(node)).size < 2) {
        const message =
          'A fork needs two or more branches: true_path, false_path and action_parameters.branches.';
        fault('true_path', 'missing', message);
      }
      break;
    case 'join':
      break;
  }
  const target = targetOf(node);
  if (target !== null && steps && !steps.has(target)) {
    const message = `${JSON.stringify(target)} is no step of this workflow; name one of its step_ids.`;
    fault('action_parameters/target_step_id', 'unknown_step', message);
  }
  return faults;
}

/** Forks whose branches are work that cannot run, by all ways that conditions may take; none inside of another. */
function forkFaults(tree: DecisionTree, index: ReadonlyMap<string, number>, steps: Steps): Fault[] {
  const forks = tree.nodes.filter((node) => node.node_type === 'fork');
  const within = new Map(forks.map((fork) => [fork, nodesWithin(fork, tree, index)]));
  const inner = new Set([...within.values()].flat());
  return forks.flatMap((fork) => {
    const nodes = within.get(fork) ?? [];
    if (inner.has(fork)) return [];
    const join = nodes.find((node) => node.node_type === 'join');
    const branches = nodes
      .filter((node) => node.node_type === 'action')
      .map((node) => ({ ...node, after: null, target_step_id: targetOf(node) }));
    const target = targetOf(fork) ?? (join ? targetOf(join) : null);
    const fault = forkFault(branches, target, (stepId) => steps.get(stepId));
    if (fault === null) return [];
    const message = `Node ${fork.node_id} is a fork, and ${fault}.`;
    return [{ pointer: `/nodes/${index.get(fork.node_id)}`, code: 'invalid_fork', message }];
  });
}

/** The nodes that the branches of a fork may come to, up to where they join. */
function nodesWithin(
  fork: TreeNode,
  tree: DecisionTree,
  index: ReadonlyMap<string, number>,
): TreeNode[] {
  const reached = new Set(waysOut(fork).map((way) => way.node_id));
  const nodes: TreeNode[] = [];
  // a Set is walked in the order of insertion and sees what is added on the way
  for (const nodeId of reached) {
    const node = tree.nodes[index.get(nodeId) ?? -1];
    if (!node) continue;
    nodes.push(node);
    if (node.node_type !== 'join') waysOut(node).forEach((way) => reached.add(way.node_id));
  }
  return nodes;
}

/** One fault for each way back that closes a cycle, with all its members in order. Depth first, without recursion. */
function cyclesOf(tree: DecisionTree, index: ReadonlyMap<string, number>): Fault[] {
  const done = new Set<string>();
  const faults: Fault[] = [];
  for (const { node_id: start } of tree.nodes) {
    const trail: { node_id: string; ways: { field: string; node_id: string }[] }[] = [];
    const onTrail = new Set<string>();
    const descend = (nodeId: string): void => {
      const node = tree.nodes[index.get(nodeId) ?? -1];
      if (!node || done.has(nodeId)) return;
      trail.push({ node_id: nodeId, ways: waysOut(node) });
      onTrail.add(nodeId);
    };
    descend(start);
    for (let top = trail.at(-1); top; top = trail.at(-1)) {
      const way = top.ways.shift();
      if (!way) {
        done.add(top.node_id);
        onTrail.delete(top.node_id);
        trail.pop();
      } else if (onTrail.has(way.node_id)) {
        const from = trail.findIndex((entry) => entry.node_id === way.node_id);
        const members = trail.slice(from).map((entry) => entry.node_id);
        faults.push({
          pointer: `/nodes/${index.get(top.node_id)}/${way.field}`,
          code: 'cycle',
          message: `The tree runs in a circle: ${[...members, way.node_id].join(' → ')}.`,
        });
      } else {
        descend(way.node_id);
      }
    }
  }
  return faults;
}

function unreachable(tree: DecisionTree, index: ReadonlyMap<string, number>): Fault[] {
  const reached = new Set([tree.root_node_id]);
  // A Set is walked in the order of insertion and sees what is added on the way.
  for (const nodeId of reached) {
    const node = tree.nodes[index.get(nodeId) ?? -1];
    if (node) waysOut(node).forEach((way) => reached.add(way.node_id));
  }
  return tree.nodes.flatMap((node, position) =>
    reached.has(node.node_id)
      ? []
      : [
          {
            pointer: `/nodes/${position}`,
            code: 'unreachable_node',
            message: `No way from ${tree.root_node_id} leads to ${node.node_id}; link it or take it away.`,
          },
        ],
  );
}

function duplicate(node: TreeNode, position: number, index: ReadonlyMap<string, number>): Fault {
  return {
    pointer: `/nodes/${position}/node_id`,
    code: 'duplicate_node_id',
    message: `node_id ${JSON.stringify(node.node_id)} is already used at /nodes/${index.get(node.node_id)}; give each its own.`,
  };
}

function unknownNode(pointer: string, nodeId: string): Fault {
  return {
    pointer,
    code: 'unknown_node',
    message: `${JSON.stringify(nodeId)} is no node of this tree; name one of its node_ids.`,
  };
}
