import {
  newAction,
  newCondition,
  newNode,
  newTree,
} from '../../../test/factories/routing.factory.js';
import { treeFaults } from './tree-faults.js';
import type { DecisionTree } from './types.js';

const found = (tree: DecisionTree, steps?: string[]) =>
  treeFaults(
    tree,
    steps && new Map(steps.map((id) => [id, { step_type: 'user_task', parallel: null }])),
  ).map(({ pointer, code }) => [pointer, code]);

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

describe('forks', () => {
  const STEPS = new Map(
    (['automated', 'user_task', 'parallel'] as const).map((step_type) => [
      `${step_type} step`,
      { step_type, parallel: null },
    ]),
  );
  const forked = (branches: (string | null)[], target_step_id: string | null) =>
    treeFaults(
      newTree([
        newNode({
          node_id: 'fork',
          node_type: 'fork',
          action_parameters: { branches: branches.map((_, n) => `b${n}`) },
        }),
        ...branches.map((target, n) =>
          newNode({
            node_id: `b${n}`,
            node_type: 'action',
            action_type: 'parallel_process',
            action_parameters:
              target === null ? { task_type: 'validation' } : { target_step_id: target },
            true_path: 'join',
          }),
        ),
        newNode({
          node_id: 'join',
          node_type: 'join',
          action_parameters: target_step_id === null ? {} : { target_step_id },
        }),
      ]),
      STEPS,
    ).map(({ code }) => code);

  it.each([
    [['automated step', null], 'parallel step', []],
    [['automated step', null], 'user_task step', ['invalid_fork']],
    [['automated step', null], null, ['invalid_fork']],
    [['automated step', 'user_task step'], 'parallel step', ['invalid_fork']],
    // no work: they only say why it goes there
    [['user_task step', 'parallel step'], 'user_task step', []],
  ])('with branches %j that lead to %j', (branches, target, codes) => {
    expect(forked(branches, target)).toEqual(codes);
  });

  it('asks only for tasks of a known type', () => {
    const tree = newTree([
      newNode({
        node_id: 'a',
        node_type: 'action',
        action_type: 'parallel_process',
        action_parameters: { task_type: 'dance' },
      }),
    ]);
    expect(treeFaults(tree).map(({ pointer }) => pointer)).toEqual([
      '/nodes/0/action_parameters/task_type',
    ]);
  });
});
