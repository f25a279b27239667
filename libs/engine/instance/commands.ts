import type { Approver } from '#engine/approval';
import type { JsonObject } from '#engine/graph';
import type { Branch, RoutingAction } from '#engine/routing';

import type { Deadlines, InstanceState, TimerPolicy } from './types.js';

/** `vouched`: the caller speaks for others, so that their word counts about what somebody may do. */
interface AtStep {
  step_id: string;
  /** Guards against acting on a later entry of the same step. */
  step_execution_id?: string;
}

export type Command =
  | { type: 'start'; data: JsonObject; at_step_id?: string }
  | {
      type: 'complete_step';
      step_id: string;
      output: JsonObject;
      /** Guards against answering a later entry of the same step. */
      step_execution_id?: string;
      /** Who needs one of the step's roles; left out: the caller's word counts. */
      performer?: Pick<Approver, 'roles'>;
    }
  | (AtStep & { type: 'claim'; person: Approver; vouched: boolean })
  | (AtStep & { type: 'release'; vouched: boolean; comment: string })
  | (AtStep & { type: 'assign'; assignee: Approver; vouched: boolean; comment: string })
  | (AtStep & { type: 'delegate'; delegate: Approver; comment: string })
  | (AtStep & { type: 'hand_back'; vouched: boolean; comment: string })
  | (AtStep & {
      type: 'save_form_data';
      form_data: JsonObject;
      person: Approver;
      vouched: boolean;
    })
  | { type: 'comment'; step_id: string; author: string; comment: string }
  | {
      type: 'decide_approval';
      step_id: string;
      decision: 'approved' | 'rejected';
      level?: number;
      approver: Approver;
      comment: string;
      output: JsonObject;
    }
  | {
      type: 'send_back';
      step_id: string;
      to_step_id: string;
      approver: Approver;
      comment: string;
    }
  | { type: 'ask_information'; step_id: string; approver: Approver; question: string }
  | {
      type: 'give_information';
      step_id: string;
      answer: string;
      given_by: string;
      /** They speak for others; else only who wants it approved may answer. */
      vouched: boolean;
    }
  | {
      type: 'route';
      action: RoutingAction;
      from_step_id: string;
      target_step_id: string | null;
      decision_id: string;
      /** Of a fork: what its target is to run. */
      branches?: readonly Branch[] | undefined;
      reason: string;
      /** It is too uncertain to be carried out: a person chooses. */
      held?: boolean;
    }
  /** A person's choice in place of an awaited decision. A null target: as decided. */
  | {
      type: 'choose';
      decision_id: string;
      target_step_id: string | null;
      comment: string;
      /** Who chooses as one of those that the step is for; left out: one who moves instances anyway. */
      performer?: Approver;
    }
  | {
      type: 'execution_ended';
      step_execution_id: string;
      execution_id: string;
      succeeded: boolean;
      /** task_id → what it returned. */
      output: { tasks: JsonObject };
      error: string | null;
    }
  | { type: 'remind'; step_execution_id: string; percentage: number }
  | { type: 'escalate'; step_execution_id: string; reason: string }
  | { type: 'time_out' }
  | { type: 'suspend'; reason: string }
  | { type: 'resume'; reason: string }
  | { type: 'cancel'; reason: string }
  | { type: 'bypass_step'; step_id: string; reason: string }
  | {
      type: 'reopen';
      /** The step that failed, or that could not be entered. */
      step_id: string;
      /** Null: the step is entered anew; else it counts as bypassed, with this output. */
      output: JsonObject | null;
      /** Of a fork: what it ran before. */
      branches?: readonly Branch[] | undefined;
      reason: string;
    }
  | {
      type: 'migrate';
      from_version: number;
      to_version: number;
      /** Old step_id → new step_id, of those whose instances go elsewhere; null: nothing is left to do for them. */
      step_mapping: Readonly<Record<string, string | null>>;
      reason: string;
      /** Values of fields that the instance has not. */
      data?: JsonObject;
      /** The step it stands at is entered anew even where it goes on there. */
      enter_anew?: boolean;
      /** Default `keep`. */
      timers?: TimerPolicy;
    }
  | {
      type: 'restore';
      from_version: number;
      to_version: number;
      /** As it was. */
      state: Pick<InstanceState, 'data' | 'current' | 'step_entries'>;
      deadlines: Deadlines;
      reason: string;
    };

export type CommandOf<Type extends Command['type']> = Extract<Command, { type: Type }>;
