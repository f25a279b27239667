import { newCompiledDefinition } from '../../../test/factories/definition.factory.js';
import { newAction, newNode, newTree } from '../../../test/factories/routing.factory.js';
import { newFacts } from '../../../test/factories/facts.factory.js';
import { compileTree } from '#engine/routing';
import type { Command } from './commands.js';
import { decide } from './decide.js';
import { effectsOf } from './effects.js';
import { NEW_INSTANCE } from './evolve.js';
import { graphOfStep } from './step-graph.js';
import type { InstanceEvent } from './events.js';
import type { Facts } from './facts.js';
import type { InstanceState } from './types.js';

const tree = compileTree(
  newTree([
    newNode({ node_id: 'fork', node_type: 'fork', true_path: 'score', false_path: 'check' }),
    { ...newAction('score', 'scoring'), true_path: 'tell' },
    newNode({
      node_id: 'tell',
      node_type: 'action',
      action_type: 'parallel_process',
      action_parameters: { task_type: 'notification' },
      true_path: 'join',
    }),
    { ...newAction('check', 'checking'), true_path: 'join' },
    newNode({
      node_id: 'join',
      node_type: 'join',
      action_parameters: { target_step_id: 'together' },
    }),
  ]),
);

const definition = newCompiledDefinition([
  { step_id: 'choice', step_type: 'conditional', decision_tree_id: 'tree' },
  { step_id: 'scoring', step_type: 'automated', conditions: { task_type: 'computation' } },
  { step_id: 'checking', step_type: 'automated', handler: { type: 'delay', duration_ms: 1 } },
  { step_id: 'together', step_type: 'parallel' },
  { step_id: 'after' },
]);

const facts = (): Facts => newFacts({ trees: new Map([['tree', tree]]), max_step_entries: 100 });

function run(commands: readonly Command[], given = facts()) {
  const events: InstanceEvent[] = [];
  let state: InstanceState = NEW_INSTANCE;
  for (const command of commands) {
    const decision = decide(definition, state, command, given);
    if ('rejection' in decision) throw decision.rejection;
    ({ state } = decision);
    events.push(...decision.events);
  }
  return { state, events };
}

const start: Command = { type: 'start', data: { amount: 5 } };

describe('a fork', () => {
  it('has its branches run by the parallel step it leads to, each after what it follows', () => {
    const { state, events } = run([start]);
    expect(state.current).toMatchObject({ step_id: 'together', status: 'waiting' });
    const [effect] = effectsOf(definition, events);
    if (effect?.type !== 'start_execution') throw new Error('nothing was started');
    const step = definition.step('together')!;
    const { tasks, load_balancing } = graphOfStep(definition, step, state.data, effect.branches);
    expect(load_balancing.max_concurrent_tasks).toBe(3);
    expect(tasks).toMatchObject([
      { task_id: 'score', task_type: 'computation', step_id: 'scoring', dependencies: [] },
      {
        task_id: 'check',
        step_id: 'checking',
        handler: { type: 'delay' },
        input_data: { amount: 5 },
      },
      {
        task_id: 'tell',
        task_type: 'notification',
        step_id: 'together',
        handler: { type: 'worker' },
        dependencies: ['score'],
      },
    ]);
  });

  it('goes on when they have joined', () => {
    const given = facts();
    const { state } = run([start], given);
    const ended = decide(
      definition,
      state,
      {
        type: 'execution_ended',
        step_execution_id: state.current!.step_execution_id,
        execution_id: 'e',
        succeeded: true,
        output: { tasks: { score: { points: 3 } } },
        error: null,
      },
      given,
    );
    expect(ended).toMatchObject({
      state: { current: { step_id: 'after' }, data: { tasks: { score: { points: 3 } } } },
    });
  });

  it('is put back with its branches, and entered again with those it is given', () => {
    const { state } = run([start]);
    const { branches } = state.current!;
    expect(branches?.map(({ node_id }) => node_id)).toEqual(['score', 'check', 'tell']);
    const failed: InstanceState = { ...state, status: 'failed', current: null };
    const reopened = decide(
      definition,
      failed,
      { type: 'reopen', step_id: 'together', output: null, branches, reason: '' },
      facts(),
    );
    expect(reopened).toMatchObject({ state: { current: { step_id: 'together', branches } } });
    const restored = decide(
      definition,
      { ...state, current: null },
      {
        type: 'restore',
        from_version: 1,
        to_version: 1,
        state,
        deadlines: { due_at: null, step_due_at: null },
        reason: '',
      },
      facts(),
    );
    expect(restored).toMatchObject({ state: { current: { step_id: 'together', branches } } });
  });
});
