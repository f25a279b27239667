import type { WorkingTime } from '#engine/calendar';
import type { CompiledDefinition } from '#engine/definition';
import type { JsonObject } from '#engine/graph';
import type { RoutingOverride } from '#engine/instance';
import type { CompiledTree } from '#engine/routing';

/** One entry into a step, or one level of an approval, recorded from its beginning to its end. Instants in minutes since 1970. */
export interface RecordedWork {
  step_id: string;
  /** Of an approval. */
  level: number | null;
  /** Who was asked. */
  roles: readonly string[];
  /** Who did it: a person or a worker. Null: nobody who could be told apart from others. */
  by: string | null;
  entered: number;
  /** When work on it began; null: nobody recorded it. */
  started: number | null;
  ended: number;
  /** Of the step, or the decision of the level. */
  outcome: string;
  output: JsonObject;
  /** Where a decision of a client's led, or whereto an approval was sent back. */
  to_step_id: string | null;
}

/** An instance that was started, ended or not. Instants in minutes since 1970. */
export interface RecordedCase {
  /** With which it was started. */
  data: JsonObject;
  /** Where a client's own instance stood when it was first mentioned. */
  at_step_id: string | null;
  arrived: number;
  /** How long after its arrival it was called off; null: it was not. */
  cancelled_after: number | null;
  /** From arrival to end; null: it has not ended. */
  cycle_minutes: number | null;
  /** Started within the period; the others were under way when it began, and are its load only. */
  counted: boolean;
  /** In the order in which they began. */
  works: readonly RecordedWork[];
}

/** A definition with what its decisions depend on. */
export interface Subject {
  definition: CompiledDefinition;
  /** Active decision trees that its conditional steps name. */
  trees: ReadonlyMap<string, CompiledTree>;
  /** Temporary routes that are active now; taken to be so all the time. */
  overrides: readonly RoutingOverride[];
  /** By which deadlines in working time are counted; null: there is no calendar. */
  clock: Pick<WorkingTime, 'add'> | null;
}

/**
 * How waiting for a piece of work comes about in a simulation.
 * - `queue`: those who do it are known, and each does one at a time: it waits until one of them is free.
 * - `as_recorded`: who does it is not known, so that it waits as long as was recorded, whatever else there is to do.
 * - `estimated`: it was never done; it takes its estimated time, and waits where people with its roles are known.
 */
export const WAITING_BASES = ['queue', 'as_recorded', 'estimated'] as const;
export type WaitingBasis = (typeof WAITING_BASES)[number];

/** What came of the instances of one simulation, on average. */
export interface Outcome {
  /** Those that are counted. */
  instances: number;
  cycle_minutes: number;
  /** A step was not done within its escalation time, or the instance not within the workflow's. Per cent. */
  deadline_miss_percentage: number;
  /** It did not come to its end: it failed, ran out of time, or its rules run in a loop. Per cent. */
  failure_percentage: number;
  /** An instance's wait at each step that any of them comes to. */
  wait_minutes: Readonly<Record<string, number>>;
}

/** A mean and its interval at 95 %. */
export interface Estimate {
  mean: number;
  low: number;
  high: number;
}

export interface Forecast {
  cycle_minutes: Estimate;
  deadline_miss_percentage: Estimate;
  failure_percentage: Estimate;
  wait_minutes: Record<string, Estimate>;
}
