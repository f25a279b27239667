import fc from 'fast-check';

/** Who takes part in random approvals, as the directory and their tokens know them. */
export interface Participant {
  subject: string;
  /** Null: the directory does not know them. */
  external_id: string | null;
  /** Of the directory, or of the token of who is unknown there. */
  roles: readonly string[];
  department: string | null;
  management_level: number;
  /** By subject. */
  manager: string | null;
  /** By subject: for whom they are the substitute. */
  substitutes: readonly string[];
}

const person = (
  subject: string,
  roles: string[],
  more: Partial<Participant> = {},
): Participant => ({
  subject,
  external_id: `E-${subject}`,
  roles,
  department: null,
  management_level: 0,
  manager: null,
  substitutes: [],
  ...more,
});

export const PEOPLE: readonly Participant[] = [
  person('ada', [], { manager: 'mia', substitutes: ['dan'] }),
  person('mia', ['manager'], { department: 'HR', management_level: 2, manager: 'dan' }),
  person('max', ['manager'], { department: 'IT', management_level: 1 }),
  person('dan', ['director', 'manager'], { department: 'HR', management_level: 4 }),
  person('sub', [], { substitutes: ['mia', 'b1'] }),
  person('b1', ['board'], { manager: 'max' }),
  person('b2', ['board'], { substitutes: ['dan'] }),
  person('b3', ['board', 'auditor']),
  person('b4', ['board'], { management_level: 3 }),
  { ...person('guest', ['manager', 'board']), external_id: null },
  { ...person('nobody', []), external_id: null },
];
const SUBJECTS = PEOPLE.map(({ subject }) => subject);

export type Threshold =
  'any' | 'all' | { at_least: number } | { percentage: number } | { weight: number };

export interface Policy {
  voters: number | string[] | null;
  approve_when: Threshold;
  reject_when: Threshold;
  weights: Record<string, number>;
  veto_roles: string[];
}

export interface Level {
  level: number;
  role_required: string;
  department_required: string | null;
  minimum_level: number;
  parallel_approval: boolean;
  bypass_conditions: string[];
  policy: Policy | null;
}

export interface Hierarchy {
  levels: Level[];
  /** Of the step. */
  required_roles: string[];
}

const threshold = fc.oneof(
  fc.constantFrom<Threshold>('any', 'all'),
  fc.constantFrom<Threshold>({ at_least: 1 }, { at_least: 2 }, { at_least: 3 }),
  fc.constantFrom<Threshold>({ percentage: 40 }, { percentage: 66.7 }, { percentage: 100 }),
  fc.constantFrom<Threshold>({ weight: 2 }, { weight: 4 }),
);

const policy: fc.Arbitrary<Policy> = fc.record({
  voters: fc.constantFrom<Policy['voters']>(
    3,
    4,
    ['E-b1', 'b2', 'E-b3'],
    ['b1', 'E-b2', 'b3', 'guest', 'E-mia'],
  ),
  approve_when: threshold,
  reject_when: threshold,
  weights: fc.constantFrom<Record<string, number>>(
    {},
    { 'E-b1': 3, b2: 0 },
    { board: 2, auditor: 3 },
    { auditor: 2, 'E-b1': 1 },
  ),
  veto_roles: fc.constantFrom<string[]>([], [], ['auditor'], ['board']),
});
/** Nobody says how many vote, so all and a percentage mean nothing. */
const openPolicy: fc.Arbitrary<Policy> = fc.record({
  voters: fc.constant(null),
  approve_when: fc.constantFrom<Threshold>('any', { at_least: 2 }, { weight: 4 }),
  reject_when: fc.constantFrom<Threshold>('any', { at_least: 2 }, { weight: 3 }),
  weights: fc.constantFrom<Record<string, number>>({}, { board: 2 }),
  veto_roles: fc.constantFrom<string[]>([], ['auditor']),
});

const level = fc.record({
  role_required: fc.constantFrom('manager', 'director', 'board', 'board', 'manager_of_requester'),
  department_required: fc.constantFrom(null, null, null, 'HR'),
  minimum_level: fc.constantFrom(1, 1, 1, 2),
  parallel_approval: fc.boolean(),
  bypass_conditions: fc.constantFrom<string[]>(
    [],
    [],
    ['amount < 100'],
    ['missing > 1', 'amount < 50'],
  ),
  policy: fc.oneof(
    { weight: 3, arbitrary: fc.constant(null) },
    { weight: 4, arbitrary: policy },
    { weight: 1, arbitrary: openPolicy },
  ),
});

export const hierarchies: fc.Arbitrary<Hierarchy> = fc.record({
  levels: fc
    .array(level, { minLength: 1, maxLength: 3 })
    .map((levels) => levels.map((one, index) => ({ level: index + 1, ...one }))),
  required_roles: fc.constantFrom<string[]>([], [], ['director'], ['nobody_has_it']),
});

/** What somebody tries to do. */
export type Act =
  | {
      type: 'approve' | 'reject';
      who: string;
      level: number | null;
      /** By subject. */
      for: string | null;
    }
  | { type: 'send-back' | 'ask'; who: string; for: string | null }
  | { type: 'answer' | 'pay' | 'escalate'; who: string }
  /** Completes the request anew, and may name another requester. */
  | { type: 'request'; who: string; requester: string | null };

export interface Sequence {
  /** By index. */
  hierarchy: number;
  amount: number;
  started_by: string;
  requester: string | null;
  acts: Act[];
}

const who = fc.constantFrom(...SUBJECTS);
const represented = fc.constantFrom(null, null, null, null, 'mia', 'dan', 'b1', 'ada');
const requester = fc.constantFrom(null, null, null, 'E-b2', 'mia', 'user:guest');
const vote: fc.Arbitrary<Act> = fc.record({
  type: fc.constantFrom('approve' as const, 'approve' as const, 'reject' as const),
  who,
  level: fc.constantFrom(null, null, null, 1, 2, 3),
  for: represented,
});
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 14, arbitrary: vote },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('send-back' as const), who, for: represented }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('ask' as const), who, for: represented }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constantFrom('answer' as const, 'pay' as const), who }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('escalate' as const), who: fc.constant('otto') }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('request' as const), who, requester }) },
);

export const sequences = (hierarchyCount: number): fc.Arbitrary<Sequence> =>
  fc
    .record({
      hierarchy: fc.nat(hierarchyCount - 1),
      amount: fc.constantFrom(10, 70, 500, 500),
      started_by: fc.constantFrom('ada', 'ada', 'b1', 'mia', 'guest'),
      requester,
      acts: fc.array(act, { minLength: 3, maxLength: 16 }),
      payers: fc.array(who, { maxLength: 3 }),
      /** Who took part in what came before, and may not pay then. */
      involved: fc.array(fc.nat(15), { maxLength: 2 }),
    })
    .map(({ acts, payers, involved, ...sequence }) => {
      const people = acts.flatMap(({ type, who }) => (type === 'escalate' ? [] : who));
      const again = involved.flatMap((place) => people[place % people.length] ?? []);
      const paying = [...again, ...payers].map((payer): Act => ({ type: 'pay', who: payer }));
      return { ...sequence, acts: [...acts, ...paying] };
    });
