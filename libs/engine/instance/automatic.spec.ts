import { newCompiledDefinition, newRule } from '../../../test/factories/definition.factory.js';
import { newFacts } from '../../../test/factories/facts.factory.js';
import { newAction, newTree } from '../../../test/factories/routing.factory.js';
import { compileTree } from '#engine/routing';
import { decide } from './decide.js';
import { NEW_INSTANCE } from './evolve.js';
import type { Command } from './commands.js';
import type { DecidedMove, InstanceEvent } from './events.js';
import type { Facts } from './facts.js';
import type { InstanceState } from './types.js';

function facts(score: number | null, asked: DecidedMove[] = []): Facts {
  return newFacts({
    trees: new Map([['tree', compileTree(newTree([newAction('leaf', 'boss')]))]]),
    certainty: {
      minimum: 0.8,
      confidenceIn: (move) => {
        asked.push(move);
        const interval = score === null ? null : { low: 0, high: 1 };
        const basis = score === null ? null : ('history' as const);
        return { score, basis, interval, cases: 30, reason: score === null ? 'none' : null };
      },
    },
  });
}

const definition = newCompiledDefinition(
  [{ step_id: 'request' }, { step_id: 'team' }, { step_id: 'boss' }],
  {
    routing_rules: [
      newRule({
        rule_id: 'large',
        target_step_id: 'boss',
        source_step_id: 'request',
        condition_expression: 'amount > 10',
      }),
    ],
  },
);
const start: Command = { type: 'start', data: { amount: 100 } };
const complete: Command = { type: 'complete_step', step_id: 'request', output: { seen: true } };

interface Run {
  state: InstanceState;
  events: InstanceEvent[];
  refused: string | null;
}

function run(commands: readonly Command[], given: Facts, over = definition): Run {
  const result: Run = { state: NEW_INSTANCE, events: [], refused: null };
  for (const command of commands) {
    const decision = decide(over, result.state, command, given);
    if ('rejection' in decision) return { ...result, refused: decision.rejection.code };
    result.state = decision.state;
    result.events.push(...decision.events);
  }
  return result;
}

const awaited = (state: InstanceState): string => state.current?.awaiting?.decision_id ?? '';

describe('a move that a rule decides', () => {
  it('is carried out and noted when it is certain enough, or when that is not known', () => {
    for (const score of [0.8, null]) {
      const { state, events } = run([start, complete], facts(score));
      expect(state.current?.step_id).toBe('boss');
      expect(events.filter(({ type }) => type === 'decision_taken')).toMatchObject([
        { step_id: 'request', judged: { decided_by_id: 'large', confidence: { score } } },
      ]);
    }
  });

  it('waits at the step that has ended when it is less certain than the workflow asks', () => {
    const { state, events } = run([start, complete], facts(0.79));
    expect(state).toMatchObject({
      status: 'running',
      data: { amount: 100, seen: true },
      current: { step_id: 'request', awaiting: { target_step_id: 'boss', step_ended: true } },
    });
    expect(events.map(({ type }) => type).slice(-2)).toEqual([
      'step_completed',
      'decision_awaited',
    ]);
    expect(events.at(-1)).toMatchObject({
      reason: expect.stringContaining('79 %') as string,
    });
  });

  it('is not asked about where no rule or tree decides', () => {
    const asked: DecidedMove[] = [];
    const small: Command = { type: 'start', data: { amount: 1 } };
    expect(run([small, complete], facts(0.1, asked)).state.current?.step_id).toBe('team');
    expect(asked).toEqual([]);
  });

  it('takes no other command than those that end the instance, hold it, choose or take it past the step', () => {
    const given = facts(0.1);
    const others: [Command, string | null][] = [
      [complete, 'decision_awaited'],
      [{ type: 'bypass_step', step_id: 'request', reason: '' }, null],
      [{ type: 'suspend', reason: '' }, null],
      [{ type: 'cancel', reason: '' }, null],
      [{ type: 'time_out' }, null],
    ];
    for (const [command, refused] of others) {
      const ran = run([start, complete, command], given);
      expect([command.type, ran.refused]).toEqual([command.type, refused]);
      // the step has ended once
      expect(ran.events.filter(({ type }) => type === 'step_cancelled')).toEqual([]);
    }
  });

  it('goes on as decided when the step is bypassed', () => {
    const bypass: Command = { type: 'bypass_step', step_id: 'request', reason: 'now' };
    expect(run([start, complete, bypass], facts(0.1)).state.current).toMatchObject({
      step_id: 'boss',
      entry: 1,
    });
  });

  it.each([
    ['as decided', null, 'boss', true],
    ['as decided, by name', 'boss', 'boss', true],
    ['otherwise', 'team', 'team', false],
  ])('goes on where a person chooses: %s', (_, target_step_id, step_id, confirmed) => {
    const given = facts(0.1);
    const held = run([start, complete], given).state;
    const decision = decide(
      definition,
      held,
      { type: 'choose', decision_id: awaited(held), target_step_id, comment: 'known' },
      given,
    );
    if ('rejection' in decision) throw decision.rejection;
    expect(decision.events).toMatchObject([
      { type: 'decision_chosen', target_step_id: step_id, confirmed, comment: 'known' },
      { type: 'step_entered', step_id, routed_by: 'decision', routed_by_id: awaited(held) },
    ]);
    expect(decision.state.current?.awaiting).toBeUndefined();
  });

  it('is chosen once, and only among steps that there are', () => {
    const given = facts(0.1);
    const held = run([start, complete], given).state;
    const choose = (decision_id: string, target_step_id: string | null): Command => ({
      type: 'choose',
      decision_id,
      target_step_id,
      comment: '',
    });
    const refusals = [
      [choose(awaited(held), 'nowhere')],
      [choose('another', null)],
      [choose(awaited(held), 'team'), choose(awaited(held), 'team')],
    ].map((commands) => run([start, complete, ...commands], facts(0.1)).refused);
    expect(refusals).toEqual(['step_not_found', 'decision_not_awaited', 'decision_not_awaited']);
  });
});

describe('an instance that waits for a choice, moved to another version', () => {
  const given = facts(0.1);
  const held = run([start, complete], given).state;
  const choose: Command = {
    type: 'choose',
    decision_id: awaited(held),
    target_step_id: null,
    comment: '',
  };
  const migrate = (step_mapping: Record<string, string | null>): Command => ({
    type: 'migrate',
    from_version: 1,
    to_version: 2,
    step_mapping,
    reason: '',
  });
  const restore: Command = {
    type: 'restore',
    from_version: 2,
    to_version: 1,
    state: held,
    deadlines: { due_at: null, step_due_at: null },
    reason: '',
  };
  const after = (commands: readonly Command[]): InstanceState => {
    let state = held;
    for (const command of commands) {
      const decision = decide(definition, state, command, given);
      if ('rejection' in decision) throw decision.rejection;
      ({ state } = decision);
    }
    return state;
  };

  it('goes on waiting where its step is still there, and is past it where that is mapped', () => {
    expect(after([migrate({})]).current).toEqual(held.current);
    expect(after([migrate({}), choose]).current?.step_id).toBe('boss');
    expect(after([migrate({ request: 'team' })]).current).toMatchObject({ step_id: 'team' });
  });

  it.each([
    ['as it was', [migrate({})]],
    ['sent to another step', [migrate({ request: 'team' })]],
  ])('waits for it again when it is put back: %s', (_, commands) => {
    const state = after([...commands, restore]);
    expect(state.current).toEqual(held.current);
    expect(state.data).toEqual(held.data);
    // the step had ended: it is not entered again
    expect(state.step_entries['request']).toBe(1);
    expect(after([...commands, restore, choose]).current?.step_id).toBe('boss');
  });
});

it('a conditional step waits when its tree is too uncertain', () => {
  const byTree = newCompiledDefinition([
    { step_id: 'choice', step_type: 'conditional', decision_tree_id: 'tree' },
    { step_id: 'team' },
    { step_id: 'boss' },
  ]);
  const asked: DecidedMove[] = [];
  const { state } = run([start], facts(0.5, asked), byTree);
  expect(state.current).toMatchObject({ step_id: 'choice', awaiting: { target_step_id: 'boss' } });
  expect(asked).toEqual([
    { decided_by: 'tree', decided_by_id: 'leaf', tree_id: 'tree', target_step_id: 'boss' },
  ]);
});

describe('a decision that a client asked for', () => {
  const route = (action: 'route_to_step' | 'escalate', target_step_id: string | null): Command => ({
    type: 'route',
    action,
    from_step_id: 'request',
    target_step_id,
    decision_id: 'd',
    reason: 'because',
    held: true,
  });
  const choose: Command = { type: 'choose', decision_id: 'd', target_step_id: null, comment: '' };

  it('leaves the step as it is, and its work may go on and end it', () => {
    const given = facts(null);
    const held = run([start, route('route_to_step', 'team')], given);
    expect(held.state.current).toMatchObject({
      step_id: 'request',
      status: 'waiting',
      awaiting: { decision_id: 'd', step_ended: false },
    });
    const done = run([start, route('route_to_step', 'team'), complete], given);
    expect(done.state.current?.step_id).toBe('boss');
    expect(run([start, route('route_to_step', 'team'), complete, choose], given).refused).toBe(
      'decision_not_awaited',
    );
  });

  it('is carried out as it was decided once a person confirms it', () => {
    const chosen = run([start, route('route_to_step', 'team'), choose], facts(null));
    expect(chosen.state.current?.step_id).toBe('team');
    expect(chosen.events.at(-2)).toMatchObject({ type: 'step_completed', outcome: 'routed' });
    const escalated = run([start, route('escalate', null), choose], facts(null));
    expect(escalated.events.at(-1)).toMatchObject({ type: 'step_escalated' });
    expect(escalated.state.current).toMatchObject({ step_id: 'request' });
    expect(escalated.state.current?.awaiting).toBeUndefined();
  });
});
