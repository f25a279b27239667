import { DomainError } from '#engine/errors';

import type { CommandOf } from './commands.js';
import { deciding } from './decide-approval.js';
import { referenceTo, walk } from './movement.js';
import type { Progress } from './progress.js';
import { currentStep } from './rejections.js';

/**
 * Sends the request back to a step that it has come through, to come here again from there: all levels are then asked
 * anew. What lies on that way counts as not entered yet, so that rules lead over it as they did the first time.
 * @throws DomainError step_not_found, step_not_entered, or as a decision
 */
export function sendBack(progress: Progress, command: CommandOf<'send_back'>): void {
  const { to_step_id, comment, approver } = command;
  const { current, level } = deciding(progress, command);
  const { definition, state } = progress;
  const target = definition.step(to_step_id);
  if (!target) {
    throw new DomainError('step_not_found', `There is no step ${to_step_id} to send it back to.`, {
      step_id: to_step_id,
    });
  }
  const entered = Object.keys(state.step_entries);
  if (!entered.includes(to_step_id) || to_step_id === current.step_id) {
    throw new DomainError(
      'step_not_entered',
      `The request has not come through ${to_step_id} on its way here.`,
      { step_id: to_step_id },
    );
  }
  const undone = entered.filter(
    (id) => (definition.step(id)?.order_sequence ?? -Infinity) >= target.order_sequence,
  );
  progress.emit({
    type: 'approval_sent_back',
    ...referenceTo(current),
    level: level.level,
    to_step_id,
    decided_by: approver.id,
    comment,
    undone,
    ...(approver.on_behalf_of && { on_behalf_of: approver.on_behalf_of }),
  });
  progress.emit({
    type: 'step_completed',
    ...referenceTo(current),
    outcome: 'sent_back',
    output: {},
    reason: comment || null,
  });
  walk(progress, { step_id: to_step_id, routed_by: 'send_back', routed_by_id: null, warnings: [] });
}

/** Asks the requester; the step stays where it is, its votes with it. @throws DomainError information_awaited, or as a decision */
export function askInformation(progress: Progress, command: CommandOf<'ask_information'>): void {
  const { current, level } = deciding(progress, command);
  if (current.question) {
    const { question, asked_by } = current.question;
    throw new DomainError('information_awaited', `${asked_by} has asked already: ${question}`, {
      step_id: current.step_id,
    });
  }
  const { approver, question } = command;
  progress.emit({
    type: 'information_asked',
    ...referenceTo(current),
    level: level.level,
    question,
    asked_by: approver.id,
    ...(approver.on_behalf_of && { on_behalf_of: approver.on_behalf_of }),
  });
}

/** @throws DomainError information_not_asked, not_the_requester */
export function giveInformation(progress: Progress, command: CommandOf<'give_information'>): void {
  const { current } = currentStep(progress, command.step_id);
  const { answer, given_by, vouched } = command;
  if (!current.question) {
    throw new DomainError('information_not_asked', 'Nobody waits for an answer at this step.', {
      step_id: current.step_id,
    });
  }
  const { duties } = progress.facts;
  const isRequester = duties !== undefined && duties.requesters.some((key) => key === duties.actor);
  if (!vouched && !isRequester) {
    throw new DomainError('not_the_requester', 'It is for the requester to answer.', {
      step_id: current.step_id,
    });
  }
  progress.emit({ type: 'information_given', ...referenceTo(current), answer, given_by });
}
