import { type LevelState, MANAGER_OF_REQUESTER } from '#engine/approval';
import type { CompiledDefinition, StepDefinition } from '#engine/definition';
import { compileTemplate, type JsonObject } from '#engine/graph';
import type { Audience, NoticeKind, NotificationSettings } from '#engine/notification';
import { routingContext } from '#engine/routing';

import { hasEnded } from './movement.js';
import type { InstanceEvent, StepReference } from './events.js';
import type { InstanceState } from './types.js';

/** Something that people are to be told of what happened, and where. */
export interface Notice extends Pick<NotificationSettings, 'channel'> {
  kind: NoticeKind;
  to: string;
  step_id: string;
  step_execution_id: string;
  /** Which of the events it is. */
  event_index: number;
  audience: Audience;
  message: string;
  details: JsonObject;
}

const LONGEST_MESSAGE = 4_000;

interface Told {
  kind: NoticeKind;
  audience: Audience;
  details: JsonObject;
  /** A sentence of ours. */
  message: string;
}

/**
 * Whom events have told, by the settings of their steps; of a step that the same events have already ended, nobody. The
 * same place is told of the same thing once, or once of each level that is asked.
 * @param state after them
 */
export function noticesOf(
  definition: CompiledDefinition,
  events: readonly InstanceEvent[],
  state: InstanceState,
): Notice[] {
  if (!definition.tells) return [];
  const { current } = state;
  const open = current && !hasEnded(current) ? current.step_execution_id : null;
  const cameBack = new Set(
    events.flatMap((event) =>
      event.type === 'step_entered' && event.routed_by === 'send_back'
        ? [event.step_execution_id]
        : [],
    ),
  );
  return events.flatMap((event, event_index) => {
    if (!('step_execution_id' in event) || event.step_execution_id !== open) return [];
    const step = definition.step(event.step_id);
    if (!step) return [];
    const told = toldOf(definition, step, current?.levels ?? [], event, { events, cameBack });
    const at = { definition, step: event, data: state.data, event_index };
    return told.flatMap((one) => noticesAt(at, one));
  });
}

function noticesAt(
  {
    definition,
    step: { step_id, step_execution_id },
    data,
    event_index,
  }: { definition: CompiledDefinition; step: StepReference; data: JsonObject; event_index: number },
  told: Told,
): Notice[] {
  const { kind, details } = told;
  const places = new Map<string, Notice>();
  for (const { channel, to: all, message, recipients } of definition.toldAt(step_id, kind)) {
    for (const to of all) {
      const place = `${channel} ${to}`;
      if (places.has(place)) continue;
      places.set(place, {
        kind,
        channel,
        to,
        step_id,
        step_execution_id,
        event_index,
        audience: recipients ? { names: recipients } : told.audience,
        message:
          message === null ? told.message.slice(0, LONGEST_MESSAGE) : filledIn(message, data),
        details,
      });
    }
  }
  return [...places.values()];
}

/** Nothing, of events that tell nobody. */
function toldOf(
  definition: CompiledDefinition,
  step: StepDefinition,
  levels: readonly LevelState[],
  event: InstanceEvent & StepReference,
  { events, cameBack }: { events: readonly InstanceEvent[]; cameBack: ReadonlySet<string> },
): Told[] {
  const name = `${step.step_name} of ${definition.definition.workflow_name}`;
  const asking = cameBack.has(event.step_execution_id)
    ? { kind: 'sent_back', message: `${name} has come back to you.`, details: commentIn(events) }
    : { kind: 'asked', message: `${name} waits for you.`, details: {} };
  switch (event.type) {
    case 'step_entered':
      return event.step_type === 'user_task' ? toThose(ofStep(step), asking as Said) : [];
    case 'approval_asked': {
      const asked = levels.filter(({ level }) => level === event.level);
      const message = `${name} was not decided in time; you are asked as well.`;
      const said = event.escalated ? { kind: 'escalated', message, details: {} } : asking;
      return toThose(asked.map(ofLevel), said as Said);
    }
    case 'step_reminded': {
      const { percentage } = event;
      const message = `${name} still waits for you: ${percentage} % of the time for it has passed.`;
      return toThose(waitingFor(step, levels), {
        kind: 'reminded',
        message,
        details: { percentage },
      });
    }
    case 'step_escalated': {
      // where a level above is asked as well, that tells it
      const goesUp = events.some((other) => other.type === 'approval_asked' && other.escalated);
      const message = `${name} was not done in time.`;
      const said: Said = { kind: 'escalated', message, details: {} };
      return goesUp ? [] : toThose(waitingFor(step, levels), said);
    }
    case 'information_asked': {
      const { question, asked_by } = event;
      const message = `There is a question about your request at ${name}: ${question}`;
      const audience: Audience = { requesters: true };
      return toThose([audience], { kind: 'question', message, details: { question, asked_by } });
    }
    default:
      return [];
  }
}

type Said = Omit<Told, 'audience'>;

function toThose(audiences: readonly Audience[], said: Said): Told[] {
  return audiences.map((audience) => ({ ...said, audience }));
}

/** Of an approval, those asked on each level; else those of the step. */
function waitingFor(step: StepDefinition, levels: readonly LevelState[]): Audience[] {
  if (step.step_type !== 'approval') return ofStep(step);
  return levels.filter(({ status }) => status === 'asked').map(ofLevel);
}

/** A step for anybody is told to those whose request it is. */
function ofStep({ required_roles }: StepDefinition): Audience[] {
  return [required_roles.length > 0 ? withRoles(required_roles) : { requesters: true }];
}

function ofLevel({ roles, department_required, minimum_level, policy }: LevelState): Audience {
  const voters = policy?.voters;
  return {
    ...(Array.isArray(voters)
      ? { names: voters as readonly string[] }
      : { ...withRoles(roles), department: department_required, minimum_level }),
    // nobody decides their own request
    not_requesters: true,
  };
}

function withRoles(roles: readonly string[]): Audience {
  const held = roles.filter((role) => role !== MANAGER_OF_REQUESTER);
  return {
    ...(held.length > 0 && { roles: [...new Set(held)] }),
    ...(held.length < roles.length && { managers_of_requesters: true }),
  };
}

function commentIn(events: readonly InstanceEvent[]): JsonObject {
  const back = events.find((event) => event.type === 'approval_sent_back');
  return back
    ? { comment: back.comment, from_step_id: back.step_id, sent_by: back.decided_by }
    : {};
}

function filledIn(message: string, data: JsonObject): string {
  const value = compileTemplate(message)(routingContext({ workflow_data: data }));
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.slice(0, LONGEST_MESSAGE);
}
