import fc from 'fast-check';

import { policyFaults, settle, votersOf, weightOf } from './policy.js';
import type { CastVote, Decision, LevelPolicy, Threshold } from './types.js';

const policyOf = (policy: Partial<LevelPolicy> = {}): LevelPolicy => ({
  voters: null,
  approve_when: 'any',
  reject_when: 'any',
  weights: {},
  veto_roles: [],
  ...policy,
});

const voteOf = (voter: string, decision: Decision, more: Partial<CastVote> = {}): CastVote => ({
  voter,
  decided_by: voter,
  on_behalf_of: null,
  decision,
  weight: 1,
  veto: false,
  ...more,
});

describe('settle', () => {
  const outcome = (policy: Partial<LevelPolicy>, votes: string, more: Partial<CastVote>[] = []) =>
    settle(
      policyOf(policy),
      [...votes].map((vote, index) =>
        voteOf(`v${index}`, vote === '+' ? 'approved' : 'rejected', more[index]),
      ),
    )?.decision;

  it.each<[string, Partial<LevelPolicy>, string, Decision | undefined]>([
    ['the first vote', {}, '+', 'approved'],
    ['the first vote against', {}, '-', 'rejected'],
    [
      'two of three',
      { voters: 3, approve_when: { at_least: 2 }, reject_when: 'all' },
      '+-+',
      'approved',
    ],
    [
      'two of three, early',
      { voters: 3, approve_when: { at_least: 2 }, reject_when: 'all' },
      '++',
      'approved',
    ],
    [
      'two of three that cannot be',
      { voters: 3, approve_when: { at_least: 2 }, reject_when: 'all' },
      '--',
      'rejected',
    ],
    [
      'two of three, open',
      { voters: 3, approve_when: { at_least: 2 }, reject_when: 'all' },
      '+-',
      undefined,
    ],
    ['all', { voters: 3, approve_when: 'all' }, '++', undefined],
    ['all of them', { voters: 3, approve_when: 'all' }, '+++', 'approved'],
    [
      'all but one',
      { voters: 3, approve_when: 'all', reject_when: { at_least: 2 } },
      '+-',
      'rejected',
    ],
    [
      'a third of three',
      { voters: 3, approve_when: { percentage: 33.3 }, reject_when: 'all' },
      '+',
      'approved',
    ],
    [
      'two thirds',
      { voters: 3, approve_when: { percentage: 66.7 }, reject_when: 'all' },
      '++',
      undefined,
    ],
    [
      'two, of nobody knows how many',
      { approve_when: { at_least: 2 }, reject_when: { at_least: 2 } },
      '+-',
      undefined,
    ],
  ])('knows %s', (_, policy, votes, expected) => {
    expect(outcome(policy, votes)).toBe(expected);
  });

  it('lets a veto reject, and no approval', () => {
    const policy = { voters: 5, approve_when: { at_least: 4 }, reject_when: { at_least: 4 } };
    expect(outcome(policy, '+-', [{}, { veto: true }])).toBe('rejected');
    expect(outcome(policy, '++', [{}, { veto: true }])).toBeUndefined();
  });

  it('weighs votes, and stops where what is left weighs too little', () => {
    const policy = {
      voters: ['chair', 'a', 'b'],
      weights: { chair: 3, a: 1, b: 1 },
      approve_when: { weight: 4 },
      reject_when: { weight: 4 },
    };
    const chair = voteOf('chair', 'approved', { weight: 3 });
    expect(settle(policyOf(policy), [chair])).toBeUndefined();
    expect(settle(policyOf(policy), [chair, voteOf('a', 'approved')])?.decision).toBe('approved');
    expect(settle(policyOf(policy), [voteOf('chair', 'rejected', { weight: 3 })])?.decision).toBe(
      // a and b weigh 2 together
      'rejected',
    );
  });

  const threshold = (voters: number): fc.Arbitrary<Threshold> =>
    fc.oneof(
      fc.constantFrom<Threshold>('any', 'all'),
      fc.record({ at_least: fc.integer({ min: 1, max: voters }) }),
      fc.record({ percentage: fc.integer({ min: 1, max: 100 }) }),
      fc.record({ weight: fc.integer({ min: 1, max: 2 * voters }) }),
    );
  const scenario = fc.integer({ min: 1, max: 6 }).chain((voters) =>
    fc.record({
      policy: fc.record({
        voters: fc.constant(Array.from({ length: voters }, (_, index) => `v${index}`)),
        approve_when: threshold(voters),
        reject_when: threshold(voters),
        weights: fc
          .array(fc.integer({ min: 0, max: 3 }), { minLength: voters, maxLength: voters })
          .map((weights) =>
            Object.fromEntries(weights.map((weight, index) => [`v${index}`, weight])),
          ),
        veto_roles: fc.constant([] as string[]),
      }),
      order: fc.shuffledSubarray(
        Array.from({ length: voters }, (_, index) => index),
        { minLength: voters, maxLength: voters },
      ),
      votes: fc.array(fc.boolean(), { minLength: voters, maxLength: voters }),
    }),
  );

  /** The plain model: nothing is closed early; the first threshold that votes meet decides, in the end a no. */
  const inTheEnd = (policy: LevelPolicy, votes: readonly CastVote[]): Decision => {
    const all = votersOf(policy) ?? 0;
    const met = (when: Threshold, alike: readonly CastVote[]): boolean => {
      if (when === 'any') return alike.length >= 1;
      if (when === 'all') return alike.length === all;
      if ('at_least' in when) return alike.length >= when.at_least;
      if ('percentage' in when) return (alike.length / all) * 100 >= when.percentage - 1e-9;
      return alike.reduce((sum, vote) => sum + vote.weight, 0) >= when.weight;
    };
    for (const count of votes.keys()) {
      const now = votes.slice(0, count + 1);
      const of = (decision: Decision) => now.filter((vote) => vote.decision === decision);
      if (met(policy.approve_when, of('approved'))) return 'approved';
      if (met(policy.reject_when, of('rejected'))) return 'rejected';
    }
    return 'rejected';
  };

  const completions = (policy: LevelPolicy, cast: CastVote[], left: CastVote[]): Set<Decision> => {
    const [next, ...others] = left;
    if (!next) return new Set([inTheEnd(policy, cast)]);
    return new Set(
      (['approved', 'rejected'] as const).flatMap((decision) => [
        ...completions(policy, [...cast, { ...next, decision }], others),
      ]),
    );
  };

  it('closes as soon as every continuation comes to the same, and not before (5,000 sequences)', () => {
    fc.assert(
      fc.property(scenario, ({ policy, order, votes }) => {
        const cast = order.map((voter, index) =>
          voteOf(`v${voter}`, votes[index] ? 'approved' : 'rejected', {
            weight: weightOf(policy, [`v${voter}`], []),
          }),
        );
        for (const count of cast.keys()) {
          const now = cast.slice(0, count + 1);
          const possible = completions(policy, now, cast.slice(count + 1));
          const settled = settle(policy, now);
          expect(settled?.decision).toBe(possible.size === 1 ? [...possible][0] : undefined);
          if (settled) return;
        }
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('policyFaults', () => {
  const codes = (policy: Partial<LevelPolicy>): string[] =>
    policyFaults(policyOf(policy), '').map(({ pointer, code }) => `${pointer} ${code}`);

  it('finds what can never decide', () => {
    expect(codes({})).toEqual([]);
    expect(codes({ approve_when: 'all', reject_when: { percentage: 50 } })).toEqual([
      '/approve_when voters_required',
      '/reject_when voters_required',
    ]);
    expect(codes({ voters: 2, approve_when: { at_least: 3 } })).toEqual([
      '/approve_when threshold_unreachable',
    ]);
    expect(codes({ voters: ['a', 'a'], approve_when: { weight: 3 } })).toEqual([
      '/voters duplicate_voter',
      '/approve_when threshold_unreachable',
    ]);
  });
});
