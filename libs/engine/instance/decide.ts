import type { CompiledDefinition } from '#engine/definition';
import { DomainError } from '#engine/errors';
import type { JsonObject } from '#engine/graph';

import { assign, claim, comment, delegate, handBack, release, saveFormData } from './assignment.js';
import { noteDecision } from './automatic.js';
import { choose, goOn } from './choose.js';
import { askInformation, giveInformation, sendBack } from './ask-back.js';
import { decideApproval } from './decide-approval.js';
import { decideRoute } from './decide-route.js';
import { keepApart, refuseInPlaceOfOthers } from './duties.js';
import { escalate, remind } from './escalate.js';
import { requireForm } from './form-output.js';
import { refuseDelegate, refuseHeld, refuseWithoutRole, withDraft } from './holding.js';
import { migrate, restore } from './migrate.js';
import {
  hasEnded,
  leaveCurrent,
  moveAfter,
  referenceTo,
  routedMove,
  stand,
  walk,
} from './movement.js';
import { Progress } from './progress.js';
import { currentStep } from './rejections.js';
import { reopen } from './reopen.js';
import type { Command, CommandOf } from './commands.js';
import type { AutomaticDecision, InstanceEvent } from './events.js';
import type { Facts } from './facts.js';
import type { CurrentStep, InstanceState, InstanceStatus } from './types.js';

/** What a command does to an instance, or why it does nothing. */
export type Decision =
  | {
      events: readonly InstanceEvent[];
      state: InstanceState;
      /** What trees and rules decided on the way. */
      decisions: readonly AutomaticDecision[];
    }
  | { rejection: DomainError };

/** In which states of an instance a command may come; `null`: before it has started. A command in another is refused. */
const ALLOWED: Record<Command['type'], readonly (InstanceStatus | null)[]> = {
  start: [null],
  complete_step: ['running'],
  claim: ['running'],
  release: ['running'],
  assign: ['running'],
  delegate: ['running'],
  hand_back: ['running'],
  save_form_data: ['running'],
  comment: ['running', 'suspended'],
  decide_approval: ['running'],
  send_back: ['running'],
  ask_information: ['running'],
  give_information: ['running'],
  route: ['running'],
  choose: ['running'],
  execution_ended: ['running'],
  remind: ['running'],
  escalate: ['running'],
  time_out: ['running', 'suspended'],
  suspend: ['running'],
  resume: ['suspended'],
  cancel: ['running', 'suspended'],
  bypass_step: ['running', 'suspended'],
  migrate: ['running', 'suspended'],
  reopen: ['failed'],
  restore: ['running', 'suspended'],
};

/**
 * `decide(definition, state, command, facts) → events | rejection` (design.md §4): total and pure. `state` of the
 * answer is what `evolve` makes of the events.
 */
export function decide(
  definition: CompiledDefinition,
  state: InstanceState,
  command: Command,
  facts: Facts,
): Decision {
  if (!ALLOWED[command.type].includes(state.status))
    return { rejection: notAllowed(state, command) };
  const progress = new Progress(definition, state, facts);
  try {
    act(progress, command);
  } catch (error) {
    if (error instanceof DomainError) return { rejection: error as DomainError };
    throw error;
  }
  const { events, decisions } = progress;
  return { events, decisions, state: progress.state };
}

function act(progress: Progress, command: Command): void {
  switch (command.type) {
    case 'start':
      return start(progress, command);
    case 'complete_step':
      return completeStep(progress, command);
    case 'claim':
      return claim(progress, command);
    case 'release':
      return release(progress, command);
    case 'assign':
      return assign(progress, command);
    case 'delegate':
      return delegate(progress, command);
    case 'hand_back':
      return handBack(progress, command);
    case 'save_form_data':
      return saveFormData(progress, command);
    case 'comment':
      return comment(progress, command);
    case 'decide_approval':
      return decideApproval(progress, command);
    case 'send_back':
      return sendBack(progress, command);
    case 'ask_information':
      return askInformation(progress, command);
    case 'give_information':
      return giveInformation(progress, command);
    case 'route':
      return decideRoute(progress, command);
    case 'choose':
      return choose(progress, command);
    case 'execution_ended':
      return executionEnded(progress, command);
    case 'remind':
      return remind(progress, command);
    case 'escalate':
      return escalate(progress, command);
    case 'time_out':
      return end(
        progress,
        (reason) => ({ type: 'instance_timed_out', reason }),
        'Its global timeout has passed.',
      );
    case 'cancel':
      return end(progress, (reason) => ({ type: 'instance_cancelled', reason }), command.reason);
    case 'suspend':
      return progress.emit({ type: 'instance_suspended', reason: command.reason });
    case 'resume':
      return progress.emit({ type: 'instance_resumed', reason: command.reason });
    case 'bypass_step':
      return bypassStep(progress, command);
    case 'reopen':
      return reopen(progress, command);
    case 'migrate':
      return migrate(progress, command);
    case 'restore':
      return restore(progress, command);
  }
}

function start(progress: Progress, { data, at_step_id }: CommandOf<'start'>): void {
  const first = progress.definition.steps[0];
  const step_id = at_step_id ?? first?.step_id;
  if (step_id === undefined || !progress.definition.step(step_id)) {
    throw new DomainError('step_not_found', `There is no step ${at_step_id} in this workflow.`, {
      step_id: at_step_id,
    });
  }
  progress.emit({ type: 'instance_started', data, at_step_id: at_step_id ?? null });
  if (at_step_id !== undefined) return stand(progress, at_step_id);
  walk(progress, { step_id, routed_by: 'start', routed_by_id: null, warnings: [] });
}

function completeStep(progress: Progress, command: CommandOf<'complete_step'>): void {
  const { current, step } = currentStep(progress, command.step_id, command.step_execution_id);
  if (step.step_type === 'approval') {
    throw new DomainError(
      'step_not_waiting',
      `${step.step_id} is an approval: approve or reject it.`,
      {
        step_id: step.step_id,
        step_type: step.step_type,
      },
    );
  }
  if (step.step_type !== 'user_task') {
    throw new DomainError(
      'step_not_waiting',
      `${step.step_id} is ${step.step_type}: it completes when its work ends, not by hand.`,
      { step_id: step.step_id, step_type: step.step_type },
    );
  }
  refuseDelegate(progress, current);
  if (command.performer) refuseWithoutRole(step, command.performer);
  refuseHeld(progress, current);
  keepApart(progress, step.step_id);
  const output = withDraft(current, command.output);
  requireForm(progress, step.step_id, output);
  completed(progress, current, { outcome: 'completed', output, reason: null });
}

function executionEnded(progress: Progress, command: CommandOf<'execution_ended'>): void {
  const { current } = progress.state;
  if (current?.step_execution_id !== command.step_execution_id || hasEnded(current)) {
    throw new DomainError(
      'step_not_current',
      'The instance has left the step that this work was for.',
      {
        execution_id: command.execution_id,
      },
    );
  }
  if (command.succeeded) {
    const output = outputOf(progress.state, current, command.output);
    return completed(progress, current, { outcome: 'completed', output, reason: null });
  }
  const error = command.error ?? 'Its work failed.';
  progress.emit({ type: 'step_failed', ...referenceTo(current), error });
  const { move, deliberation } = routedMove(progress, {
    step_id: current.step_id,
    outcome: 'failed',
  });
  if (move) return walk(progress, move);
  noteDecision(progress, deliberation);
  progress.emit({ type: 'instance_failed', reason: `Step ${current.step_id} failed. ${error}` });
}

/**
 * What an execution leaves in the data. Of an automated step: what its one task returned. Of a parallel step: `tasks`,
 * by task_id, beside those of parallel steps before it.
 */
function outputOf(
  { data }: InstanceState,
  { step_id, step_type }: CurrentStep,
  { tasks }: CommandOf<'execution_ended'>['output'],
): JsonObject {
  if (step_type !== 'automated') return { tasks: { ...objectOr(data['tasks']), ...tasks } };
  return objectOr(Object.hasOwn(tasks, step_id) ? tasks[step_id] : undefined);
}

function objectOr(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : {};
}

/** A step that has ended already, and only waits for a choice, is left as was decided. */
function bypassStep(progress: Progress, command: CommandOf<'bypass_step'>): void {
  const awaiting = progress.state.current?.awaiting;
  if (awaiting?.step_ended && progress.state.current?.step_id === command.step_id) {
    return goOn(progress, awaiting);
  }
  const { current } = currentStep(progress, command.step_id);
  refuseInPlaceOfOthers(progress, command.step_id);
  completed(progress, current, { outcome: 'bypassed', output: {}, reason: command.reason });
}

function completed(
  progress: Progress,
  current: CurrentStep,
  how: Pick<Extract<InstanceEvent, { type: 'step_completed' }>, 'outcome' | 'output' | 'reason'>,
): void {
  progress.emit({ type: 'step_completed', ...referenceTo(current), ...how });
  walk(progress, moveAfter(progress, { step_id: current.step_id, outcome: how.outcome }));
}

function end(progress: Progress, event: (reason: string) => InstanceEvent, reason: string): void {
  leaveCurrent(progress, reason);
  progress.emit(event(reason));
}

function notAllowed({ status }: InstanceState, command: Command): DomainError {
  const facts = { instance_status: status, command: command.type };
  if (command.type === 'start') {
    return new DomainError(
      'instance_exists',
      `The instance has already started; it is ${status}.`,
      facts,
    );
  }
  if (command.type === 'resume') {
    return new DomainError(
      'instance_not_suspended',
      `The instance is ${status}; only a suspended one can be resumed.`,
      facts,
    );
  }
  if (command.type === 'reopen') {
    return new DomainError(
      'instance_not_failed',
      `The instance is ${status}; only a failed one can be opened again.`,
      facts,
    );
  }
  const remedy = status === 'suspended' ? 'resume it first' : 'it takes no more commands';
  return new DomainError('instance_not_running', `The instance is ${status}; ${remedy}.`, facts);
}
