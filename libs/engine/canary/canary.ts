import { type Arm, compareArms, type Evidence } from './evidence.js';

/** How far a change is taken before it is taken further. */
export interface CanaryStage {
  /** Of running instances, above 0 and below 100. */
  percentage: number;
  /** Instances of the canary that must have ended in all. */
  minimum_cases: number;
  /** Since the stage began. */
  minimum_minutes: number;
}

export interface CanaryPlan {
  stages: readonly CanaryStage[];
  /** The chance that a version that is no worse is stopped, over all stages and however often it is looked at. */
  alpha: number;
}

/** Where a canary stands. */
export interface CanaryProgress {
  /** From 0. */
  stage: number;
  /** How often the arms were compared. */
  looks: number;
  /** Cases of the canary at the latest comparison. */
  cases: number;
}

export type CanaryVerdict =
  /** Too little has happened since the latest comparison. */
  | { go: 'wait' }
  | { go: 'on'; evidence: Evidence[] }
  | { go: 'wider'; evidence: Evidence[] }
  /** To all instances, new ones too. */
  | { go: 'all'; evidence: Evidence[] }
  | { go: 'stop'; evidence: Evidence[]; reason: string };

/** Cases that are more than at the latest comparison by this factor are worth another. */
const GROWTH = 1.25;
const FEWEST_CASES = 5;
/** Σ 1/k² over all k. */
const BASEL = Math.PI ** 2 / 6;

/**
 * What comes of a canary as it is seen now. It is stopped at the first comparison that finds it worse; a stage is over
 * when it has enough cases and time. The k-th comparison may be wrong with a chance of alpha · 6/(π²k²), which sums to
 * alpha over any number of them (spending of alpha: K. K. G. Lan, D. L. DeMets, "Discrete sequential boundaries for
 * clinical trials", Biometrika 70 (1983), 659–663; split by Bonferroni's inequality, so no independence is assumed).
 * @param minutes since the stage began
 */
export function judgeCanary(
  { stages, alpha }: CanaryPlan,
  { stage, looks, cases }: CanaryProgress,
  { canary, control }: { canary: Arm; control: Arm },
  minutes: number,
): CanaryVerdict {
  const plan = stages[stage];
  const over =
    plan === undefined || (canary.ended >= plan.minimum_cases && minutes >= plan.minimum_minutes);
  const grown = canary.ended >= Math.max(FEWEST_CASES, cases * GROWTH);
  // what was not looked at is not taken further
  const looked = grown || (over && canary.ended > cases);
  if (!over && !looked) return { go: 'wait' };
  const share = alpha / (BASEL * (looks + 1) ** 2);
  const evidence = looked ? compareArms(canary, control, share) : [];
  const worse = evidence.filter((one) => one.worse);
  if (worse.length > 0) return { go: 'stop', evidence, reason: reasonOf(worse) };
  if (!over) return { go: 'on', evidence };
  return { go: stage + 1 < stages.length ? 'wider' : 'all', evidence };
}

/** After a verdict. */
export function progressAfter(
  { stage, looks, cases }: CanaryProgress,
  verdict: CanaryVerdict,
  canary: Arm,
): CanaryProgress {
  if (verdict.go === 'wait') return { stage, looks, cases };
  const looked = verdict.evidence.length > 0;
  return {
    stage: verdict.go === 'wider' ? stage + 1 : stage,
    looks: looked ? looks + 1 : looks,
    cases: looked ? canary.ended : cases,
  };
}

function reasonOf(worse: readonly Evidence[]): string {
  return worse
    .map(({ metric, step_id, canary, control, p_value }) => {
      const chance = `(p = ${p_value.toPrecision(2)})`;
      if (metric === 'step_time') {
        return `${String(step_id)} takes ${rounded(canary)} minutes, in the control group ${rounded(control)} ${chance}.`;
      }
      const what = metric === 'failure_rate' ? 'fail' : 'miss a deadline';
      return `${rounded(100 * canary)} % ${what}, in the control group ${rounded(100 * control)} % ${chance}.`;
    })
    .join(' ');
}

function rounded(figure: number): string {
  return String(Math.round(figure * 100) / 100);
}
