import { compileCondition } from '#engine/definition';
import type { CompiledExpression } from '#engine/expression';
import type { JsonObject } from '#engine/graph';

import { type Branch, forkFault, type StepOf } from './branches.js';
import { tryCondition } from './trial.js';
import {
  isRoutingAction,
  targetOf,
  type DecisionTree,
  type NodeType,
  type RoutingAction,
  type TreeNode,
} from './types.js';

interface CompiledNode extends TreeNode {
  condition: CompiledExpression | null;
}

/** A tree without faults, made ready to decide with. Immutable. */
export interface CompiledTree {
  tree_id: string;
  /** Null: it is not stored. */
  version_number: number | null;
  tree_name: string;
  root_node_id: string;
  nodes: ReadonlyMap<string, CompiledNode>;
}

/** A node on the way through a tree. Plain data: it is stored with the decision. */
export interface PathNode {
  node_id: string;
  node_type: NodeType;
  condition_expression: string | null;
  /** Of a condition: what it was on these data. */
  value: boolean | null;
  /** The node that the way went on to; null at its end. A fork's ways are its branches. */
  next_node_id: string | null;
  warnings: string[];
}

export interface TreeDecision {
  tree_id: string;
  /** Null: the tree is not stored. */
  version_number: number | null;
  path: PathNode[];
  /** The node that decided; null when none did. */
  leaf_node_id: string | null;
  action: RoutingAction | null;
  target_step_id: string | null;
  /** Of a fork: what is to run in parallel. */
  branches: Branch[];
  /** Why the tree does not decide; null when it does. */
  undecided_because: string | null;
}

/** @throws ExpressionSyntaxError when a condition does not parse; `treeFaults` finds all of them first. */
export function compileTree(tree: DecisionTree & { version_number?: number }): CompiledTree {
  const { tree_id, version_number = null, tree_name, root_node_id } = tree;
  const nodes = new Map(
    tree.nodes.map((node) => [
      node.node_id,
      {
        ...node,
        condition:
          node.node_type === 'condition' && node.condition_expression !== null
            ? compileCondition(node.condition_expression)
            : null,
      },
    ]),
  );
  return { tree_id, version_number, tree_name, root_node_id, nodes };
}

/**
 * Follows a tree from its root. A condition that is true goes on by `true_path`, any other by `false_path` (as FEEL's
 * `if` does with null); an action ends it; a fork ends it as well, with its branches, as `parallel_process`; a join
 * outside a fork passes on. Total: a way that leads nowhere leaves the decision to the rules, with the reason; so does,
 * where the steps of a workflow are given, a fork whose branches cannot run there.
 */
export function decideByTree(
  tree: CompiledTree,
  context: JsonObject,
  { now, stepOf }: { now: number; stepOf?: StepOf },
): TreeDecision {
  const decision = new Walk(tree, context, now).from(tree.root_node_id);
  const { branches, leaf_node_id, target_step_id } = decision;
  const fault = stepOf && forkFault(branches, target_step_id, stepOf);
  return fault ? undecided(decision, `node ${leaf_node_id} is a fork, and ${fault}`) : decision;
}

/** The same, deciding nothing. */
export function undecided(decision: TreeDecision, undecided_because: string): TreeDecision {
  return {
    ...decision,
    leaf_node_id: null,
    action: null,
    target_step_id: null,
    branches: [],
    undecided_because,
  };
}

/** A way out of a node of a fork, and the action that it follows. */
interface Way {
  node_id: string;
  after: string | null;
}

class Walk {
  private readonly path: PathNode[] = [];
  private readonly visited = new Set<string>();

  constructor(
    private readonly tree: CompiledTree,
    private readonly context: JsonObject,
    private readonly now: number,
  ) {}

  from(rootId: string): TreeDecision {
    let nodeId: string | null = rootId;
    while (nodeId !== null) {
      const node = this.visit(nodeId);
      if (!node) return this.undecided(`there is no new node ${nodeId} to go on to`);
      switch (node.node_type) {
        case 'action':
          return this.decided(node, []);
        case 'fork':
          return this.fork(node);
        case 'condition':
        case 'join': {
          const step = this.passOn(node);
          if (step.undecided !== null) return this.undecided(step.undecided);
          nodeId = step.next;
        }
      }
    }
    return this.undecided(
      `the way ends at node ${this.path.at(-1)?.node_id}, which decides nothing`,
    );
  }

  /** A node, once: a tree that was stored has no cycles, and branches that meet go on as one. */
  private visit(nodeId: string): CompiledNode | undefined {
    if (this.visited.has(nodeId)) return undefined;
    this.visited.add(nodeId);
    return this.tree.nodes.get(nodeId);
  }

  private passOn(node: CompiledNode): { next: string | null; undecided: string | null } {
    if (node.node_type !== 'condition' || node.condition === null) {
      this.record(node, null, node.true_path, []);
      return { next: node.true_path, undecided: null };
    }
    const { matched, value, warnings, exceeded } = tryCondition(
      node.condition,
      this.context,
      this.now,
    );
    const next = exceeded ? null : matched ? node.true_path : node.false_path;
    this.record(node, value, next, warnings);
    const undecided = exceeded
      ? `the condition of node ${node.node_id} has no value: ${warnings.join('; ')}`
      : null;
    return { next, undecided };
  }

  private fork(fork: CompiledNode): TreeDecision {
    this.record(fork, null, null, []);
    const branches: Branch[] = [];
    let join: CompiledNode | undefined;
    const follow = (node_ids: readonly string[], after: string | null): Way[] =>
      node_ids.map((node_id) => ({ node_id, after }));
    const open = follow(branchesOf(fork), null);
    for (let way = open.shift(); way !== undefined; way = open.shift()) {
      const { after } = way;
      const node = this.visit(way.node_id);
      if (!node) continue;
      switch (node.node_type) {
        case 'fork':
          this.record(node, null, null, []);
          open.push(...follow(branchesOf(node), after));
          break;
        case 'join':
          this.record(node, null, null, []);
          join ??= node;
          break;
        case 'action': {
          this.record(node, null, node.true_path, []);
          const { node_id, action_type, action_parameters } = node;
          branches.push({
            node_id,
            after,
            action_type,
            target_step_id: targetOf(node),
            action_parameters,
          });
          if (node.true_path !== null) open.push({ node_id: node.true_path, after: node_id });
          break;
        }
        case 'condition': {
          const { next, undecided } = this.passOn(node);
          if (undecided !== null) return this.undecided(undecided);
          if (next !== null) open.push({ node_id: next, after });
        }
      }
    }
    return this.decided(fork, branches, targetOf(fork) ?? (join ? targetOf(join) : null));
  }

  private record(
    node: CompiledNode,
    value: boolean | null,
    next_node_id: string | null,
    warnings: string[],
  ): void {
    const { node_id, node_type, condition_expression } = node;
    this.path.push({ node_id, node_type, condition_expression, value, next_node_id, warnings });
  }

  private decided(node: CompiledNode, branches: Branch[], target = targetOf(node)): TreeDecision {
    if (node.node_type === 'action') this.record(node, null, null, []);
    const action = node.node_type === 'fork' ? 'parallel_process' : node.action_type;
    if (!isRoutingAction(action)) {
      return this.undecided(`node ${node.node_id} has no action that routing knows`);
    }
    return {
      tree_id: this.tree.tree_id,
      version_number: this.tree.version_number,
      path: this.path,
      leaf_node_id: node.node_id,
      action,
      target_step_id: target,
      branches,
      undecided_because: null,
    };
  }

  private undecided(reason: string): TreeDecision {
    return {
      tree_id: this.tree.tree_id,
      version_number: this.tree.version_number,
      path: this.path,
      leaf_node_id: null,
      action: null,
      target_step_id: null,
      branches: [],
      undecided_because: reason,
    };
  }
}

/** The ways out of a fork: its two paths, and any more that `action_parameters.branches` names. */
export function branchesOf(node: TreeNode): string[] {
  const more = node.action_parameters['branches'];
  return [
    node.true_path,
    node.false_path,
    ...(Array.isArray(more) ? (more as unknown[]) : []),
  ].filter((id): id is string => typeof id === 'string');
}
