import type { Fault } from '#engine/errors';
import {
  type DecisionTree,
  NODE_TYPES,
  type Steps,
  treeFaults,
  type TreeNode,
} from '#engine/routing';
import { beyondShape, isJsonObject, shapeOf } from '#platform/http';

/**
 * All faults of a tree in one list: of its fields, and of what they mean together, as far as the fields allow.
 * @param steps of the tree's workflow; undefined when it is for all
 */
export async function checkTree<T extends Omit<DecisionTree, 'tree_id'>>(
  body: unknown,
  type: new () => T,
  stepsOf: (workflowId: string | null) => Promise<Steps | undefined>,
): Promise<{ request: T | null; faults: Fault[] }> {
  const shape = await shapeOf(body, type);
  const workflowId = isJsonObject(body) ? textIn(body, 'workflow_id') : null;
  if (shape.value) {
    const steps = await stepsOf(workflowId);
    return { request: shape.value, faults: treeFaults({ tree_id: '', ...shape.value }, steps) };
  }
  const further = beyondShape(treeFaults(salvage(body)), shape.faults);
  // What a broken node leads to is not unreachable for certain.
  const sound = further.filter((fault) => fault.code !== 'unreachable_node');
  return { request: null, faults: [...shape.faults, ...sound] };
}

function salvage(body: unknown): DecisionTree {
  const fields = isJsonObject(body) ? body : {};
  const nodes: unknown[] = Array.isArray(fields['nodes']) ? fields['nodes'] : [];
  return {
    tree_id: '',
    tree_name: '',
    root_node_id: textIn(fields, 'root_node_id') ?? '',
    nodes: nodes.map((node, index) => salvageNode(isJsonObject(node) ? node : {}, index)),
  };
}

function salvageNode(fields: Record<string, unknown>, index: number): TreeNode {
  const parameters = fields['action_parameters'];
  return {
    node_id: textIn(fields, 'node_id') ?? `\u0000${index}`,
    node_type: NODE_TYPES.find((type) => type === fields['node_type']) ?? 'join',
    condition_expression: textIn(fields, 'condition_expression'),
    true_path: textIn(fields, 'true_path'),
    false_path: textIn(fields, 'false_path'),
    action_type: textIn(fields, 'action_type'),
    action_parameters: isJsonObject(parameters) ? parameters : {},
  };
}

function textIn(fields: Record<string, unknown>, key: string): string | null {
  const value = fields[key];
  return typeof value === 'string' ? value : null;
}
