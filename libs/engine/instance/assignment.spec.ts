import fc from 'fast-check';

import { newCompiledDefinition, newLevel } from '../../../test/factories/definition.factory.js';
import type { Command } from './commands.js';
import { decide, type Decision } from './decide.js';
import { evolve, NEW_INSTANCE } from './evolve.js';
import type { Duties, Facts, Holding } from './facts.js';
import type { InstanceState } from './types.js';

/** `a` and `b` need different people; carl wants it approved. */
const definition = newCompiledDefinition(
  [
    { step_id: 'a', required_roles: ['clerk'] },
    { step_id: 'b', required_roles: ['clerk'], different_person_from: ['a'] },
    { step_id: 'approve', step_type: 'approval' },
  ],
  { approval_hierarchies: [newLevel({ level: 1, role_required: 'manager' })] },
);

const ROLES = {
  ann: ['clerk'],
  ben: ['clerk', 'manager'],
  carl: ['clerk', 'manager'],
  dora: ['manager'],
  eve: [],
} as const;
type Person = keyof typeof ROLES;
const PEOPLE = Object.keys(ROLES) as Person[];
/** Dora is ann's and ben's manager. */
const MANAGED: Partial<Record<Person, Person[]>> = { dora: ['ann', 'ben'] };

const approver = (id: Person) => ({
  id,
  roles: ROLES[id],
  department: null,
  management_level: null,
});

interface Act {
  what:
    | 'claim'
    | 'release'
    | 'assign'
    | 'delegate'
    | 'hand_back'
    | 'save_form_data'
    | 'comment'
    | 'complete_step'
    | 'approve';
  by: Person;
  to: Person;
  step_id: string;
  value: number;
  operator: boolean;
}

function commandOf({ what, by, to, step_id, value, operator: vouched }: Act): Command {
  const person = approver(by);
  const comment = '';
  switch (what) {
    case 'claim':
      return { type: what, step_id, person, vouched: false };
    case 'release':
    case 'hand_back':
      return { type: what, step_id, vouched, comment };
    case 'assign':
      return { type: what, step_id, assignee: approver(to), vouched, comment };
    case 'delegate':
      return { type: what, step_id, delegate: approver(to), comment };
    case 'save_form_data':
      return { type: what, step_id, form_data: { draft: value }, person, vouched: false };
    case 'comment':
      return { type: what, step_id, author: by, comment: 'so' };
    case 'complete_step':
      return { type: what, step_id, output: { sent: value }, performer: person };
    case 'approve': {
      const decision = { decision: 'approved', comment, output: {} } as const;
      return { type: 'decide_approval', step_id, approver: person, ...decision };
    }
  }
}

/** An instance among people, with what the directory and the tables would say of it. */
class Office {
  state: InstanceState = NEW_INSTANCE;
  /** step_id → who has written there, completed it, or handed it back. */
  readonly acted: Record<string, Person[]> = {};
  private ids = 0;

  constructor() {
    this.state = accepted(decide(definition, NEW_INSTANCE, START, this.facts('carl', null))).state;
  }

  facts(by: Person, to: Person | null): Facts {
    const assignment = this.state.current?.assignment;
    const duties: Duties = {
      actor: by,
      behalf: null,
      requesters: ['carl'],
      managers: [],
      acted: this.acted,
      voted: [],
    };
    const holding: Holding = {
      actor: by,
      assignee: assignment?.assignee ?? null,
      owner: assignment?.owner ?? null,
      target: to && { key: to, person: to },
      managed: MANAGED[by] ?? [],
    };
    return {
      now: 0,
      newId: () => `id-${(this.ids += 1)}`,
      overrides: [],
      trees: new Map(),
      certainty: null,
      max_step_entries: 100,
      duties,
      holding,
    };
  }

  try(act: Act): Decision {
    return decide(definition, this.state, commandOf(act), this.facts(act.by, act.to));
  }

  do(act: Act): Decision {
    const holder = this.state.current?.assignment?.assignee;
    const decision = this.try(act);
    if ('rejection' in decision) return decision;
    this.state = decision.state;
    const wrote = ['save_form_data', 'complete_step', 'approve'].includes(act.what);
    if (wrote || (act.what === 'hand_back' && holder === act.by)) {
      (this.acted[act.step_id] ??= []).push(act.by);
    }
    return decision;
  }
}

const START: Command = { type: 'start', data: {} };

function accepted(decision: Decision): Extract<Decision, { events: unknown }> {
  if ('rejection' in decision) throw decision.rejection;
  return decision;
}

const codeOf = (decision: Decision): string =>
  'rejection' in decision ? decision.rejection.code : 'accepted';

const act = (what: Act['what'], by: Person, more: Partial<Act> = {}): Act => ({
  what,
  by,
  to: by,
  step_id: 'a',
  value: 1,
  operator: false,
  ...more,
});

const acts: fc.Arbitrary<Act> = fc.record({
  what: fc.constantFrom<Act['what'][]>(
    'claim',
    'release',
    'assign',
    'delegate',
    'hand_back',
    'save_form_data',
    'comment',
    'complete_step',
    'approve',
  ),
  by: fc.constantFrom(...PEOPLE),
  to: fc.constantFrom(...PEOPLE),
  step_id: fc.constantFrom('here', 'here', 'here', 'a', 'b', 'approve'),
  value: fc.integer(),
  operator: fc.boolean(),
});

/** Plays random acts; `here` is the step at which the instance stands. */
function play(sequence: readonly Act[], look: (office: Office, act: Act) => void): void {
  const office = new Office();
  for (const each of sequence) {
    const { current } = office.state;
    if (!current) return;
    const step_id = each.step_id === 'here' ? current.step_id : each.step_id;
    look(office, { ...each, step_id });
  }
}

describe('who has a step', () => {
  it('is the first who claims it, until they release it', () => {
    const office = new Office();
    expect(codeOf(office.do(act('claim', 'eve')))).toBe('approver_not_entitled');
    expect(codeOf(office.do(act('claim', 'ann')))).toBe('accepted');
    expect(codeOf(office.do(act('claim', 'ben')))).toBe('step_claimed');
    expect(codeOf(office.do(act('claim', 'ann')))).toBe('step_claimed');
    expect(codeOf(office.do(act('complete_step', 'ben')))).toBe('step_claimed');
    expect(codeOf(office.do(act('release', 'ben')))).toBe('not_the_assignee');
    expect(codeOf(office.do(act('release', 'ann')))).toBe('accepted');
    expect(codeOf(office.do(act('release', 'ann')))).toBe('step_not_claimed');
    expect(codeOf(office.do(act('complete_step', 'ben')))).toBe('accepted');
  });

  it('is whom a manager gives it to, among their own people', () => {
    const office = new Office();
    const assign = (by: Person, to: Person, operator = false) =>
      codeOf(office.do(act('assign', by, { to, operator })));
    expect(assign('ann', 'ben')).toBe('may_not_assign');
    expect(assign('dora', 'carl')).toBe('may_not_assign');
    expect(assign('dora', 'ann')).toBe('accepted');
    expect(assign('dora', 'ben')).toBe('accepted');
    expect(assign('eve', 'carl', true)).toBe('accepted');
    expect(assign('eve', 'carl', true)).toBe('step_claimed');
    expect(assign('dora', 'ben')).toBe('may_not_assign');
    expect(assign('eve', 'eve', true)).toBe('approver_not_entitled');
  });

  it('comes back from who was asked to do it, and is completed by who asked', () => {
    const office = new Office();
    const eve = { to: 'eve' } as const;
    expect(codeOf(office.do(act('delegate', 'ann', eve)))).toBe('step_not_claimed');
    office.do(act('claim', 'ann'));
    expect(codeOf(office.do(act('delegate', 'ben', eve)))).toBe('not_the_assignee');
    expect(codeOf(office.do(act('delegate', 'ann', eve)))).toBe('accepted');
    expect(codeOf(office.do(act('save_form_data', 'ann')))).toBe('step_claimed');
    expect(codeOf(office.do(act('save_form_data', 'eve', { value: 7 })))).toBe('accepted');
    expect(codeOf(office.do(act('complete_step', 'eve')))).toBe('step_delegated');
    expect(codeOf(office.do(act('delegate', 'eve', { to: 'ben' })))).toBe('step_delegated');
    expect(codeOf(office.do(act('release', 'eve')))).toBe('not_the_assignee');
    expect(codeOf(office.do(act('hand_back', 'eve')))).toBe('accepted');
    expect(office.state.current?.assignment).toEqual({ assignee: 'ann', owner: null });
    expect(codeOf(office.do(act('hand_back', 'ann')))).toBe('step_not_delegated');
    expect(codeOf(office.do(act('complete_step', 'ann', { value: 8 })))).toBe('accepted');
    expect(office.state.data).toEqual({ draft: 7, sent: 8 });
  });

  it('never brings together what needs two people', () => {
    const office = new Office();
    office.do(act('claim', 'ann'));
    office.do(act('delegate', 'ann', { to: 'ben' }));
    office.do(act('hand_back', 'ben'));
    office.do(act('complete_step', 'ann'));
    const at = { step_id: 'b' } as const;
    for (const by of ['ann', 'ben'] as const) {
      expect(codeOf(office.do(act('claim', by, at)))).toBe('duties_not_separate');
      const given = act('assign', 'eve', { ...at, to: by, operator: true });
      expect(codeOf(office.do(given))).toBe('duties_not_separate');
    }
    expect(codeOf(office.do(act('claim', 'carl', at)))).toBe('accepted');
    expect(codeOf(office.do(act('delegate', 'carl', { ...at, to: 'ann' })))).toBe(
      'duties_not_separate',
    );
    expect(codeOf(office.do(act('delegate', 'carl', { ...at, to: 'dora' })))).toBe('accepted');
  });

  it('of an approval is a mark alone: who may decide may still, and nobody else may have it', () => {
    const office = new Office();
    office.do(act('complete_step', 'ann'));
    office.do(act('complete_step', 'ben', { step_id: 'b' }));
    const at = { step_id: 'approve' } as const;
    expect(codeOf(office.do(act('claim', 'carl', at)))).toBe('own_approval');
    expect(codeOf(office.do(act('assign', 'eve', { ...at, to: 'carl', operator: true })))).toBe(
      'own_approval',
    );
    expect(codeOf(office.do(act('assign', 'eve', { ...at, to: 'ann', operator: true })))).toBe(
      'approver_not_entitled',
    );
    expect(codeOf(office.do(act('claim', 'ben', at)))).toBe('accepted');
    expect(codeOf(office.do(act('delegate', 'ben', { ...at, to: 'dora' })))).toBe('not_delegable');
    expect(codeOf(office.do(act('approve', 'dora', at)))).toBe('accepted');
  });
});

describe('random acts at a step', () => {
  it('complete a task only by who has it and its role, and keep duties apart', () => {
    fc.assert(
      fc.property(fc.array(acts, { maxLength: 60 }), (sequence) => {
        play(sequence, (office, each) => {
          const { current } = office.state;
          const decision = office.do(each);
          if ('rejection' in decision) return;
          const { assignment } = current ?? {};
          if (each.what === 'complete_step') {
            expect(ROLES[each.by]).toContain('clerk');
            expect(assignment?.assignee ?? each.by).toBe(each.by);
            expect(assignment?.owner ?? null).toBeNull();
            expect(decision.state.data).toMatchObject({
              ...current?.form_draft?.data,
              sent: each.value,
            });
          }
          if (each.what === 'approve') {
            expect(ROLES[each.by]).toContain('manager');
            expect(each.by).not.toBe('carl');
          }
          const both = office.acted['a']?.filter((by) => office.acted['b']?.includes(by));
          expect(both ?? []).toEqual([]);
        });
      }),
      { numRuns: 700 },
    );
  });

  it('give it only to those who might take it, or lend it to be handed back', () => {
    fc.assert(
      fc.property(fc.array(acts, { maxLength: 60 }), (sequence) => {
        play(sequence, (office, each) => {
          const before = office.state.current?.assignment;
          const decision = office.do(each);
          const after = office.state.current?.assignment;
          if ('rejection' in decision) return expect(after).toEqual(before);
          const { step_id } = each;
          const role = step_id === 'approve' ? 'manager' : 'clerk';
          if (after && office.state.current?.step_id === step_id) {
            expect(ROLES[(after.owner ?? after.assignee) as Person]).toContain(role);
          }
          if (each.what === 'hand_back') {
            expect(after).toEqual({ assignee: before?.owner, owner: null });
          }
          if (each.what === 'delegate') {
            expect(after).toEqual({ assignee: each.to, owner: before?.assignee });
          }
          if (each.what === 'claim') expect(before).toBeUndefined();
        });
      }),
      { numRuns: 700 },
    );
  });

  it('leave votes as they would be without them, and history tells the state', () => {
    fc.assert(
      fc.property(
        fc.array(acts, { maxLength: 40 }),
        fc.constantFrom(...PEOPLE),
        (sequence, voter) => {
          const office = new Office();
          office.do(act('complete_step', 'ann'));
          office.do(act('complete_step', 'ben', { step_id: 'b' }));
          const vote = act('approve', voter, { step_id: 'approve' });
          const unmarked = codeOf(office.try(vote));
          for (const each of sequence) {
            const before = office.state;
            const decision = office.do({ ...each, step_id: 'approve' });
            if ('rejection' in decision) continue;
            expect(decision.events.reduce(evolve, before)).toEqual(decision.state);
            if (!office.state.current) return;
            expect(codeOf(office.try(vote))).toBe(unmarked);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
