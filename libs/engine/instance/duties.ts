import { type Approver, MANAGER_OF_REQUESTER } from '#engine/approval';
import type { CompiledDefinition } from '#engine/definition';
import { DomainError } from '#engine/errors';

import type { Command } from './commands.js';
import type { Progress } from './progress.js';
import type { InstanceState } from './types.js';

/** Whether who acts, and who has acted before, decides what may come of a command: then `Facts.duties` are needed. */
export function isOfPeople(
  definition: CompiledDefinition,
  { current }: InstanceState,
  command: Command,
): boolean {
  switch (command.type) {
    case 'claim':
    case 'release':
    case 'assign':
    case 'delegate':
    case 'hand_back':
    case 'save_form_data':
    case 'decide_approval':
    case 'send_back':
    case 'ask_information':
    case 'give_information':
    case 'choose':
      return true;
    case 'complete_step':
      return current?.assignment !== undefined || definition.apartFrom(command.step_id).length > 0;
    case 'route':
      return !command.held && decidesFor(definition, command.from_step_id);
    case 'bypass_step':
      return decidesFor(definition, command.step_id);
    case 'reopen':
      return command.output !== null && decidesFor(definition, command.step_id);
    default:
      return false;
  }
}

/** Whether ending this step by other means takes the place of people whom it matters to tell apart. */
function decidesFor(definition: CompiledDefinition, stepId: string): boolean {
  return (
    definition.step(stepId)?.step_type === 'approval' || definition.apartFrom(stepId).length > 0
  );
}

/**
 * Who ends a step by other means than those of the people it asks: not of their own request, where it is an approval,
 * and not of one that needs other people than they are.
 * @throws DomainError own_approval, duties_not_separate
 */
export function refuseInPlaceOfOthers(progress: Progress, stepId: string): void {
  if (progress.definition.step(stepId)?.step_type === 'approval') {
    refuseOwnApproval(progress, stepId);
  }
  keepApart(progress, stepId);
}

/** What somebody is to the requester counts like a role; of a substitute, what the absent person is. Nobody else has it. */
export function related({ facts: { duties } }: Progress, approver: Approver): Approver {
  const roles = approver.roles.filter((role) => role !== MANAGER_OF_REQUESTER);
  const person = approver.on_behalf_of ? duties?.behalf : duties?.actor;
  const manages = typeof person === 'string' && duties?.managers.includes(person);
  return { ...approver, roles: manages ? [...roles, MANAGER_OF_REQUESTER] : roles };
}

/** @throws DomainError own_approval: nobody approves what they want themselves, nor is it approved in their name */
export function refuseOwnApproval({ facts: { duties } }: Progress, stepId: string): void {
  if (!duties) return;
  for (const [person, message] of [
    [duties.actor, 'This is your own request; somebody else has to decide it.'],
    [
      duties.behalf,
      'This is the request of the person you act for; somebody else has to decide it.',
    ],
  ] as const) {
    if (person !== null && duties.requesters.includes(person)) {
      throw new DomainError('own_approval', message, { step_id: stepId });
    }
  }
}

/** @throws DomainError duties_not_separate: who acted on a step that needs other people than this one */
export function keepApart({ definition, facts: { duties } }: Progress, stepId: string): void {
  if (!duties) return;
  const own = [duties.actor, duties.behalf];
  for (const other of definition.apartFrom(stepId)) {
    const there = Object.hasOwn(duties.acted, other) ? (duties.acted[other] ?? []) : [];
    if (!there.some((person) => own.includes(person))) continue;
    const message = `${stepId} and ${other} need different people, and you have acted on ${other}.`;
    throw new DomainError('duties_not_separate', message, {
      step_id: stepId,
      other_step_id: other,
    });
  }
}

/** @throws DomainError approval_already_given: a person votes once on a level, also through a substitute */
export function refuseSecondVote({ facts: { duties } }: Progress, level: number): void {
  const own = [duties?.actor, duties?.behalf];
  if (!duties?.voted.some((vote) => vote.level === level && own.includes(vote.person))) return;
  const message = `You have voted on level ${level} already, yourself or for somebody.`;
  throw new DomainError('approval_already_given', message, { level });
}
