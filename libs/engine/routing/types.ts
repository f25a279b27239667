import type { CompiledExpression } from '#engine/expression';
import type { JsonObject } from '#engine/graph';

/** The words of a routing decision: contract.md §67. */

export const ROUTING_ACTIONS = [
  'route_to_step',
  'escalate',
  'auto_approve',
  'reject',
  'parallel_process',
] as const;
export type RoutingAction = (typeof ROUTING_ACTIONS)[number];

export const CONDITION_TYPES = [
  'data_threshold',
  'role_based',
  'time_based',
  'approval_amount',
  'department_policy',
] as const;
export type ConditionType = (typeof CONDITION_TYPES)[number];

export const NODE_TYPES = ['condition', 'action', 'fork', 'join'] as const;
export type NodeType = (typeof NODE_TYPES)[number];

/** Where a rule comes from. The order is the order in which they are tried. */
export const RULE_ORIGINS = ['request', 'stored', 'override', 'workflow'] as const;
export type RuleOrigin = (typeof RULE_ORIGINS)[number];

/** A condition with what follows from it: a business rule, a temporary override, or a workflow's routing rule. */
export interface DecisionRule {
  rule_id: string;
  rule_name: string;
  origin: RuleOrigin;
  /** One of `CONDITION_TYPES`, or the origin of a rule that is no business rule. */
  condition_type: string;
  condition_expression: string;
  condition: CompiledExpression;
  action: RoutingAction;
  target_step_id: string | null;
  /** Lower is tried first. */
  priority: number;
  is_active: boolean;
  /** The stored version of it; null of a rule that is not stored by itself. */
  version_id: string | null;
}

export interface TreeNode {
  node_id: string;
  node_type: NodeType;
  condition_expression: string | null;
  true_path: string | null;
  false_path: string | null;
  /** Of an `action`: one of the routing actions. */
  action_type: string | null;
  /** `target_step_id`: where an `action`, a `fork` or a `join` leads. */
  action_parameters: JsonObject;
}

export interface DecisionTree {
  tree_id: string;
  tree_name: string;
  root_node_id: string;
  nodes: TreeNode[];
}

export function isRoutingAction(word: string | null): word is RoutingAction {
  return (ROUTING_ACTIONS as readonly (string | null)[]).includes(word);
}

/** The step that a node's parameters name. */
export function targetOf(node: Pick<TreeNode, 'action_parameters'>): string | null {
  const target = node.action_parameters['target_step_id'];
  return typeof target === 'string' ? target : null;
}
