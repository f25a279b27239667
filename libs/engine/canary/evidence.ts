import { fisherGreater, mannWhitney, median, type Share } from '#engine/statistics';

/** What instances of one arm came to since they were assigned to it. */
export interface Arm {
  /** Instances of it. */
  instances: number;
  /** Of them, those that have ended. */
  ended: number;
  /** Of those that have ended: failed or timed out. */
  failed: number;
  /** Instances, ended or not, that missed a deadline of their own or of a step. */
  missed: number;
  /** Of those that have ended or missed one. */
  missable: number;
  /** Minutes from entry to end of completed steps, by step. */
  step_minutes: Readonly<Record<string, readonly number[]>>;
}

/** One comparison of the two arms. */
export interface Evidence {
  metric: 'failure_rate' | 'deadline_misses' | 'step_time';
  /** Of `step_time`. */
  step_id: string | null;
  /** Shares of instances, or median minutes. */
  canary: number;
  control: number;
  /** One-sided: how probable so much worse a canary is where both versions are alike. */
  p_value: number;
  /** At or below this it counts. */
  threshold: number;
  worse: boolean;
}

const METRICS = 3;
/** Values in each arm for which the rank test's approximation holds. */
const FEWEST_TIMES = 8;
/** A slow-down that is certain and small harms nobody: at least so often does a step take longer than in control. */
const NOTABLE_SUPERIORITY = 0.6;

/**
 * Whether the canary is worse than the control group: failures and deadline misses by Fisher's exact test, times of
 * each step by the Mann–Whitney test, all one-sided. They share `alpha` in equal parts, and the steps share theirs
 * (Bonferroni): the chance that any of them is wrong is at most `alpha`.
 */
export function compareArms(canary: Arm, control: Arm, alpha: number): Evidence[] {
  const part = alpha / METRICS;
  const steps = Object.keys(canary.step_minutes).filter(
    (step_id) =>
      timesOf(canary, step_id).length >= FEWEST_TIMES &&
      timesOf(control, step_id).length >= FEWEST_TIMES,
  );
  return [
    ofShares('failure_rate', part, failuresOf(canary), failuresOf(control)),
    ofShares('deadline_misses', part, missesOf(canary), missesOf(control)),
    ...steps.map((step_id) => ofTimes(step_id, part / steps.length, canary, control)),
  ].filter((evidence) => evidence !== null);
}

function ofShares(
  metric: 'failure_rate' | 'deadline_misses',
  threshold: number,
  canary: Share,
  control: Share,
): Evidence | null {
  if (canary.total === 0 || control.total === 0) return null;
  const p_value = fisherGreater(canary, control);
  return {
    metric,
    step_id: null,
    canary: canary.count / canary.total,
    control: control.count / control.total,
    p_value,
    threshold,
    worse: p_value <= threshold,
  };
}

function ofTimes(step_id: string, threshold: number, canary: Arm, control: Arm): Evidence | null {
  const [first, second] = [timesOf(canary, step_id), timesOf(control, step_id)];
  const test = mannWhitney(first, second);
  if (!test) return null;
  const p_value = test.z > 0 ? test.p_value / 2 : 1 - test.p_value / 2;
  return {
    metric: 'step_time',
    step_id,
    canary: median(first) ?? 0,
    control: median(second) ?? 0,
    p_value,
    threshold,
    worse: p_value <= threshold && test.superiority >= NOTABLE_SUPERIORITY,
  };
}

function timesOf({ step_minutes }: Arm, step_id: string): readonly number[] {
  return Object.hasOwn(step_minutes, step_id) ? (step_minutes[step_id] ?? []) : [];
}

function failuresOf({ failed, ended }: Arm): Share {
  return { count: failed, total: ended };
}

function missesOf({ missed, missable }: Arm): Share {
  return { count: missed, total: missable };
}
