import type { CastVote, LevelState } from '#engine/approval';
import type { StepType } from '#engine/definition';
import type { JsonObject } from '#engine/graph';
import type { Branch, Confidence, Decision, RoutingAction } from '#engine/routing';

import type {
  AskedQuestion,
  CurrentStep,
  Deadlines,
  InstanceState,
  StepOutcome,
  TimerPolicy,
} from './types.js';

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
