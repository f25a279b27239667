import type { LevelState } from '#engine/approval';
import type { CompiledDefinition } from '#engine/definition';
import {
  type CurrentStep,
  evolve,
  type InstanceEvent,
  type InstanceState,
  type StepReference,
  type StepStatus,
} from '#engine/instance';

import type { ActedEvent, InstanceMove } from './instance-move.js';

/** A row of step_executions after a decision, in the words of `writeMoves`. */
export interface StepChange {
  step_execution_id: string;
  step_id: string;
  step_name: string;
  step_type: string;
  entry: number;
  status: StepStatus;
  outcome: string | null;
  output: Record<string, unknown> | null;
  error_message: string | null;
  completed_by: string | null;
  /** Who had it last. */
  assignee: string | null;
  owner: string | null;
  required_roles: readonly string[];
  approval_state: readonly LevelState[] | null;
  escalates_after_hours: number | null;
  escalated: boolean;
  /** Somebody began to work on it: a person acted, or its work was set going. */
  started: boolean;
}

/**
 * The step rows that events leave behind, one a step execution. Folded here, since one statement cannot insert a row
 * and update it again.
 */
export function stepChanges(
  definition: CompiledDefinition,
  before: InstanceState,
  acted: readonly ActedEvent[],
): StepChange[] {
  const changes = new Map<string, StepChange>();
  let state = before;
  const known = (step: StepReference): StepChange =>
    changes.get(step.step_execution_id) ?? unchanged(definition, before, step);
  for (const { event, actor } of acted) {
    const { current: left } = state;
    state = evolve(state, event);
    if (!('step_execution_id' in event)) continue;
    const change = known(event);
    changes.set(event.step_execution_id, {
      ...change,
      approval_state: state.current?.levels ?? left?.levels ?? change.approval_state,
      ...holderOf(state.current ?? left),
      ...changeOf(event, actor),
    });
  }
  const { current } = state;
  if (current && !current.awaiting?.step_ended && acted.some(({ event }) => isMove(event))) {
    // its step goes on under the name and the roles of the version that it was moved to
    changes.set(current.step_execution_id, { ...known(current), approval_state: current.levels });
  }
  return [...changes.values()];
}

function holderOf(step: CurrentStep | null): Pick<StepChange, 'assignee' | 'owner'> {
  const { assignee = null, owner = null } = step?.assignment ?? {};
  return { assignee, owner };
}

type StepEvent = Extract<InstanceEvent, { step_execution_id: string }>;

function isMove({ type }: InstanceEvent): boolean {
  return type === 'instance_migrated' || type === 'instance_restored';
}

function unchanged(
  definition: CompiledDefinition,
  { current }: InstanceState,
  { step_execution_id, step_id, entry }: StepReference,
): StepChange {
  const step = definition.step(step_id);
  return {
    step_execution_id,
    step_id,
    step_name: step?.step_name ?? step_id,
    step_type: step?.step_type ?? current?.step_type ?? 'user_task',
    entry,
    status: current?.status ?? 'waiting',
    outcome: null,
    output: null,
    error_message: null,
    completed_by: null,
    ...holderOf(current),
    required_roles: step?.required_roles ?? [],
    approval_state: null,
    escalates_after_hours: step?.auto_escalation_hours ?? null,
    escalated: false,
    started: false,
  };
}

function changeOf(event: StepEvent, actor: string): Partial<StepChange> {
  switch (event.type) {
    case 'step_entered':
      return { status: event.status, started: event.step_type === 'conditional' };
    case 'step_skipped':
      return { status: 'skipped', outcome: 'skipped' };
    case 'step_completed':
      return {
        status: 'completed',
        outcome: event.outcome,
        output: event.output,
        completed_by: actor,
        started: true,
      };
    case 'step_failed':
      return { status: 'failed', outcome: 'failed', error_message: event.error, started: true };
    case 'step_cancelled':
      return { status: 'cancelled', error_message: event.reason };
    case 'step_escalated':
      return { escalated: true };
    case 'approval_decided':
    case 'step_claimed':
    case 'step_handed_back':
    case 'form_data_saved':
      return { started: true };
    case 'step_released':
    case 'step_assigned':
    case 'step_delegated':
    case 'level_settled':
    case 'level_superseded':
    case 'approval_sent_back':
    case 'information_asked':
    case 'information_given':
    case 'step_reminded':
    case 'approval_asked':
    case 'approval_bypassed':
      return {};
  }
}

/** What `writeStarts` and `writeMoves` take: instances, each with its steps and events. */
export function rowsOf(moves: readonly InstanceMove[]): string {
  return JSON.stringify(moves.map(instanceRow));
}

function instanceRow({ instance, definition, before, state, acted }: InstanceMove): object {
  const { current, ...columns } = state;
  return {
    ...columns,
    ...instance,
    version_number: definition.version_number,
    global_timeout_hours: definition.definition.global_timeout_hours,
    started_by: acted[0]?.actor,
    current_step: current,
    last_sequence: instance.last_sequence + acted.length,
    steps: stepChanges(definition, before, acted).map(withoutNulls),
    events: acted.map(({ event: { type, ...payload }, actor }) => ({
      event_type: type,
      payload,
      actor,
    })),
  };
}

/** A column that is left out is null: most of a step's are, and each that is named is read again by PostgreSQL. */
function withoutNulls(step: StepChange): object {
  return Object.fromEntries(Object.entries(step).filter(([, value]) => value !== null));
}
