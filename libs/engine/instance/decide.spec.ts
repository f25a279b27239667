import fc from 'fast-check';

import { compile } from '#engine/expression';
import { compileTree, type TreeNode } from '#engine/routing';

import {
  newCompiledDefinition,
  newLevel,
  newRule,
} from '../../../test/factories/definition.factory.js';
import { newFacts } from '../../../test/factories/facts.factory.js';
import { decide, type Decision } from './decide.js';
import { effectsOf } from './effects.js';
import { evolve, NEW_INSTANCE } from './evolve.js';
import type { Command } from './commands.js';
import type { InstanceState } from './types.js';

function accepted(decision: Decision): Extract<Decision, { events: unknown }> {
  if ('rejection' in decision) throw decision.rejection;
  return decision;
}

function refusal(decision: Decision): string {
  return 'rejection' in decision ? decision.rejection.code : 'accepted';
}

type Definition = ReturnType<typeof newCompiledDefinition>;

/** The state after commands that must all be accepted. */
function run(
  definition: Definition,
  commands: readonly Command[],
  given = newFacts(),
): InstanceState {
  return commands.reduce(
    (state, command) => accepted(decide(definition, state, command, given)).state,
    NEW_INSTANCE,
  );
}

const start = (data = {}): Command => ({ type: 'start', data });
const complete = (step_id: string, output = {}): Command => ({
  type: 'complete_step',
  step_id,
  output,
});
const vote = (
  decision: 'approved' | 'rejected',
  role: string,
  more: Partial<Extract<Command, { type: 'decide_approval' }>> = {},
): Command => ({
  type: 'decide_approval',
  step_id: 'approve',
  decision,
  approver: { id: `person_${role}`, roles: [role], department: null, management_level: null },
  comment: '',
  output: {},
  ...more,
});

describe('moving through the steps', () => {
  const three = newCompiledDefinition([{ step_id: 'a' }, { step_id: 'b' }, { step_id: 'c' }]);

  it('follows order_sequence and completes after the last step', () => {
    expect(run(three, [start()]).current?.step_id).toBe('a');
    expect(run(three, [start(), complete('a')]).current?.step_id).toBe('b');
    const ended = run(three, [start(), complete('a'), complete('b'), complete('c')]);
    expect(ended).toMatchObject({ status: 'completed', outcome: 'completed', current: null });
  });

  it('starts at the step that it was said to stand at', () => {
    const state = run(three, [{ type: 'start', data: {}, at_step_id: 'b' }]);
    expect(state.current).toMatchObject({ step_id: 'b', entry: 1, status: 'waiting' });
    expect(
      refusal(
        decide(three, NEW_INSTANCE, { type: 'start', data: {}, at_step_id: 'x' }, newFacts()),
      ),
    ).toBe('step_not_found');
  });

  it('stands where it is said to: no condition asked, nothing decided, no work started', () => {
    const definition = newCompiledDefinition([
      { step_id: 'a', step_type: 'automated', conditions: { expression: 'false' } },
      { step_id: 'b', step_type: 'conditional' },
      { step_id: 'c' },
    ]);
    for (const at_step_id of ['a', 'b']) {
      const decision = decide(
        definition,
        NEW_INSTANCE,
        { type: 'start', data: {}, at_step_id },
        newFacts(),
      );
      if ('rejection' in decision) throw decision.rejection;
      expect(decision.state.current?.step_id).toBe(at_step_id);
      expect(effectsOf(definition, decision.events)).toEqual([]);
    }
  });

  it('lays the output of a step over the data', () => {
    const state = run(three, [start({ amount: 1, kept: true }), complete('a', { amount: 2 })]);
    expect(state.data).toEqual({ amount: 2, kept: true });
  });

  it('keeps hostile keys of an output out of every prototype', () => {
    const output = JSON.parse('{"__proto__": {"admin": true}, "constructor": 1}') as Record<
      string,
      unknown
    >;
    const { data } = run(three, [start(), complete('a', output)]);
    expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
    expect('admin' in data).toBe(false);
    expect(Object.hasOwn(data, '__proto__')).toBe(true);
  });

  it('refuses a step that is not the current one, and says which is', () => {
    const state = run(three, [start()]);
    const decision = decide(three, state, complete('b'), newFacts());
    expect(refusal(decision)).toBe('step_not_current');
    expect('rejection' in decision && decision.rejection.facts).toMatchObject({
      current_step_id: 'a',
    });
    expect(refusal(decide(three, state, complete('nowhere'), newFacts()))).toBe('step_not_found');
  });

  it('refuses an answer to an earlier entry of the same step', () => {
    const state = run(three, [start()]);
    const late: Command = {
      type: 'complete_step',
      step_id: 'a',
      output: {},
      step_execution_id: 'another',
    };
    expect(refusal(decide(three, state, late, newFacts()))).toBe('step_not_current');
  });

  it('handles steps that are named like members of Object', () => {
    const odd = newCompiledDefinition([{ step_id: 'constructor' }, { step_id: 'toString' }], {
      routing_rules: [newRule({ target_step_id: 'toString' })],
    });
    expect(run(odd, [start(), complete('constructor')]).current).toMatchObject({
      step_id: 'toString',
      entry: 1,
    });
  });
});

describe('routing rules', () => {
  const steps = [{ step_id: 'a' }, { step_id: 'b' }, { step_id: 'c' }];

  it('are tried by priority, lower first', () => {
    const definition = newCompiledDefinition(steps, {
      routing_rules: [
        newRule({ rule_id: 'late', target_step_id: 'b', priority: 20 }),
        newRule({ rule_id: 'early', target_step_id: 'c', priority: 10 }),
      ],
    });
    const { events } = accepted(
      decide(definition, run(definition, [start()]), complete('a'), newFacts()),
    );
    expect(events.at(-1)).toMatchObject({
      type: 'step_entered',
      step_id: 'c',
      routed_by_id: 'early',
    });
  });

  it('without a source never lead back to a step entered before', () => {
    const definition = newCompiledDefinition(steps, {
      routing_rules: [newRule({ target_step_id: 'a' })],
    });
    expect(run(definition, [start(), complete('a')]).current?.step_id).toBe('b');
  });

  it('with a source may loop, and count the entries', () => {
    const definition = newCompiledDefinition(steps, {
      routing_rules: [
        newRule({ source_step_id: 'b', target_step_id: 'a', condition_expression: 'again = true' }),
      ],
    });
    const state = run(definition, [start({ again: true }), complete('a'), complete('b')]);
    expect(state.current).toMatchObject({ step_id: 'a', entry: 2 });
    const on = run(definition, [
      start({ again: true }),
      complete('a'),
      complete('b', { again: false }),
    ]);
    expect(on.current?.step_id).toBe('c');
  });

  it('see the outcome of the step', () => {
    const definition = newCompiledDefinition(
      [{ step_id: 'approve', step_type: 'approval' }, { step_id: 'pay' }, { step_id: 'rework' }],
      {
        routing_rules: [
          newRule({ target_step_id: 'rework', condition_expression: 'outcome = "rejected"' }),
        ],
      },
    );
    expect(run(definition, [start(), vote('rejected', 'boss')]).current?.step_id).toBe('rework');
    expect(run(definition, [start(), vote('approved', 'boss')]).current?.step_id).toBe('pay');
  });

  it('turn a runaway loop into an incident', () => {
    const definition = newCompiledDefinition(
      [{ step_id: 'a' }, { step_id: 'spin', step_type: 'conditional' }],
      { routing_rules: [newRule({ source_step_id: 'spin', target_step_id: 'spin' })] },
    );
    const given = newFacts({ max_step_entries: 50 });
    const { events, state } = accepted(
      decide(definition, run(definition, [start()], given), complete('a'), given),
    );
    expect(state).toMatchObject({ status: 'failed', total_entries: 50 });
    expect(events.at(-2)).toMatchObject({ type: 'incident_raised', kind: 'step_entry_limit' });
  });

  it('come after an active override', () => {
    const definition = newCompiledDefinition(steps, {
      routing_rules: [newRule({ target_step_id: 'b' })],
    });
    const override = {
      routing_id: 'o1',
      routing_rule_id: 'now',
      source_step_id: 'a',
      target_step_id: 'c',
      condition_expression: 'true',
      condition: compile('true'),
      priority: 1,
    };
    const given = newFacts({ overrides: [override] });
    expect(run(definition, [start(), complete('a')], given).current?.step_id).toBe('c');
  });
});

describe('conditional steps and conditions', () => {
  it('decide at once by a tree, when one is named', () => {
    const definition = newCompiledDefinition([
      { step_id: 'choose', step_type: 'conditional', decision_tree_id: 'tree' },
      { step_id: 'small' },
      { step_id: 'large' },
    ]);
    const action = (node_id: string, target_step_id: string): TreeNode => ({
      node_id,
      node_type: 'action',
      condition_expression: null,
      true_path: null,
      false_path: null,
      action_type: 'route_to_step',
      action_parameters: { target_step_id },
    });
    const tree = compileTree({
      tree_id: 'tree',
      tree_name: 'By amount',
      root_node_id: 'root',
      nodes: [
        {
          ...action('root', ''),
          node_type: 'condition',
          condition_expression: 'amount > 100',
          true_path: 'yes',
          false_path: 'no',
        },
        action('yes', 'large'),
        action('no', 'small'),
      ],
    });
    const trees = new Map([['tree', tree]]);
    expect(run(definition, [start({ amount: 500 })], newFacts({ trees })).current?.step_id).toBe(
      'large',
    );
    expect(run(definition, [start({ amount: 5 })], newFacts({ trees })).current?.step_id).toBe(
      'small',
    );
  });

  it('skip a step whose condition does not hold', () => {
    const definition = newCompiledDefinition([
      { step_id: 'a', conditions: { expression: 'amount > 100' } },
      { step_id: 'b' },
    ]);
    const { events } = accepted(decide(definition, NEW_INSTANCE, start({ amount: 5 }), newFacts()));
    expect(events.map(({ type }) => type)).toEqual([
      'instance_started',
      'step_skipped',
      'step_entered',
    ]);
    expect(run(definition, [start({ amount: 500 })]).current?.step_id).toBe('a');
  });
});

describe('approvals', () => {
  const hierarchy = (...levels: Parameters<typeof newLevel>[0][]): Definition =>
    newCompiledDefinition(
      [
        { step_id: 'approve', step_type: 'approval', required_roles: ['role_1'] },
        { step_id: 'after' },
      ],
      { approval_hierarchies: levels.map(newLevel) },
    );

  it('ask the levels one after the other', () => {
    const definition = hierarchy({ level: 1 }, { level: 2 });
    const first = run(definition, [start(), vote('approved', 'role_1')]);
    expect(first.current?.levels?.map(({ status }) => status)).toEqual(['approved', 'asked']);
    expect(refusal(decide(definition, first, vote('approved', 'role_1'), newFacts()))).toBe(
      'approver_not_entitled',
    );
    expect(
      run(definition, [start(), vote('approved', 'role_1'), vote('approved', 'role_2')]).current
        ?.step_id,
    ).toBe('after');
  });

  it('ask a parallel level together with the next', () => {
    const definition = hierarchy({ level: 1, parallel_approval: true }, { level: 2 }, { level: 3 });
    expect(run(definition, [start()]).current?.levels?.map(({ status }) => status)).toEqual([
      'asked',
      'asked',
      'pending',
    ]);
    const both = run(definition, [start(), vote('approved', 'role_2'), vote('approved', 'role_1')]);
    expect(both.current?.levels?.map(({ status }) => status)).toEqual([
      'approved',
      'approved',
      'asked',
    ]);
  });

  it('start at the lowest level whose role the step requires', () => {
    const definition = newCompiledDefinition(
      [{ step_id: 'approve', step_type: 'approval', required_roles: ['role_2'] }],
      { approval_hierarchies: [1, 2, 3].map((level) => newLevel({ level })) },
    );
    expect(run(definition, [start()]).current?.levels?.map(({ level }) => level)).toEqual([2, 3]);
  });

  it('bypass levels whose condition holds, and keep the reason', () => {
    const definition = hierarchy({ level: 1, bypass_conditions: ['amount < 100'] }, { level: 2 });
    const { events, state } = accepted(
      decide(definition, NEW_INSTANCE, start({ amount: 5 }), newFacts()),
    );
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'approval_bypassed', condition: 'amount < 100' }),
    );
    expect(state.current?.levels?.map(({ status }) => status)).toEqual(['bypassed', 'asked']);
  });

  it('complete at once when every level is bypassed', () => {
    const definition = hierarchy({ level: 1, bypass_conditions: ['true'] });
    expect(run(definition, [start()]).current?.step_id).toBe('after');
  });

  it('end the instance as rejected when nobody takes the rejected case', () => {
    const state = run(hierarchy({ level: 1 }), [start(), vote('rejected', 'role_1')]);
    expect(state).toMatchObject({ status: 'completed', outcome: 'rejected', current: null });
  });

  it('check department and management level', () => {
    const definition = hierarchy({ level: 1, department_required: 'HR', minimum_level: 3 });
    const state = run(definition, [start()]);
    const as = (department: string | null, management_level: number | null): string =>
      refusal(
        decide(
          definition,
          state,
          vote('approved', 'role_1', {
            approver: { id: 'p', roles: ['role_1'], department, management_level },
          }),
          newFacts(),
        ),
      );
    expect([as('IT', 5), as('HR', 2), as('HR', null), as('HR', 3)]).toEqual([
      'approver_not_entitled',
      'approver_not_entitled',
      'approver_not_entitled',
      'accepted',
    ]);
  });

  it('say that a level was decided before', () => {
    const definition = hierarchy({ level: 1 }, { level: 2 });
    const state = run(definition, [start(), vote('approved', 'role_1')]);
    expect(
      refusal(decide(definition, state, vote('approved', 'role_1', { level: 1 }), newFacts())),
    ).toBe('approval_already_given');
    expect(
      refusal(decide(definition, state, vote('approved', 'role_1', { level: 7 }), newFacts())),
    ).toBe('approval_not_asked');
  });
});

describe('work of executions', () => {
  const definition = newCompiledDefinition(
    [{ step_id: 'work', step_type: 'automated' }, { step_id: 'after' }, { step_id: 'repair' }],
    {
      routing_rules: [
        newRule({
          source_step_id: 'work',
          target_step_id: 'repair',
          condition_expression: 'outcome = "failed" and repairable = true',
        }),
      ],
    },
  );
  const ended = (succeeded: boolean): Command => ({
    type: 'execution_ended',
    step_execution_id: 'step-execution-1',
    execution_id: 'e',
    succeeded,
    output: { tasks: succeeded ? { work: { answer: 42 } } : {} },
    error: succeeded ? null : 'connection refused',
  });

  it('completes the step with its output', () => {
    const state = run(definition, [start(), ended(true)]);
    expect(state).toMatchObject({ current: { step_id: 'after' }, data: { answer: 42 } });
  });

  it('keeps the results of a parallel step by task, beside those of earlier ones', () => {
    const parallel = newCompiledDefinition([{ step_id: 'p', step_type: 'parallel' }]);
    const done: Command = {
      type: 'execution_ended',
      step_execution_id: 'step-execution-1',
      execution_id: 'e',
      succeeded: true,
      output: { tasks: { check: { passed: true } } },
      error: null,
    };
    expect(run(parallel, [start({ tasks: { earlier: { n: 1 } } }), done]).data).toEqual({
      tasks: { earlier: { n: 1 }, check: { passed: true } },
    });
  });

  it('fails the instance, unless a rule takes the failed step', () => {
    expect(run(definition, [start(), ended(false)])).toMatchObject({
      status: 'failed',
      end_reason: 'Step work failed. connection refused',
    });
    expect(run(definition, [start({ repairable: true }), ended(false)]).current?.step_id).toBe(
      'repair',
    );
  });

  it('is refused once the instance has left the step', () => {
    const state = run(definition, [start(), ended(true)]);
    expect(refusal(decide(definition, state, ended(true), newFacts()))).toBe('step_not_current');
  });

  it('cannot be completed by hand', () => {
    expect(
      refusal(decide(definition, run(definition, [start()]), complete('work'), newFacts())),
    ).toBe('step_not_waiting');
  });
});

describe('routing decisions', () => {
  const definition = newCompiledDefinition([{ step_id: 'a' }, { step_id: 'b' }, { step_id: 'c' }]);
  const route = (
    action: Extract<Command, { type: 'route' }>['action'],
    target_step_id: string | null,
  ): Command => ({
    type: 'route',
    action,
    from_step_id: 'a',
    target_step_id,
    decision_id: 'd',
    reason: 'because',
  });

  it.each([
    ['route_to_step', 'c', { current: { step_id: 'c' } }],
    ['parallel_process', 'c', { current: { step_id: 'c' } }],
    ['auto_approve', null, { current: { step_id: 'b' } }],
    ['auto_approve', 'c', { current: { step_id: 'c' } }],
    ['reject', null, { status: 'completed', outcome: 'rejected' }],
    ['escalate', null, { current: { step_id: 'a' } }],
    ['escalate', 'b', { current: { step_id: 'b' } }],
  ] as const)('%s to %s', (action, target, expected) => {
    expect(run(definition, [start(), route(action, target)])).toMatchObject(expected);
  });

  it('is refused when it leads nowhere', () => {
    expect(
      refusal(
        decide(definition, run(definition, [start()]), route('route_to_step', 'x'), newFacts()),
      ),
    ).toBe('step_not_found');
  });
});

describe('migration', () => {
  const before = newCompiledDefinition([{ step_id: 'a' }, { step_id: 'b' }]);
  const move = (step_mapping = {}): Command => ({
    type: 'migrate',
    from_version: 1,
    to_version: 2,
    step_mapping,
    reason: 'a better process',
  });

  it('leaves the work at a step that stays', () => {
    const after = newCompiledDefinition([{ step_id: 'a' }, { step_id: 'new' }, { step_id: 'b' }]);
    const stood = run(before, [start()]);
    const { state } = accepted(decide(after, stood, move(), newFacts()));
    expect(state.current).toEqual(stood.current);
    expect(accepted(decide(after, state, complete('a'), newFacts())).state.current?.step_id).toBe(
      'new',
    );
  });

  it('refuses to strand an instance, and follows a mapping', () => {
    const after = newCompiledDefinition([{ step_id: 'z' }, { step_id: 'b' }]);
    const stood = run(before, [start()]);
    expect(refusal(decide(after, stood, move(), newFacts()))).toBe('modification_not_applicable');
    expect(
      accepted(decide(after, stood, move({ a: 'b' }), newFacts())).state.current?.step_id,
    ).toBe('b');
  });

  it('completes an instance for which nothing is left to do', () => {
    const after = newCompiledDefinition([{ step_id: 'z' }]);
    const { state } = accepted(
      decide(after, run(before, [start()]), move({ a: null }), newFacts()),
    );
    expect(state).toMatchObject({ status: 'completed', outcome: 'completed' });
  });

  it('enters a step anew when it asks for other work', () => {
    const after = newCompiledDefinition([
      { step_id: 'a', step_type: 'approval' },
      { step_id: 'b' },
    ]);
    const { events } = accepted(decide(after, run(before, [start()]), move(), newFacts()));
    expect(events.map(({ type }) => type)).toEqual([
      'instance_migrated',
      'step_cancelled',
      'step_entered',
      'approval_asked',
    ]);
  });
});

describe('a migration that says more', () => {
  const before = newCompiledDefinition([{ step_id: 'a' }, { step_id: 'b' }]);
  const after = newCompiledDefinition(
    [{ step_id: 'a', auto_escalation_hours: 2 }, { step_id: 'b' }],
    {
      global_timeout_hours: 24,
    },
  );
  const move = (more: Partial<Extract<Command, { type: 'migrate' }>>): Command => ({
    type: 'migrate',
    from_version: 1,
    to_version: 2,
    step_mapping: {},
    reason: 'r',
    ...more,
  });

  it('fills in fields that the instance has not', () => {
    const stood = run(before, [start({ x: 1 })]);
    const { state, events } = accepted(
      decide(after, stood, move({ data: { x: 2, y: 3 } }), newFacts()),
    );
    expect(state.data).toEqual({ x: 1, y: 3 });
    expect(events.reduce(evolve, stood)).toEqual(state);
  });

  it('enters a step anew where it is told to', () => {
    const stood = run(before, [start()]);
    const { state } = accepted(decide(after, stood, move({ enter_anew: true }), newFacts()));
    expect(state.current).toMatchObject({ step_id: 'a', entry: 2 });
  });

  it('leaves deadlines alone, or sets them by the new version', () => {
    const given = newFacts();
    const stood = run(before, [start()], given);
    const effects = (more: Parameters<typeof move>[0]) =>
      effectsOf(after, accepted(decide(after, stood, move(more), given)).events);
    expect(effects({})).toEqual([]);
    expect(effects({ timers: 'recalculate' })).toEqual([
      {
        type: 'reset_deadlines',
        policy: 'recalculate',
        global_timeout_hours: 24,
        step: { step_id: 'a', after_hours: 2 },
      },
    ]);
    expect(effects({ timers: 'restart', step_mapping: { a: 'b' } })).toEqual([
      expect.objectContaining({ type: 'reset_deadlines', step: null }),
      expect.objectContaining({ type: 'stop_step_work' }),
    ]);
  });
});

describe('a restoration', () => {
  const definition = newCompiledDefinition(
    [{ step_id: 'a' }, { step_id: 'b' }, { step_id: 'c' }, { step_id: 'd' }],
    { routing_rules: [newRule({ target_step_id: 'd', condition_expression: 'x > 5' })] },
  );
  const deadlines = { due_at: null, step_due_at: null };
  const back = (state: InstanceState): Command => ({
    type: 'restore',
    from_version: 2,
    to_version: 1,
    state,
    deadlines,
    reason: 'r',
  });

  it('takes an instance back to its step and data, and lets it go everywhere again', () => {
    const then = run(definition, [start({ x: 1 })]);
    const later = run(definition, [start({ x: 1 }), complete('a', { x: 9 })]);
    expect(later.current?.step_id).toBe('d');
    const { state, events } = accepted(decide(definition, later, back(then), newFacts()));
    expect(state).toMatchObject({ data: { x: 1 }, current: { step_id: 'a', entry: 2 } });
    expect(events.reduce(evolve, later)).toEqual(state);
    const again = accepted(decide(definition, state, complete('a', { x: 8 }), newFacts()));
    expect(again.state.current).toMatchObject({ step_id: 'd', entry: 2 });
  });

  it('leaves work alone that still goes on', () => {
    const then = run(definition, [start({ x: 1 })]);
    const { events } = accepted(decide(definition, then, back(then), newFacts()));
    expect(events.map(({ type }) => type)).toEqual(['instance_restored']);
    expect(effectsOf(definition, events)).toEqual([
      { type: 'put_back', deadlines, replaces: null },
    ]);
  });
});

describe('properties', () => {
  const definition = newCompiledDefinition(
    [
      { step_id: 'a' },
      { step_id: 'approve', step_type: 'approval', required_roles: ['role_1'] },
      { step_id: 'work', step_type: 'automated' },
      { step_id: 'choose', step_type: 'conditional' },
      { step_id: 'z' },
    ],
    {
      approval_hierarchies: [
        newLevel({ level: 1 }),
        newLevel({ level: 2, bypass_conditions: ['x > 3'] }),
      ],
      routing_rules: [
        newRule({ source_step_id: 'choose', target_step_id: 'a', condition_expression: 'x < 5' }),
        newRule({
          source_step_id: 'work',
          target_step_id: 'z',
          condition_expression: 'outcome = "failed"',
        }),
      ],
    },
  );
  const stepId = fc.constantFrom('a', 'approve', 'work', 'choose', 'z', 'none');
  const command: fc.Arbitrary<Command> = fc.oneof(
    fc.record({
      type: fc.constant('complete_step' as const),
      step_id: stepId,
      output: fc.record({ x: fc.integer({ min: 0, max: 9 }) }),
    }),
    fc.constantFrom(
      vote('approved', 'role_1'),
      vote('approved', 'role_2'),
      vote('rejected', 'role_1'),
    ),
    fc.record({
      type: fc.constant('execution_ended' as const),
      step_execution_id: fc.integer({ min: 1, max: 12 }).map((n) => `step-execution-${n}`),
      execution_id: fc.constant('e'),
      succeeded: fc.boolean(),
      output: fc.constant({ tasks: {} }),
      error: fc.constant(null),
    }),
    fc.constantFrom<Command>(
      { type: 'suspend', reason: 'r' },
      { type: 'resume', reason: 'r' },
      { type: 'bypass_step', step_id: 'work', reason: 'r' },
      {
        type: 'route',
        action: 'route_to_step',
        from_step_id: 'a',
        target_step_id: 'work',
        decision_id: 'd',
        reason: 'r',
      },
      { type: 'cancel', reason: 'r' },
    ),
  );

  it('events alone give the state again, refusals change nothing, and a running instance always stands somewhere', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        const given = newFacts();
        let state = NEW_INSTANCE;
        let replayed = NEW_INSTANCE;
        for (const next of [start({ x: 1 }), ...commands]) {
          const decision = decide(definition, state, next, given);
          if ('rejection' in decision) continue;
          expect(decision.events.length).toBeGreaterThan(0);
          replayed = decision.events.reduce(evolve, replayed);
          state = decision.state;
          expect(replayed).toEqual(state);
          const open = state.status === 'running' || state.status === 'suspended';
          expect(state.current !== null).toBe(open);
        }
      }),
      { numRuns: 500 },
    );
  });
});
