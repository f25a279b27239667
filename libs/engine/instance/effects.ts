import type { CompiledDefinition } from '#engine/definition';
import type { Branch } from '#engine/routing';

import type { EventOf, InstanceEvent, StepReference } from './events.js';
import type { Deadlines, TimerPolicy } from './types.js';

/** What has to be set going, or stopped, because of what happened. Carried out in the transaction that writes the events. */
export type Effect =
  | {
      type: 'start_execution';
      step_execution_id: string;
      step_id: string;
      branches?: readonly Branch[] | undefined;
    }
  | { type: 'stop_step_work'; step_execution_id: string; reason: string }
  | {
      type: 'schedule_escalation';
      step_execution_id: string;
      step_id: string;
      after_hours: number;
      working_time: boolean;
      again: boolean;
    }
  /** Of the step it stands at: deadlines rest from now on, or go on with what was left of them. */
  | { type: 'pause_deadlines' | 'resume_deadlines' }
  | { type: 'resume_work' }
  /** Deadlines of the instance and, where it goes on with it, of its step (null hours: none). */
  | {
      type: 'reset_deadlines';
      policy: Exclude<TimerPolicy, 'keep'>;
      global_timeout_hours: number;
      step: { step_id: string; after_hours: number | null } | null;
    }
  /** `replaces`: the step execution whose place the one that it stands at now takes, with all that its row holds. */
  | { type: 'put_back'; deadlines: Deadlines; replaces: string | null }
  | { type: 'end_instance'; reason: string };

/**
 * Effects of events, in their order; those of a step that the same events have already ended are left out. What
 * is put back comes last, over what a step that is entered again begins with.
 */
export function effectsOf(
  definition: CompiledDefinition,
  events: readonly InstanceEvent[],
): Effect[] {
  return [...ofEvents(definition, events), ...events.flatMap(putBack)];
}

function putBack(event: InstanceEvent): Effect[] {
  if (event.type !== 'instance_restored') return [];
  const { deadlines, replaces = null } = event;
  return [{ type: 'put_back', deadlines, replaces }];
}

function ofEvents(definition: CompiledDefinition, events: readonly InstanceEvent[]): Effect[] {
  const ended = new Set(
    events.flatMap((event) =>
      'step_execution_id' in event && endsStep(event) ? [event.step_execution_id] : [],
    ),
  );
  const entered = new Set(
    events.flatMap((event) => (event.type === 'step_entered' ? [event.step_execution_id] : [])),
  );
  return events.flatMap((event): Effect[] => {
    switch (event.type) {
      case 'step_entered':
        return ended.has(event.step_execution_id) ? [] : workOf(definition, event);
      case 'step_completed':
      case 'step_failed':
      case 'step_cancelled':
        return entered.has(event.step_execution_id)
          ? []
          : [
              {
                type: 'stop_step_work',
                step_execution_id: event.step_execution_id,
                reason: event.type === 'step_cancelled' ? event.reason : 'The step has ended.',
              },
            ];
      case 'information_asked':
        return [{ type: 'pause_deadlines' }];
      case 'information_given':
        return [{ type: 'resume_deadlines' }];
      case 'approval_asked':
        return event.escalated && !ended.has(event.step_execution_id)
          ? escalationOf(definition, event, true)
          : [];
      case 'instance_suspended':
        return [{ type: 'pause_deadlines' }];
      case 'instance_resumed':
        return [{ type: 'resume_deadlines' }, { type: 'resume_work' }];
      case 'instance_completed':
      case 'instance_failed':
      case 'instance_cancelled':
      case 'instance_timed_out':
        return [{ type: 'end_instance', reason: event.type }];
      case 'instance_started':
      case 'step_skipped':
      case 'step_escalated':
      case 'decision_taken':
      case 'decision_awaited':
      case 'decision_chosen':
      case 'level_settled':
      case 'level_superseded':
      case 'approval_sent_back':
      case 'step_reminded':
      case 'step_claimed':
      case 'step_released':
      case 'step_assigned':
      case 'step_delegated':
      case 'step_handed_back':
      case 'form_data_saved':
      case 'step_commented':
      case 'approval_bypassed':
      case 'approval_decided':
      case 'incident_raised':
      case 'instance_reopened':
      case 'instance_restored':
        return [];
      case 'instance_migrated':
        return newDeadlines(definition, event, entered.size === 0);
    }
  });
}

function newDeadlines(
  version: CompiledDefinition,
  { timers, to_step_id }: EventOf<'instance_migrated'>,
  stays: boolean,
): Effect[] {
  if (timers === undefined || timers === 'keep') return [];
  const at = stays && to_step_id !== null ? version.step(to_step_id) : undefined;
  return [
    {
      type: 'reset_deadlines',
      policy: timers,
      global_timeout_hours: version.definition.global_timeout_hours,
      step: at ? { step_id: at.step_id, after_hours: at.auto_escalation_hours } : null,
    },
  ];
}

function endsStep(event: InstanceEvent): boolean {
  return (
    event.type === 'step_completed' ||
    event.type === 'step_failed' ||
    event.type === 'step_cancelled'
  );
}

function workOf(
  definition: CompiledDefinition,
  { step_execution_id, step_id, routed_by, branches }: EventOf<'step_entered'>,
): Effect[] {
  const step = definition.step(step_id);
  if (!step) return [];
  const works =
    routed_by !== 'mention' &&
    (step.step_type === 'automated' ||
      (step.step_type === 'parallel' && (step.parallel !== null || branches !== undefined)));
  return [
    ...(works ? [{ type: 'start_execution', step_execution_id, step_id, branches } as const] : []),
    ...escalationOf(definition, { step_execution_id, step_id }, false),
  ];
}

function escalationOf(
  definition: CompiledDefinition,
  { step_execution_id, step_id }: Pick<StepReference, 'step_execution_id' | 'step_id'>,
  again: boolean,
): Effect[] {
  const step = definition.step(step_id);
  if (!step || step.auto_escalation_hours === null) return [];
  const { auto_escalation_hours: after_hours, working_time } = step;
  return [
    {
      type: 'schedule_escalation',
      step_execution_id,
      step_id,
      after_hours,
      working_time,
      again,
    },
  ];
}
