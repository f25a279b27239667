import type { LevelState } from '#engine/approval';
import type { StepType } from '#engine/definition';
import type { JsonObject } from '#engine/graph';
import type { Branch, RoutingAction } from '#engine/routing';

export const INSTANCE_STATUSES = [
  'running',
  'suspended',
  'completed',
  'failed',
  'cancelled',
  'timed_out',
] as const;
export type InstanceStatus = (typeof INSTANCE_STATUSES)[number];

export const STEP_STATUSES = [
  'ready',
  'running',
  'waiting',
  'completed',
  'failed',
  'skipped',
  'cancelled',
] as const;
export type StepStatus = (typeof STEP_STATUSES)[number];

/** What ended a step. Rules read it as `outcome`. */
export type StepOutcome =
  | 'completed'
  | 'approved'
  | 'rejected'
  | 'sent_back'
  | 'decided'
  | 'routed'
  | 'bypassed'
  | 'skipped'
  | 'failed';

/** The one step at which an instance stands. */
export interface CurrentStep {
  step_execution_id: string;
  step_id: string;
  /** The how-many-eth entry into this step, from 1. */
  entry: number;
  step_type: StepType;
  status: 'running' | 'waiting';
  /** Of an approval step, lowest level first; null of every other. */
  levels: readonly LevelState[] | null;
  /** The decision of where to go from here that waits for a person. */
  awaiting?: AwaitedDecision;
  /** Of a parallel step: what it runs in place of a graph of its own. */
  branches?: readonly Branch[];
  /** A question of somebody who decides, to the requester: until it is answered, deadlines rest. */
  question?: AskedQuestion;
  /** Who has it. Of an approval it says who looks at it, and takes nobody's vote away. */
  assignment?: Assignment;
  /** Its form as it was saved: what completes the step is laid over it. */
  form_draft?: FormDraft;
}

/** By the names that history has. */
export interface Assignment {
  /** Who is to do it. */
  assignee: string;
  /** Who has passed it on and gets it back; null: nobody has. */
  owner: string | null;
}

export interface FormDraft {
  data: JsonObject;
  saved_by: string;
}

export interface AskedQuestion {
  question: string;
  asked_by: string;
}

/** A decision that was less certain than the workflow asks: nothing comes of it until a person chooses. */
export interface AwaitedDecision {
  decision_id: string;
  /** What was decided. */
  action: RoutingAction;
  target_step_id: string | null;
  /** Of a fork: what its target is to run. */
  branches?: readonly Branch[];
  /** The step has ended, and the instance only waits to go on; false: work at it may still go on, and end it. */
  step_ended: boolean;
}

export interface InstanceState {
  /** Null before it has started. */
  status: InstanceStatus | null;
  /** How it ended, in business terms: `completed` or `rejected`. */
  outcome: 'completed' | 'rejected' | null;
  end_reason: string | null;
  data: JsonObject;
  current: CurrentStep | null;
  /** step_id → times entered; negative: so many times, all of them undone by a restoration. */
  step_entries: Readonly<Record<string, number>>;
  total_entries: number;
}

/**
 * Deadlines of an instance that is moved to another version: they stay as they are, become what they would be had it
 * begun on that version, or run anew from now.
 */
export const TIMER_POLICIES = ['keep', 'recalculate', 'restart'] as const;
export type TimerPolicy = (typeof TIMER_POLICIES)[number];

/** Instants in ISO 8601; null: none. */
export interface Deadlines {
  due_at: string | null;
  /** Of the step it stands at. */
  step_due_at: string | null;
  /** What keeps them. Left out by moves of earlier times: then they follow from `step_due_at`. */
  timers?: readonly StepTimer[];
}

/** A reminder or an escalation to come. */
export interface StepTimer {
  kind: string;
  due_at: string;
  /** Since when it rests; null: it runs. */
  paused_at: string | null;
  payload: JsonObject;
}
