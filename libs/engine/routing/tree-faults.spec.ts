import {
  newAction,
  newCondition,
  newNode,
  newTree,
} from '../../../test/factories/routing.factory.js';
import { treeFaults } from './tree-faults.js';
import type { DecisionTree } from './types.js';

const found = (tree: DecisionTree, steps?: string[]) =>
  treeFaults(tree, steps && new Set(steps)).map(({ pointer, code }) => [pointer, code]);

describe('treeFaults', () => {
  it('finds nothing in a sound tree', () => {
    const tree = newTree([
      newCondition('c', 'x', 'a', 'b'),
      newAction('a', 's'),
      newAction('b', 't'),
    ]);
    expect(found(tree, ['s', 't'])).toEqual([]);
  });

  it('lists every fault of a tree in one go', () => {
    const tree = newTree(
      [
        newCondition('c', 'x >', 'a', 'nowhere'),
        newNode({ node_id: 'a', node_type: 'action', action_type: 'dance' }),
        newNode({ node_id: 'a', node_type: 'condition' }),
        newNode({ node_id: 'b', node_type: 'action', action_type: 'route_to_step' }),
        newNode({ node_id: 'f', node_type: 'fork', true_path: 'a' }),
      ],
      { root_node_id: 'c' },
    );
    expect(found(tree)).toEqual([
      ['/nodes/0/condition_expression', 'expression_syntax'],
      ['/nodes/0/false_path', 'unknown_node'],
      ['/nodes/1/action_type', 'invalid'],
      ['/nodes/2/node_id', 'duplicate_node_id'],
      ['/nodes/2/condition_expression', 'missing'],
      ['/nodes/2/true_path', 'missing'],
      ['/nodes/3/action_parameters/target_step_id', 'missing'],
      ['/nodes/4/true_path', 'missing'],
      ['/nodes/3', 'unreachable_node'],
      ['/nodes/4', 'unreachable_node'],
    ]);
  });

  it('names the members of a cycle', () => {
    const tree = newTree([
      newCondition('start', 'x', 'one', 'end'),
      newCondition('one', 'x', 'two', 'end'),
      newCondition('two', 'x', 'end', 'one'),
      newAction('end', 's'),
    ]);
    const [fault, ...others] = treeFaults(tree);
    expect(others).toEqual([]);
    expect(fault).toMatchObject({ pointer: '/nodes/2/false_path', code: 'cycle' });
    expect(fault?.message).toContain('one → two → one');
  });

  it('finds a root that is no node, and targets that are no step', () => {
    const tree = newTree([newAction('a', 'lost')], { root_node_id: 'z' });
    expect(found(tree, ['s'])).toEqual([
      ['/nodes/0/action_parameters/target_step_id', 'unknown_step'],
      ['/root_node_id', 'unknown_node'],
    ]);
  });

  it('copes with a chain of thousands of nodes', () => {
    const length = 5_000;
    const nodes = Array.from({ length }, (_, i) => newCondition(`n${i}`, 'x', `n${i + 1}`, null));
    expect(found(newTree([...nodes, newAction(`n${length}`, 's')]))).toEqual([]);
  });
});
