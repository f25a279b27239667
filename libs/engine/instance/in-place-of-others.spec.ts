import { newCompiledDefinition, newLevel } from '../../../test/factories/definition.factory.js';
import { newFacts } from '../../../test/factories/facts.factory.js';
import type { Command, CommandOf } from './commands.js';
import { decide } from './decide.js';
import { NEW_INSTANCE } from './evolve.js';
import type { Duties, Facts } from './facts.js';
import type { InstanceState } from './types.js';

const policy = {
  voters: 3,
  approve_when: { at_least: 2 },
  reject_when: 'all',
  weights: {},
  veto_roles: [],
} as const;
const definition = newCompiledDefinition(
  [
    { step_id: 'request', required_roles: ['clerk'] },
    { step_id: 'approval', step_type: 'approval', different_person_from: ['pay'] },
    { step_id: 'pay' },
  ],
  { approval_hierarchies: [newLevel({ level: 1, policy: { ...policy, veto_roles: [] } })] },
);

const NOBODY: Duties = {
  actor: null,
  behalf: null,
  requesters: ['ada'],
  managers: [],
  acted: {},
  voted: [],
};

const FACTS = newFacts();
const facts = (duties: Partial<Duties>): Facts => ({
  ...FACTS,
  duties: { ...NOBODY, ...duties },
});

const given = (
  state: InstanceState,
  command: Command,
  duties: Partial<Duties> = {},
): InstanceState | string => {
  const decision = decide(definition, state, command, facts(duties));
  return 'rejection' in decision ? decision.rejection.code : decision.state;
};
const accepted = (...all: Parameters<typeof given>): InstanceState => {
  const state = given(...all);
  if (typeof state === 'string') throw new Error(state);
  return state;
};

const requested = accepted(NEW_INSTANCE, { type: 'start', data: {} });
const asked = accepted(requested, { type: 'complete_step', step_id: 'request', output: {} });
const route = (more: Partial<CommandOf<'route'>> = {}): Command => ({
  type: 'route',
  action: 'auto_approve',
  from_step_id: 'approval',
  target_step_id: null,
  decision_id: 'd',
  reason: 'a rule',
  ...more,
});
/** At a step with a decision that waits for somebody. */
const held = (at: InstanceState, from_step_id: string, target_step_id: string): InstanceState =>
  accepted(at, route({ action: 'route_to_step', from_step_id, target_step_id, held: true }));

describe('an approval that is ended by other means than votes', () => {
  const failed: InstanceState = { ...asked, status: 'failed', current: null };
  it.each<[string, InstanceState, Command]>([
    ['approved by a rule', asked, route()],
    ['rejected by a rule', asked, route({ action: 'reject' })],
    ['left by a rule', asked, route({ action: 'route_to_step', target_step_id: 'pay' })],
    ['escalated to a step', asked, route({ action: 'escalate', target_step_id: 'pay' })],
    ['bypassed', asked, { type: 'bypass_step', step_id: 'approval', reason: 'urgent' }],
    [
      'passed over when a failed instance goes on',
      failed,
      { type: 'reopen', step_id: 'approval', output: {}, reason: 'mended' },
    ],
    [
      'chosen past',
      held(asked, 'approval', 'pay'),
      { type: 'choose', decision_id: 'd', target_step_id: null, comment: '' },
    ],
  ])('is %s: not by the requester, nor by who acted where others have to', (_, state, command) => {
    expect(given(state, command, { actor: 'ada' })).toBe('own_approval');
    const acted = { actor: 'bob', acted: { pay: ['bob'] } };
    expect(given(state, command, acted)).toBe('duties_not_separate');
    expect(given(state, command, { actor: 'bob' })).toBeInstanceOf(Object);
    // a program is nobody's colleague
    expect(given(state, command)).toBeInstanceOf(Object);
  });

  it.each<[string, InstanceState, Command]>([
    ['held for a person', asked, route({ held: true })],
    ['escalated in place', asked, route({ action: 'escalate' })],
    ['entered anew', failed, { type: 'reopen', step_id: 'approval', output: null, reason: '' }],
  ])('may be %s by whoever wants it approved: nothing is passed', (_, state, command) => {
    expect(accepted(state, command, { actor: 'ada' }).current?.step_id).toBe('approval');
  });
});

describe('a choice of somebody who moves no instances otherwise', () => {
  const choose = (roles: string[], target_step_id: string | null = null): Command => ({
    type: 'choose',
    decision_id: 'd',
    target_step_id,
    comment: '',
    performer: { id: 'bob', roles, department: null, management_level: null },
  });
  const uncertain = held(requested, 'request', 'approval');

  it('is for those whom the step is for, and not for the requester', () => {
    expect(given(uncertain, choose(['clerk']), { actor: 'ada' })).toBe('own_approval');
    expect(given(uncertain, choose(['guest']), { actor: 'bob' })).toBe('approver_not_entitled');
    expect(accepted(uncertain, choose(['clerk']), { actor: 'bob' }).current?.step_id).toBe(
      'approval',
    );
  });

  it('goes past no approval that was not decided to be passed', () => {
    expect(given(uncertain, choose(['clerk'], 'pay'), { actor: 'bob' })).toBe(
      'approver_not_entitled',
    );
    const past = held(requested, 'request', 'pay');
    expect(accepted(past, choose(['clerk'], 'pay'), { actor: 'bob' }).current?.step_id).toBe('pay');
    const operators = { ...choose([], 'pay') } as CommandOf<'choose'>;
    delete operators.performer;
    expect(accepted(uncertain, operators, { actor: 'bob' }).current?.step_id).toBe('pay');
  });

  it('is never made in place of votes', () => {
    const state = held(asked, 'approval', 'pay');
    expect(given(state, choose(['role_1']), { actor: 'bob' })).toBe('approver_not_entitled');
  });
});
