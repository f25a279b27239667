import { compile } from '#engine/expression';
import type { DecisionRule, DecisionTree, TreeNode } from '#engine/routing';

export function newDecisionRule(rule: Partial<Omit<DecisionRule, 'condition'>> = {}): DecisionRule {
  const condition_expression = rule.condition_expression ?? 'true';
  return {
    rule_id: 'rule',
    rule_name: 'A rule',
    origin: 'stored',
    condition_type: 'data_threshold',
    action: 'route_to_step',
    target_step_id: null,
    priority: 100,
    is_active: true,
    version_id: null,
    ...rule,
    condition_expression,
    condition: compile(condition_expression),
  };
}

export function newNode(
  node: Partial<TreeNode> & Pick<TreeNode, 'node_id' | 'node_type'>,
): TreeNode {
  return {
    condition_expression: null,
    true_path: null,
    false_path: null,
    action_type: null,
    action_parameters: {},
    ...node,
  };
}

/** A condition node: `[id, expression, true_path, false_path]`. */
export function newCondition(
  node_id: string,
  condition_expression: string,
  true_path: string | null,
  false_path: string | null,
): TreeNode {
  return newNode({ node_id, node_type: 'condition', condition_expression, true_path, false_path });
}

/** An action node that goes to a step. */
export function newAction(node_id: string, target_step_id: string): TreeNode {
  return newNode({
    node_id,
    node_type: 'action',
    action_type: 'route_to_step',
    action_parameters: { target_step_id },
  });
}

/** Its root is the first node. */
export function newTree(nodes: TreeNode[], tree: Partial<DecisionTree> = {}): DecisionTree {
  return {
    tree_id: 'tree',
    tree_name: 'A tree',
    root_node_id: nodes[0]?.node_id ?? '',
    nodes,
    ...tree,
  };
}
