import fc from 'fast-check';

import { Dice } from '../../../test/support/request-maker.js';
import { type CanaryPlan, type CanaryProgress, judgeCanary, progressAfter } from './canary.js';
import { type Arm, compareArms } from './evidence.js';

const PLAN: CanaryPlan = {
  stages: [10, 25, 50].map((percentage, stage) => ({
    percentage,
    minimum_cases: [30, 60, 120][stage] ?? 0,
    minimum_minutes: 0,
  })),
  alpha: 0.05,
};

/** How instances of a version fare. */
interface Version {
  failure_rate: number;
  miss_rate: number;
  mean_minutes: number;
}

const OLD: Version = { failure_rate: 0.05, miss_rate: 0.1, mean_minutes: 20 };

interface Outcome {
  failed: boolean;
  missed: boolean;
  minutes: number;
}

function outcomeOf({ failure_rate, miss_rate, mean_minutes }: Version, dice: Dice): Outcome {
  const failed = dice.chance(failure_rate);
  const missed = dice.chance(miss_rate);
  return { failed, missed, minutes: -mean_minutes * Math.log(1 - dice.roll()) };
}

function armOf(outcomes: readonly Outcome[]): Arm {
  const count = (has: (one: Outcome) => boolean): number => outcomes.filter(has).length;
  return {
    instances: outcomes.length,
    ended: outcomes.length,
    failed: count(({ failed }) => failed),
    missed: count(({ missed }) => missed),
    missable: outcomes.length,
    step_minutes: { work: outcomes.map(({ minutes }) => minutes) },
  };
}

/** One canary from its first stage to its end, looked at after each twentieth instance that ends. */
function run(version: Version, seed: number): { stage: number; stopped: boolean } {
  const dice = new Dice(seed);
  const arms: { canary: Outcome[]; control: Outcome[] } = { canary: [], control: [] };
  let progress: CanaryProgress = { stage: 0, looks: 0, cases: 0 };
  for (;;) {
    const share = (PLAN.stages[progress.stage]?.percentage ?? 100) / 100;
    for (let instance = 0; instance < 20; instance += 1) {
      const moved = dice.chance(share);
      arms[moved ? 'canary' : 'control'].push(outcomeOf(moved ? version : OLD, dice));
    }
    const seen = { canary: armOf(arms.canary), control: armOf(arms.control) };
    const verdict = judgeCanary(PLAN, progress, seen, 60);
    if (verdict.go === 'stop' || verdict.go === 'all') {
      return { stage: progress.stage, stopped: verdict.go === 'stop' };
    }
    progress = progressAfter(progress, verdict, seen.canary);
  }
}

const SEEDS = Array.from({ length: 20 }, (_, seed) => seed + 1);

describe('a canary', () => {
  // with the effects below 20 of 20 were stopped at the first stage
  it.each<[string, Partial<Version>]>([
    ['fails', { failure_rate: 0.5 }],
    ['misses deadlines', { miss_rate: 0.6 }],
    ['is slow', { mean_minutes: 80 }],
  ])('is stopped at its first stage when it %s, whatever the seed', (_, worse) => {
    const ends = SEEDS.map((seed) => run({ ...OLD, ...worse }, seed));
    expect(ends).toEqual(SEEDS.map(() => ({ stage: 0, stopped: true })));
  });

  it('reaches everybody when it does no harm', () => {
    expect(SEEDS.map((seed) => run(OLD, seed))).toEqual(
      SEEDS.map(() => ({ stage: 2, stopped: false })),
    );
  });

  it('is stopped wrongly no more often than it says', () => {
    const runs = 400;
    const stopped = Array.from({ length: runs }, (_, seed) => run(OLD, 1_000 + seed)).filter(
      (end) => end.stopped,
    ).length;
    expect(stopped / runs).toBeLessThanOrEqual(PLAN.alpha);
  });

  it('waits for its cases and its time', () => {
    const dice = new Dice(1);
    const of = (count: number) => armOf(Array.from({ length: count }, () => outcomeOf(OLD, dice)));
    const plan = { ...PLAN, stages: [{ percentage: 10, minimum_cases: 30, minimum_minutes: 5 }] };
    const start = { stage: 0, looks: 0, cases: 0 };
    const judge = (canary: Arm, minutes: number, progress = start) =>
      judgeCanary(plan, progress, { canary, control: of(200) }, minutes).go;
    expect(judge(of(4), 60)).toBe('wait');
    expect(judge(of(20), 60)).toBe('on');
    expect(judge(of(20), 60, { stage: 0, looks: 1, cases: 19 })).toBe('wait');
    expect(judge(of(30), 4)).toBe('on');
    expect(judge(of(30), 5)).toBe('all');
  });
});

describe('a comparison of two arms', () => {
  const arms = fc
    .record({ ended: fc.nat(40), failed: fc.nat(40), missed: fc.nat(40), open: fc.nat(5) })
    .map(({ ended, failed, missed, open }): Arm => ({
      instances: ended + open,
      ended,
      failed: Math.min(failed, ended),
      missed: Math.min(missed, ended + open),
      missable: ended + open,
      step_minutes: { work: Array.from({ length: ended }, (_, at) => at + 1) },
    }));

  it('finds none of two equal arms worse', () => {
    fc.assert(
      fc.property(arms, (arm) => {
        expect(compareArms(arm, arm, 0.05).filter(({ worse }) => worse)).toEqual([]);
      }),
    );
  });

  it('never finds both arms worse than each other', () => {
    fc.assert(
      fc.property(arms, arms, (one, other) => {
        const worse = (evidence: ReturnType<typeof compareArms>): string[] =>
          evidence.flatMap(({ metric, worse: found }) => (found ? [metric] : []));
        const both = worse(compareArms(other, one, 0.5));
        expect(worse(compareArms(one, other, 0.5)).filter((m) => both.includes(m))).toEqual([]);
      }),
    );
  });

  it('grows more certain with each failure', () => {
    fc.assert(
      fc.property(arms, arms, (one, other) => {
        fc.pre(one.failed < one.ended && other.ended > 0);
        const chance = (arm: Arm): number => compareArms(arm, other, 0.05)[0]?.p_value ?? NaN;
        const more = { ...one, failed: one.failed + 1 };
        expect(chance(more)).toBeLessThanOrEqual(chance(one) + 1e-12);
      }),
    );
  });
});
