import type { CastVote, LevelState } from '#engine/approval';
import type { StepType } from '#engine/definition';
import type { CompiledExpression } from '#engine/expression';
import type { JsonObject } from '#engine/graph';
import type { Branch, CompiledTree, Confidence, Decision, RoutingAction } from '#engine/routing';

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

export interface StepReference {
  step_execution_id: string;
  step_id: string;
  entry: number;
}

export type RoutedBy =
  | 'override'
  | 'rule'
  | 'tree'
  | 'sequence'
  | 'decision'
  | 'start'
  | 'mention'
  | 'migration'
  | 'incident'
  | 'send_back';

/** A move that a rule or a tree decided by itself, in the words by which like decisions are found. */
export interface DecidedMove {
  decided_by: 'rule' | 'tree';
  /** The rule, or the tree's leaf. */
  decided_by_id: string;
  tree_id: string | null;
  target_step_id: string;
}

/** As `DecidedMove`, with how certain it was. */
export interface JudgedMove extends DecidedMove {
  confidence: Confidence;
}

/** A step that has ended, as the rules after it see it. */
export interface EndedStep {
  step_id: string;
  outcome: StepOutcome;
}

/** What a tree and rules came to by themselves when a step had ended: where to go, and all that was tried for it. */
export interface Deliberation {
  after: EndedStep;
  decision: Decision;
}

/** A deliberation that something came of, on the data that it rested on. */
export interface AutomaticDecision extends Deliberation {
  decision_id: string;
  data: JsonObject;
  /** Null: the workflow asks for no minimum of confidence, or the decision has none. */
  confidence: Confidence | null;
  /** Epoch milliseconds: what `now()` was. */
  now: number;
  /** It was too uncertain: nothing came of it until a person chooses. */
  awaits_person: boolean;
  /** How many events of its command came before it. */
  events_before: number;
}

/** What happened. History keeps these as they are. */
export type InstanceEvent =
  | { type: 'instance_started'; data: JsonObject; at_step_id: string | null }
  | ({
      type: 'step_entered';
      step_type: StepType;
      status: CurrentStep['status'];
      levels: readonly LevelState[] | null;
      routed_by: RoutedBy;
      /** The rule, override, tree or decision that routed here. */
      routed_by_id: string | null;
      /** Conditions that could not be evaluated on the way, in words. */
      warnings: readonly string[];
      /** Of the fork that led here: what this parallel step runs in place of a graph of its own. */
      branches?: readonly Branch[];
      /** Of a step that is put back: the question that was open there. */
      question?: AskedQuestion;
    } & StepReference)
  | ({
      type: 'step_skipped';
      reason: string;
      routed_by: RoutedBy;
      routed_by_id: string | null;
    } & StepReference)
  | ({
      type: 'step_completed';
      outcome: StepOutcome;
      output: JsonObject;
      reason: string | null;
    } & StepReference)
  | ({ type: 'step_failed'; error: string } & StepReference)
  | ({ type: 'step_cancelled'; reason: string } & StepReference)
  | ({ type: 'step_escalated'; reason: string } & StepReference)
  | ({
      type: 'approval_decided';
      level: number;
      decision: 'approved' | 'rejected';
      decided_by: string;
      comment: string;
      /** For whom, where a substitute acted. */
      on_behalf_of?: string;
      /** Of a level that several people decide. */
      vote?: Pick<CastVote, 'voter' | 'weight' | 'veto'>;
    } & StepReference)
  | ({
      type: 'level_settled';
      level: number;
      decision: 'approved' | 'rejected';
      reason: string;
    } & StepReference)
  /** A level above was asked because this one did not answer, and has decided for it. */
  | ({ type: 'level_superseded'; level: number; by_level: number } & StepReference)
  | ({
      type: 'approval_sent_back';
      level: number;
      to_step_id: string;
      decided_by: string;
      comment: string;
      on_behalf_of?: string;
      /** Steps that count as not entered yet. */
      undone: readonly string[];
    } & StepReference)
  | ({
      type: 'information_asked';
      level: number;
      question: string;
      asked_by: string;
      on_behalf_of?: string;
    } & StepReference)
  | ({ type: 'information_given'; answer: string; given_by: string } & StepReference)
  | ({ type: 'step_reminded'; percentage: number } & StepReference)
  | ({ type: 'step_claimed'; assignee: string; on_behalf_of?: string } & StepReference)
  /** Nobody has it any more. */
  | ({ type: 'step_released'; assignee: string; comment: string } & StepReference)
  | ({
      type: 'step_assigned';
      assignee: string;
      /** Who had it. */
      previous: string | null;
      comment: string;
    } & StepReference)
  | ({ type: 'step_delegated'; assignee: string; owner: string; comment: string } & StepReference)
  | ({
      type: 'step_handed_back';
      /** Who has it again. */
      assignee: string;
      delegate: string;
      comment: string;
    } & StepReference)
  | ({
      type: 'form_data_saved';
      form_data: JsonObject;
      saved_by: string;
      on_behalf_of?: string;
    } & StepReference)
  /** On any entry that the instance has made into the step. */
  | { type: 'step_commented'; step_id: string; entry: number; author: string; comment: string }
  /** Of a workflow that asks for a minimum of confidence: what a rule or a tree decided by itself. */
  | { type: 'decision_taken'; step_id: string; decision_id: string; judged: JudgedMove }
  | {
      type: 'decision_awaited';
      step_id: string;
      decision_id: string;
      action: RoutingAction;
      target_step_id: string | null;
      branches?: readonly Branch[];
      reason: string;
      /** Null: a client asked for it, and it is recorded with its question. */
      judged: JudgedMove | null;
      /** The step that has ended; null: it has not. */
      ended_step: (StepReference & { step_type: StepType }) | null;
    }
  | {
      type: 'decision_chosen';
      step_id: string;
      decision_id: string;
      target_step_id: string | null;
      /** Whether it is what had been decided. */
      confirmed: boolean;
      comment: string;
    }
  | ({
      type: 'approval_asked';
      level: number;
      roles: readonly string[];
      /** Because levels below did not answer in time. */
      escalated?: true;
    } & StepReference)
  | ({ type: 'approval_bypassed'; level: number; condition: string } & StepReference)
  | {
      type: 'incident_raised';
      kind: 'step_entry_limit' | 'step_missing';
      /** The step that could not be entered. */
      step_id: string;
      message: string;
    }
  | { type: 'instance_reopened'; step_id: string; reason: string }
  | { type: 'instance_suspended'; reason: string }
  | { type: 'instance_resumed'; reason: string }
  | { type: 'instance_completed'; outcome: 'completed' | 'rejected' }
  | { type: 'instance_failed'; reason: string }
  | { type: 'instance_cancelled'; reason: string }
  | { type: 'instance_timed_out'; reason: string }
  | {
      type: 'instance_migrated';
      from_version: number;
      to_version: number;
      /** Where it stood, and where it stands. */
      from_step_id: string | null;
      to_step_id: string | null;
      reason: string;
      /** Fields that it did not have before. Left out by moves of earlier times. */
      data?: JsonObject;
      timers?: TimerPolicy;
    }
  | {
      type: 'instance_restored';
      from_version: number;
      to_version: number;
      from_step_id: string | null;
      to_step_id: string | null;
      data: JsonObject;
      step_entries: InstanceState['step_entries'];
      deadlines: Deadlines;
      /** The step execution that is put back, where a new one takes its place; left out: none is. */
      replaces?: string;
      reason: string;
    };

export type EventOf<Type extends InstanceEvent['type']> = Extract<InstanceEvent, { type: Type }>;

/** A temporary routing change (`dynamic_routing`) that is active now. */
export interface RoutingOverride {
  routing_id: string;
  routing_rule_id: string;
  source_step_id: string | null;
  target_step_id: string;
  condition_expression: string;
  condition: CompiledExpression;
  priority: number;
}

/** How certain moves are that a rule or a tree decides by itself. */
export interface Certainty {
  /** 0–1. */
  minimum: number;
  confidenceIn: (move: DecidedMove, data: JsonObject) => Confidence;
}

/** Who somebody is, by a key that is the same whatever name they go by. Null: nobody who could be told apart. */
export interface Duties {
  /** Who acts. */
  actor: string | null;
  /** For whom they act, where they do. */
  behalf: string | null;
  /** Who wants it approved: who started the instance, and whom its data names as `requester`. */
  requesters: readonly string[];
  /** Their managers. */
  managers: readonly string[];
  /** step_id → who has acted there, of steps that need different people. */
  acted: Readonly<Record<string, readonly string[]>>;
  /** Levels of the current step with the people who have voted there. */
  voted: readonly { level: number; person: string }[];
}

/** Who acts, who has the step and whom it is to be given to: by the key of the person, or else by the name told. */
export interface Holding {
  actor: string;
  assignee: string | null;
  owner: string | null;
  /** `person`: as in `Duties`. */
  target: { key: string; person: string | null } | null;
  /** Those of `assignee` and `target` whose manager acts. */
  managed: readonly string[];
}

/** All that a decision may depend on beside the definition and the state: nothing is looked up, drawn or timed inside. */
export interface Facts {
  /** Epoch milliseconds. */
  now: number;
  /** Ids for the step executions that this decision opens. */
  newId: () => string;
  /** By priority. */
  overrides: readonly RoutingOverride[];
  /** Stored trees that conditional steps of this definition name. */
  trees: ReadonlyMap<string, CompiledTree>;
  /** Null: the workflow asks for no minimum of confidence. */
  certainty: Certainty | null;
  /** Entries into steps that one instance may make before it is taken for a runaway loop. */
  max_step_entries: number;
  /** Left out: nothing that people are kept apart by is asked of this instance now. */
  duties?: Duties;
  /** Known wherever `duties` are; left out: who has the step is not asked. */
  holding?: Holding;
}

export const DEFAULT_MAX_STEP_ENTRIES = 1_000;
