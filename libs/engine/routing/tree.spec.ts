import fc from 'fast-check';

import {
  newAction,
  newCondition,
  newNode,
  newTree,
} from '../../../test/factories/routing.factory.js';
import { compileTree, decideByTree } from './tree.js';
import { treeFaults } from './tree-faults.js';
import type { DecisionTree, TreeNode } from './types.js';

const now = Date.UTC(2026, 0, 5);
const decide = (tree: DecisionTree, data = {}) => decideByTree(compileTree(tree), data, { now });

const byAmount = newTree([
  newCondition('amount', 'amount > 1000', 'boss', 'team'),
  newAction('boss', 'director_approval'),
  newAction('team', 'team_approval'),
]);

describe('decideByTree', () => {
  it('follows true_path when the condition holds, and records the way', () => {
    const decision = decide(byAmount, { amount: 5000 });
    expect(decision).toMatchObject({
      leaf_node_id: 'boss',
      action: 'route_to_step',
      target_step_id: 'director_approval',
      undecided_because: null,
    });
    expect(decision.path.map((node) => [node.node_id, node.value])).toEqual([
      ['amount', true],
      ['boss', null],
    ]);
  });

  it('follows false_path when the condition is false or cannot be told, as FEEL’s if does', () => {
    expect(decide(byAmount, { amount: 1 }).leaf_node_id).toBe('team');
    const unknown = decide(byAmount, {});
    expect(unknown.leaf_node_id).toBe('team');
    expect(unknown.path[0]?.value).toBeNull();
    expect(unknown.path[0]?.warnings).not.toEqual([]);
  });

  it('does not decide where the path it takes is missing', () => {
    const tree = newTree([newCondition('c', 'vip', 'a', null), newAction('a', 's')]);
    expect(decide(tree, { vip: false })).toMatchObject({ action: null, leaf_node_id: null });
    expect(decide(tree, { vip: false }).undecided_because).toContain('node c');
  });

  it('does not decide when a condition is too much work', () => {
    const source = '(for x in 1..1000000000 return x) = 1';
    const tree = newTree([newCondition('c', source, 'a', 'a'), newAction('a', 's')]);
    expect(decide(tree).undecided_because).toContain('limit');
  });

  it('starts parallel work at a fork, with every branch up to the join', () => {
    const tree = newTree([
      newNode({
        node_id: 'fork',
        node_type: 'fork',
        true_path: 'check',
        false_path: 'is_remote',
        action_parameters: { branches: ['badge'] },
      }),
      newNode({ ...newAction('check', 'background_check'), true_path: 'join' }),
      newCondition('is_remote', 'remote', 'ship', 'join'),
      newNode({ ...newAction('ship', 'ship_laptop'), true_path: 'join' }),
      newNode({ ...newAction('badge', 'print_badge'), true_path: 'join' }),
      newNode({
        node_id: 'join',
        node_type: 'join',
        action_parameters: { target_step_id: 'setup' },
      }),
    ]);
    expect(treeFaults(tree)).toEqual([]);
    const remote = decide(tree, { remote: true });
    expect(remote).toMatchObject({ action: 'parallel_process', target_step_id: 'setup' });
    const targets = (data: object) =>
      decide(tree, data)
        .branches.map((branch) => branch.target_step_id)
        .sort();
    expect(targets({ remote: true })).toEqual(['background_check', 'print_badge', 'ship_laptop']);
    expect(targets({ remote: false })).toEqual(['background_check', 'print_badge']);
  });

  it('passes on through a join outside a fork', () => {
    const tree = newTree([
      newCondition('c', 'x', 'j', 'j'),
      newNode({ node_id: 'j', node_type: 'join', true_path: 'a' }),
      newAction('a', 's'),
    ]);
    expect(decide(tree).target_step_id).toBe('s');
  });

  it('ends in time on nested forks that share their branches', () => {
    const depth = 200;
    const nodes = Array.from({ length: depth }, (_, i) =>
      newNode({
        node_id: `n${i}`,
        node_type: 'fork',
        true_path: `n${i + 1}`,
        false_path: 'end',
        action_parameters: { branches: [`n${i + 1}`] },
      }),
    );
    const tree = newTree([...nodes, newAction(`n${depth}`, 's'), newAction('end', 't')]);
    expect(decide(tree).branches).toHaveLength(2);
  });
});

/** A tree without faults: a node's paths lead to later nodes only, and nodes that nothing leads to are taken away. */
const soundTree = fc
  .array(
    fc.record({
      expression: fc.constantFrom('a', 'not(a)', 'a > 1', 'null', 'b = "x"'),
      kind: fc.constantFrom('condition' as const, 'join' as const, 'fork' as const),
      left: fc.nat(),
      right: fc.nat(),
    }),
    { maxLength: 12 },
  )
  .map((shapes) => {
    const last = shapes.length;
    const nodes = shapes.map(({ expression, kind, left, right }, i): TreeNode => {
      const later = (n: number) => `n${i + 1 + (n % (last - i))}`;
      if (kind === 'condition') return newCondition(`n${i}`, expression, later(left), later(right));
      const branches = kind === 'fork' ? { branches: ['leaf_a', 'leaf_b'] } : {};
      return newNode({
        node_id: `n${i}`,
        node_type: kind,
        true_path: later(left),
        action_parameters: branches,
      });
    });
    const all = [
      ...nodes,
      newAction(`n${last}`, 's'),
      newAction('leaf_a', 'a'),
      newAction('leaf_b', 'b'),
    ];
    const unreachable = (tree: DecisionTree) =>
      new Set(
        treeFaults(tree)
          .filter((fault) => fault.code === 'unreachable_node')
          .map((fault) => Number(fault.pointer.split('/')[2])),
      );
    const gone = unreachable(newTree(all));
    return newTree(all.filter((_, i) => !gone.has(i)));
  });

it('a tree without faults always decides, on any data', () => {
  const data = fc.dictionary(fc.constantFrom('a', 'b', 'toString'), fc.jsonValue());
  fc.assert(
    fc.property(soundTree, data, (tree, context) => {
      expect(treeFaults(tree)).toEqual([]);
      const decision = decide(tree, context);
      expect(decision.undecided_because).toBeNull();
      expect(decision.action).not.toBeNull();
      const ids = decision.path.map((node) => node.node_id);
      expect(new Set(ids).size).toBe(ids.length);
    }),
  );
});
