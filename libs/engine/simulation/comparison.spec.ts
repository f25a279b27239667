import fc from 'fast-check';

import {
  newCompiledDefinition,
  newLevel,
  newRule,
} from '../../../test/factories/definition.factory.js';
import { newAction, newCondition, newTree } from '../../../test/factories/routing.factory.js';
import { compileTree } from '#engine/routing';
import { Comparison } from './comparison.js';
import type { RecordedCase, RecordedWork, Subject } from './types.js';

const HOUR = 60;

const subject = (...of: Parameters<typeof newCompiledDefinition>): Subject => ({
  definition: newCompiledDefinition(...of),
  trees: new Map(),
  overrides: [],
  clock: null,
});

const work = (fields: Partial<RecordedWork> & Pick<RecordedWork, 'step_id'>): RecordedWork => ({
  level: null,
  roles: [],
  by: null,
  entered: 0,
  started: null,
  ended: 0,
  outcome: 'completed',
  output: {},
  to_step_id: null,
  ...fields,
});

const caseOf = (works: RecordedWork[], fields: Partial<RecordedCase> = {}): RecordedCase => ({
  data: {},
  at_step_id: null,
  arrived: works[0]?.entered ?? 0,
  cancelled_after: null,
  cycle_minutes: null,
  counted: true,
  works,
  ...fields,
});

function compare(before: Subject, after: Subject, cases: readonly RecordedCase[], seed = 1) {
  const comparison = new Comparison({ before, after }, cases, seed);
  while (!comparison.advance(1_000));
  return comparison.result;
}

const alone = (of: Subject, ...cases: RecordedCase[]) => compare(of, of, cases).before;

const approved = subject(
  [
    { step_id: 'request' },
    { step_id: 'approve', step_type: 'approval', auto_escalation_hours: 4, required_roles: [] },
    { step_id: 'file', step_type: 'automated' },
    { step_id: 'close' },
  ],
  {
    approval_hierarchies: [
      newLevel({ level: 1, role_required: 'lead' }),
      newLevel({ level: 2, role_required: 'director' }),
    ],
    routing_rules: [
      newRule({
        source_step_id: 'request',
        target_step_id: 'close',
        condition_expression: 'small = true',
      }),
    ],
  },
);

const minutes = fc.integer({ min: 0, max: 300 });
const who = fc.constantFrom('ada', 'linus', 'grace', null);

/** Histories with everything in them: queues, levels, escalations, refusals, work that nobody is known by. */
const histories: fc.Arbitrary<RecordedCase[]> = fc.array(
  fc
    .record({
      arrived: fc.integer({ min: 0, max: 5_000 }),
      small: fc.boolean(),
      times: fc.array(minutes, { minLength: 5, maxLength: 5 }),
      people: fc.array(who, { minLength: 5, maxLength: 5 }),
      decision: fc.constantFrom('approved', 'rejected', 'sent_back'),
      cancelled_after: fc.option(minutes, { freq: 8 }),
      counted: fc.boolean(),
    })
    .map(({ arrived, small, times, people, decision, cancelled_after, counted }) => {
      let entered = arrived;
      const done = (step_id: string, index: number, fields: Partial<RecordedWork> = {}) => {
        const ended = entered + (times[index] ?? 0);
        const one = work({ step_id, by: people[index] ?? null, entered, ended, ...fields });
        entered = ended;
        return one;
      };
      const works = [
        done('request', 0),
        ...(small
          ? []
          : [
              done('approve', 1, { level: 1, roles: ['lead'], outcome: 'approved' }),
              done('approve', 2, {
                level: 2,
                roles: ['director'],
                outcome: decision,
                to_step_id: 'request',
              }),
              done('file', 3),
            ]),
        done('close', 4),
      ];
      return caseOf(works, { arrived, data: { small }, cancelled_after, counted });
    }),
  { minLength: 2, maxLength: 25 },
);

describe('what if', () => {
  it('nothing changed: there is no difference at all', () => {
    fc.assert(
      fc.property(histories, fc.nat(), (cases, seed) => {
        const same = { ...approved };
        const { before, after, difference } = compare(approved, same, cases, seed);
        expect(after).toEqual(before);
        const zero = { mean: 0, low: 0, high: 0 };
        const { wait_minutes, ...others } = difference;
        for (const one of [...Object.values(wait_minutes), ...Object.values(others)]) {
          expect(one).toEqual(zero);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('is told the same for the same seed, each mean within its interval', () => {
    const longer = subject([...approved.definition.steps, { step_id: 'archive' }]);
    fc.assert(
      fc.property(histories, fc.nat(), (cases, seed) => {
        const answer = compare(approved, longer, cases, seed);
        expect(compare(approved, longer, cases, seed)).toEqual(answer);
        for (const { mean, low, high } of [
          answer.before.cycle_minutes,
          answer.difference.cycle_minutes,
        ]) {
          expect(low <= mean && mean <= high).toBe(true);
        }
      }),
      { numRuns: 10 },
    );
  });

  it('nobody is known by who did it: what was recorded comes out, however much comes at once', () => {
    const two = subject([{ step_id: 'request' }, { step_id: 'close' }]);
    const cases = Array.from({ length: 30 }, (_, index) =>
      caseOf([
        work({ step_id: 'request', ended: index }),
        work({ step_id: 'close', entered: index, started: index + 5, ended: index + 8 }),
      ]),
    );
    const { before, waiting } = compare(two, two, cases);
    expect(before.cycle_minutes.mean).toBeCloseTo(14.5 + 8, 9);
    expect(before.wait_minutes['close']?.mean).toBeCloseTo(5, 9);
    expect(waiting.map(({ basis, people }) => [basis, people])).toEqual([
      ['as_recorded', null],
      ['as_recorded', null],
    ]);
  });

  it('one person does two steps: they wait for each other', () => {
    const two = subject([
      { step_id: 'small', required_roles: ['clerk'] },
      { step_id: 'large', required_roles: ['clerk'] },
    ]);
    const shared = (step_id: string, entered: number, ended: number) =>
      work({ step_id, by: 'ada', roles: ['clerk'], entered, ended });
    const cases = [
      caseOf([shared('small', 0, 10), shared('large', 10, 40)]),
      caseOf([shared('small', 0, 50), shared('large', 50, 80)]),
    ];
    // ada: small of both (10 each), then large of both (30 each)
    const { wait_minutes, cycle_minutes } = alone(two, ...cases);
    expect(wait_minutes['small']?.mean).toBe((0 + 10) / 2);
    expect(wait_minutes['large']?.mean).toBe((10 + 30) / 2);
    expect(cycle_minutes.mean).toBe((50 + 80) / 2);
  });

  it('a step is new: it takes its estimate, and waits for those with its role where they are known', () => {
    const request = { step_id: 'request', required_roles: ['clerk'] };
    const before = subject([request]);
    const cases = [0, 0].map((arrived, index) =>
      caseOf([work({ step_id: 'request', by: 'ada', roles: ['clerk'], ended: 10 * (index + 1) })], {
        arrived,
      }),
    );
    const check = { step_id: 'check', estimated_duration_minutes: 45 };
    const open = compare(before, subject([request, check]), cases);
    expect(open.difference.cycle_minutes).toEqual({ mean: 45, low: 45, high: 45 });
    expect(open.waiting.at(-1)).toMatchObject({ basis: 'estimated', people: null });
    const checked = subject([request, { ...check, required_roles: ['clerk'] }]);
    const { difference, waiting } = compare(before, checked, cases);
    // both requests are done by 20, then the checks one after the other
    expect(difference.cycle_minutes.mean).toBe((65 + 110) / 2 - 15);
    expect(waiting.at(-1)).toMatchObject({ basis: 'estimated', people: 1 });
  });

  it('levels are asked in turn, each by its own people, and escalate when they are late', () => {
    const level = (number: number, role: string, entered: number, ended: number) =>
      work({
        step_id: 'approve',
        level: number,
        roles: [role],
        by: role,
        entered,
        ended,
        outcome: 'approved',
      });
    const began = [work({ step_id: 'request' })];
    const rest = [work({ step_id: 'file' }), work({ step_id: 'close' })];
    const quick = [level(1, 'lead', 0, 60), level(2, 'director', 60, 90)];
    expect(alone(approved, caseOf([...began, ...quick, ...rest]))).toMatchObject({
      cycle_minutes: { mean: 90 },
      deadline_miss_percentage: { mean: 0 },
    });
    // after four hours the director is asked as well, and decides for the lead
    const late = [level(1, 'lead', 0, 20 * HOUR), level(2, 'director', 20 * HOUR, 21 * HOUR)];
    expect(alone(approved, caseOf([...began, ...late, ...rest]))).toMatchObject({
      cycle_minutes: { mean: 5 * HOUR },
      deadline_miss_percentage: { mean: 100 },
      failure_percentage: { mean: 0 },
    });
  });

  it('several vote on a level', () => {
    const voters = ['a', 'b', 'c'];
    const policy = {
      voters,
      approve_when: { at_least: 2 },
      reject_when: { at_least: 2 },
      weights: {},
      veto_roles: [],
    };
    const board = subject([{ step_id: 'approve', step_type: 'approval', required_roles: [] }], {
      approval_hierarchies: [newLevel({ level: 1, role_required: 'board', policy })],
    });
    const settled = (outcome: string) =>
      caseOf([work({ step_id: 'approve', level: 1, roles: ['board'], ended: 30, outcome })]);
    for (const outcome of ['approved', 'rejected']) {
      expect(alone(board, settled(outcome))).toMatchObject({
        cycle_minutes: { mean: 30 },
        failure_percentage: { mean: 0 },
      });
    }
  });

  it('a decision tree is asked, on the data of each', () => {
    const tree = compileTree(
      newTree([
        newCondition('small', 'amount < 100', 'to_close', 'to_check'),
        newAction('to_close', 'close'),
        newAction('to_check', 'check'),
      ]),
    );
    const steps = [
      { step_id: 'choose', step_type: 'conditional' as const, decision_tree_id: 'size' },
      { step_id: 'check' },
      { step_id: 'close' },
    ];
    const chosen = { ...subject(steps), trees: new Map([['size', tree]]) };
    const cases = [50, 500].map((amount) =>
      caseOf([work({ step_id: 'check', ended: 40 }), work({ step_id: 'close', ended: 10 })], {
        data: { amount },
      }),
    );
    expect(alone(chosen, ...cases).cycle_minutes.mean).toBe((10 + 50) / 2);
  });

  it('goes where clients sent it, and back where an approval was sent back', () => {
    const sent = subject([
      { step_id: 'request' },
      { step_id: 'approve', step_type: 'approval', required_roles: ['lead'] },
      { step_id: 'check' },
      { step_id: 'close' },
    ]);
    const level = (ended: number, outcome: string, to_step_id: string | null = null) =>
      work({ step_id: 'approve', level: 1, roles: ['lead'], ended, outcome, to_step_id });
    const works = [
      work({ step_id: 'request', ended: 5 }),
      level(10, 'sent_back', 'request'),
      work({ step_id: 'request', ended: 7, outcome: 'routed', to_step_id: 'approve' }),
      level(20, 'approved'),
      work({ step_id: 'check', ended: 3, outcome: 'routed', to_step_id: 'close' }),
      work({ step_id: 'close', ended: 1 }),
    ];
    expect(alone(sent, caseOf(works)).cycle_minutes.mean).toBe(46);
  });

  it('deadlines are missed by those that took longer', () => {
    const strict = subject([{ step_id: 'request', auto_escalation_hours: 1 }]);
    const took = (ended: number) => caseOf([work({ step_id: 'request', ended })]);
    const { deadline_miss_percentage } = alone(strict, took(59), took(60), took(61), took(600));
    expect(deadline_miss_percentage.mean).toBe(50);
    const short = subject([{ step_id: 'request' }], { global_timeout_hours: 2 });
    expect(alone(short, took(60), took(600))).toMatchObject({
      cycle_minutes: { mean: (60 + 120) / 2 },
      failure_percentage: { mean: 50 },
    });
  });

  it('deadlines in working time wait for it', () => {
    // nobody works in the first ten hours
    const clock = { add: (start: number, duration: number) => Math.max(start, 36e6) + duration };
    const strict = {
      ...subject([{ step_id: 'request', auto_escalation_hours: 1, working_time: true }]),
      clock,
    };
    const took = (ended: number) => caseOf([work({ step_id: 'request', ended })]);
    expect(
      alone(strict, took(600), took(660), took(661)).deadline_miss_percentage.mean,
    ).toBeCloseTo(100 / 3, 9);
  });

  it('a loop of rules, and a refusal of the engine, are failures', () => {
    const loop = subject([{ step_id: 'a' }, { step_id: 'b' }], {
      routing_rules: [newRule({ source_step_id: 'b', target_step_id: 'a' })],
    });
    expect(alone(loop, caseOf([])).failure_percentage.mean).toBe(100);
  });

  it('counts those of its period, and lets the others load it', () => {
    const step = subject([{ step_id: 'request' }]);
    const by = (entered: number, ended: number, fields: Partial<RecordedCase>) =>
      caseOf([work({ step_id: 'request', by: 'ada', entered, ended })], fields);
    const { instances, before } = compare(step, step, [
      by(0, 30, { counted: false }),
      by(10, 40, {}),
      by(20, 50, { cancelled_after: 5 }),
    ]);
    expect(instances).toBe(1);
    expect(before.wait_minutes['request']?.mean).toBe(20);
  });
});
