import { DomainError } from '#engine/errors';

import type { CommandOf } from './commands.js';
import { keepApart } from './duties.js';
import { entitled } from './entitled.js';
import { asTarget, holds, refuseHeld, refuseUnlessTask } from './holding.js';
import { referenceTo } from './movement.js';
import type { Progress } from './progress.js';
import { currentStep } from './rejections.js';
import type { Holding } from './facts.js';
import type { Assignment, CurrentStep } from './types.js';

/** The first takes it. @throws DomainError step_claimed, or as `entitled` */
export function claim(progress: Progress, command: CommandOf<'claim'>): void {
  const { person, vouched } = command;
  const current = entitled(progress, command, person, vouched);
  if (current.assignment) refuseTaken(progress, current.step_id, current.assignment);
  const { id: assignee, on_behalf_of } = person;
  progress.emit({
    type: 'step_claimed',
    ...referenceTo(current),
    assignee,
    ...(on_behalf_of && { on_behalf_of }),
  });
}

/** Gives it back to all. @throws DomainError step_not_claimed, not_the_assignee */
export function release(progress: Progress, command: CommandOf<'release'>): void {
  const { current, assignment } = taken(progress, command);
  const { holding } = progress.facts;
  const isTheirs = assignment.owner === null ? holds(progress) : holding?.owner === holding?.actor;
  if (!command.vouched && !isTheirs) throw notTheAssignee(current, assignment);
  const { assignee } = assignment;
  const { comment } = command;
  progress.emit({ type: 'step_released', ...referenceTo(current), assignee, comment });
}

/**
 * Gives it to somebody who might take it themselves: by who speaks for others, or by the manager of whom it is given to
 * and of whom it is taken from.
 * @throws DomainError may_not_assign, step_claimed, or as `entitled` of whom it is given to
 */
export function assign(progress: Progress, command: CommandOf<'assign'>): void {
  const { assignee, vouched, comment } = command;
  const { step_id } = command;
  const { current } = currentStep(progress, step_id, command.step_execution_id);
  const { assignment } = current;
  const target = targetOf(progress);
  if (!vouched) refuseUnlessManager(progress, current, target);
  if (assignment?.owner === null && progress.facts.holding?.assignee === target.key) {
    throw hasItAlready(step_id, assignment.assignee);
  }
  entitled(asTarget(progress, target), command, assignee, false);
  progress.emit({
    type: 'step_assigned',
    ...referenceTo(current),
    assignee: assignee.id,
    previous: assignment?.assignee ?? null,
    comment,
  });
}

/**
 * Passes a task on to somebody who does it and hands it back. They need no role, since they cannot complete it; who is
 * kept apart from the step cannot be asked either.
 * @throws DomainError not_delegable, step_not_claimed, not_the_assignee, step_delegated, step_claimed, duties_not_separate
 */
export function delegate(progress: Progress, command: CommandOf<'delegate'>): void {
  const { step_id, delegate: person, comment } = command;
  const { step } = currentStep(progress, step_id, command.step_execution_id);
  if (step.step_type === 'approval') {
    throw new DomainError(
      'not_delegable',
      'A vote is not passed on: name a substitute for your absence, or let it be assigned to somebody who may decide.',
      { step_id },
    );
  }
  refuseUnlessTask(step);
  const { current, assignment } = taken(progress, command);
  if (!holds(progress)) throw notTheAssignee(current, assignment);
  const { assignee, owner } = assignment;
  if (owner !== null) {
    const message = `${owner} has delegated it to you already: hand it back instead.`;
    throw new DomainError('step_delegated', message, { step_id, owner });
  }
  const target = targetOf(progress);
  if (target.key === progress.facts.holding?.actor) throw hasItAlready(step_id, assignee);
  keepApart(asTarget(progress, target), step_id);
  progress.emit({
    type: 'step_delegated',
    ...referenceTo(current),
    assignee: person.id,
    owner: assignee,
    comment,
  });
}

/** By whom it was delegated to, or taken back by who did. @throws DomainError step_not_delegated, not_the_assignee, duties_not_separate */
export function handBack(progress: Progress, command: CommandOf<'hand_back'>): void {
  const { current, assignment } = taken(progress, command);
  const { assignee: delegated, owner } = assignment;
  if (owner === null) {
    throw new DomainError('step_not_delegated', 'It was delegated by nobody: release it instead.', {
      step_id: current.step_id,
    });
  }
  const { holding } = progress.facts;
  const isTheirs = holds(progress) || holding?.owner === holding?.actor;
  if (!command.vouched && !isTheirs) throw notTheAssignee(current, assignment);
  if (holds(progress)) keepApart(progress, current.step_id);
  progress.emit({
    type: 'step_handed_back',
    ...referenceTo(current),
    assignee: owner,
    delegate: delegated,
    comment: command.comment,
  });
}

/** Saves the form as it is so far, in place of what was saved before. @throws DomainError step_claimed, or as `entitled` */
export function saveFormData(progress: Progress, command: CommandOf<'save_form_data'>): void {
  const { person, vouched, form_data } = command;
  const current = entitled(progress, command, person, vouched);
  if (!current.levels) refuseHeld(progress, current);
  const { id: saved_by, on_behalf_of } = person;
  progress.emit({
    type: 'form_data_saved',
    ...referenceTo(current),
    form_data,
    saved_by,
    ...(on_behalf_of && { on_behalf_of }),
  });
}

/** On the latest entry into a step. @throws DomainError step_not_found, step_not_entered */
export function comment(progress: Progress, command: CommandOf<'comment'>): void {
  const { step_id, author } = command;
  const { definition, state } = progress;
  const entries = Object.hasOwn(state.step_entries, step_id) ? state.step_entries[step_id] : 0;
  const entry = Math.abs(entries ?? 0);
  if (entry === 0 && !definition.step(step_id)) {
    throw new DomainError('step_not_found', `There is no step ${step_id} in this version.`, {
      step_id,
    });
  }
  if (entry === 0) {
    throw new DomainError('step_not_entered', `The instance has not been at ${step_id} yet.`, {
      step_id,
    });
  }
  progress.emit({ type: 'step_commented', step_id, entry, author, comment: command.comment });
}

function taken(
  progress: Progress,
  { step_id, step_execution_id }: { step_id: string; step_execution_id?: string },
): { current: CurrentStep; assignment: Assignment } {
  const { current } = currentStep(progress, step_id, step_execution_id);
  const { assignment } = current;
  if (assignment) return { current, assignment };
  throw new DomainError('step_not_claimed', `Nobody has ${step_id}: claim it first.`, { step_id });
}

function targetOf({ facts: { holding } }: Progress): NonNullable<Holding['target']> {
  if (!holding?.target) throw new Error('A step was to be given to nobody that is known.');
  return holding.target;
}

function refuseUnlessManager(
  { facts: { holding } }: Progress,
  { step_id, assignment }: CurrentStep,
  target: NonNullable<Holding['target']>,
): void {
  const manages = (key: string | null | undefined): boolean =>
    typeof key === 'string' && holding !== undefined && holding.managed.includes(key);
  const isTheirs = holding?.assignee === holding?.actor || manages(holding?.assignee);
  if (manages(target.key) && (!assignment || isTheirs)) return;
  throw new DomainError(
    'may_not_assign',
    'An operator assigns it; or a manager, to somebody of theirs, what nobody has or they or one of theirs.',
    { step_id, ...assignment },
  );
}

function refuseTaken(progress: Progress, stepId: string, { assignee }: Assignment): never {
  if (holds(progress)) throw hasItAlready(stepId, assignee);
  throw new DomainError('step_claimed', `Claimed by ${assignee}.`, { step_id: stepId, assignee });
}

function hasItAlready(stepId: string, assignee: string): DomainError {
  return new DomainError('step_claimed', `${assignee} has it already.`, {
    step_id: stepId,
    assignee,
  });
}

function notTheAssignee({ step_id }: CurrentStep, { assignee, owner }: Assignment): DomainError {
  const message =
    owner === null
      ? `It is ${assignee} who has it; an operator may assign it to somebody else.`
      : `${owner} has delegated it to ${assignee}, who hands it back.`;
  return new DomainError('not_the_assignee', message, { step_id, assignee, owner });
}
