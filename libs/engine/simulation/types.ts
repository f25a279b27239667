import type { JsonObject } from '#engine/graph';

/** One entry into a step that was recorded from its beginning to its end. Times in minutes. */
export interface RecordedStep {
  step_id: string;
  outcome: string;
  output: JsonObject;
  /** From entry to the start of the work. */
  wait_minutes: number;
  work_minutes: number;
}

/** An instance that has ended. */
export interface RecordedCase {
  /** With which it was started. */
  data: JsonObject;
  /** In the order in which they were entered. */
  steps: readonly RecordedStep[];
  cycle_minutes: number;
}

/** What came of one instance. */
export interface Replayed {
  cycle_minutes: number;
  wait_minutes: Readonly<Record<string, number>>;
  /** A step was not done within its escalation time, or the instance not within the workflow's. */
  missed: boolean;
  /** It did not come to its end: it failed, or its rules run in a loop. */
  failed: boolean;
}

/** Draws from 0 up to, and without, 1. */
export type Random = () => number;

/** Mean and its interval at 95 %. */
export interface Estimate {
  mean: number;
  low: number;
  high: number;
}

export interface Forecast {
  cycle_minutes: Estimate;
  /** Of all instances, per cent. */
  deadline_miss_percentage: Estimate;
  failure_percentage: Estimate;
  /** An instance's wait at each step that any of them comes to. */
  wait_minutes: Record<string, Estimate>;
}
