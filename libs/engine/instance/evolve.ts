import type { CastVote, LevelState, LevelStatus } from '#engine/approval';

import type { EventOf, InstanceEvent } from './events.js';
import type { CurrentStep, InstanceState, InstanceStatus } from './types.js';

export const NEW_INSTANCE: InstanceState = {
  status: null,
  outcome: null,
  end_reason: null,
  data: {},
  current: null,
  step_entries: {},
  total_entries: 0,
};

/** State after one event. Total: history that was written can always be read again. */
export function evolve(state: InstanceState, event: InstanceEvent): InstanceState {
  switch (event.type) {
    case 'instance_started':
      return { ...state, status: 'running', data: event.data };
    case 'step_entered': {
      const { step_execution_id, step_id, entry, step_type, status, levels } = event;
      const { branches, question } = event;
      return {
        ...counted(state, event),
        current: {
          ...{ step_execution_id, step_id, entry, step_type, status, levels },
          ...(branches && { branches }),
          ...(question && { question }),
        },
      };
    }
    case 'step_skipped':
      return { ...counted(state, event), current: null };
    case 'step_completed':
      return { ...state, current: null, data: { ...state.data, ...event.output } };
    case 'step_failed':
    case 'step_cancelled':
      return { ...state, current: null };
    case 'decision_awaited':
      return { ...state, current: awaiting(state.current, event) };
    case 'decision_chosen':
      return { ...state, current: state.current && decided(state.current) };
    case 'approval_decided':
      return event.vote
        ? withVote(state, event, event.vote)
        : withLevel(state, event.level, { status: event.decision, decided_by: event.decided_by });
    case 'level_settled':
      return withLevel(state, event.level, { status: event.decision });
    case 'level_superseded':
      return withLevel(state, event.level, { status: 'superseded' });
    case 'information_asked': {
      const { question, asked_by } = event;
      return withCurrent(state, { question: { question, asked_by } });
    }
    case 'approval_sent_back':
      return { ...state, step_entries: undone(state.step_entries, event.undone) };
    case 'information_given':
      return { ...state, current: state.current && answered(state.current) };
    case 'approval_asked':
      return withLevel(state, event.level, {
        status: 'asked',
        ...(event.escalated && { escalated: true as const }),
      });
    case 'approval_bypassed':
      return withLevel(state, event.level, { status: 'bypassed', bypassed_by: event.condition });
    case 'step_claimed':
    case 'step_assigned':
    case 'step_handed_back':
      return withCurrent(state, { assignment: { assignee: event.assignee, owner: null } });
    case 'step_delegated': {
      const { assignee, owner } = event;
      return withCurrent(state, { assignment: { assignee, owner } });
    }
    case 'step_released':
      return { ...state, current: state.current && released(state.current) };
    case 'form_data_saved': {
      const { form_data: data, saved_by } = event;
      return withCurrent(state, { form_draft: { data, saved_by } });
    }
    case 'step_commented':
    case 'step_escalated':
    case 'step_reminded':
    case 'decision_taken':
    case 'incident_raised':
      return state;
    case 'instance_migrated':
      return { ...state, data: { ...event.data, ...state.data } };
    case 'instance_restored':
      return { ...state, data: event.data, step_entries: event.step_entries };
    case 'instance_suspended':
      return { ...state, status: 'suspended' };
    case 'instance_resumed':
      return { ...state, status: 'running' };
    case 'instance_reopened':
      // a runaway loop that has been mended gets the whole limit again
      return { ...state, status: 'running', end_reason: null, total_entries: 0 };
    case 'instance_completed':
      return ended(state, 'completed', null, event.outcome);
    case 'instance_failed':
      return ended(state, 'failed', event.reason, null);
    case 'instance_cancelled':
      return ended(state, 'cancelled', event.reason, null);
    case 'instance_timed_out':
      return ended(state, 'timed_out', event.reason, null);
  }
}

function counted(state: InstanceState, entered: { step_id: string; entry: number }): InstanceState {
  return {
    ...state,
    step_entries: { ...state.step_entries, [entered.step_id]: entered.entry },
    total_entries: state.total_entries + 1,
  };
}

/** The step that has ended is stood at again: there the decision is awaited. */
function awaiting(
  current: CurrentStep | null,
  { ended_step, decision_id, action, target_step_id, branches }: EventOf<'decision_awaited'>,
): CurrentStep | null {
  const at: CurrentStep | null = ended_step
    ? { ...ended_step, status: 'waiting', levels: null }
    : current;
  const step_ended = ended_step !== null;
  const awaited = { decision_id, action, target_step_id, step_ended };
  return at && { ...at, awaiting: branches ? { ...awaited, branches } : awaited };
}

function decided({ awaiting: _, ...current }: CurrentStep): CurrentStep {
  return current;
}

/** Negative: so many times, none of which counts any more. */
function undone(
  entries: InstanceState['step_entries'],
  steps: readonly string[],
): InstanceState['step_entries'] {
  return Object.fromEntries(
    Object.entries(entries).map(([id, times]) => [
      id,
      steps.includes(id) ? 0 - Math.abs(times) : times,
    ]),
  );
}

function withCurrent(state: InstanceState, change: Partial<CurrentStep>): InstanceState {
  return { ...state, current: state.current && { ...state.current, ...change } };
}

function released({ assignment: _, ...current }: CurrentStep): CurrentStep {
  return current;
}

function answered({ question: _, ...current }: CurrentStep): CurrentStep {
  return current;
}

function withVote(
  state: InstanceState,
  { level, decided_by, on_behalf_of, decision }: EventOf<'approval_decided'>,
  cast: Pick<CastVote, 'voter' | 'weight' | 'veto'>,
): InstanceState {
  const votes = state.current?.levels?.find((known) => known.level === level)?.votes ?? [];
  const vote = { ...cast, decided_by, on_behalf_of: on_behalf_of ?? null, decision };
  return withLevel(state, level, { status: 'asked', decided_by, votes: [...votes, vote] });
}

function withLevel(
  state: InstanceState,
  level: number,
  change: Partial<LevelState> & { status: LevelStatus },
): InstanceState {
  if (!state.current?.levels) return state;
  const levels = state.current.levels.map((known) =>
    known.level === level ? { ...known, ...change } : known,
  );
  return { ...state, current: { ...state.current, levels } };
}

function ended(
  state: InstanceState,
  status: InstanceStatus,
  end_reason: string | null,
  outcome: InstanceState['outcome'],
): InstanceState {
  return { ...state, status, end_reason, outcome, current: null };
}
