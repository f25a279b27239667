import type { Approver } from '#engine/approval';
import type { StepDefinition } from '#engine/definition';
import { DomainError } from '#engine/errors';
import type { JsonObject } from '#engine/graph';

import { Progress } from './progress.js';
import type { Holding } from './facts.js';
import type { CurrentStep } from './types.js';

/** Whether who acts has the step. */
export function holds({ facts: { holding } }: Progress): boolean {
  return holding !== undefined && holding.assignee === holding.actor;
}

/** A decision as if the person acted to whom the step is to be given. */
export function asTarget(progress: Progress, target: NonNullable<Holding['target']>): Progress {
  const { definition, state } = progress;
  const { holding: _, duties, ...facts } = progress.facts;
  const theirs = duties && { duties: { ...duties, actor: target.person, behalf: null } };
  return new Progress(definition, state, { ...facts, ...theirs });
}

/** @throws DomainError step_not_waiting */
export function refuseUnlessTask({ step_id, step_type }: StepDefinition): void {
  if (step_type === 'user_task') return;
  throw new DomainError('step_not_waiting', `${step_id} is ${step_type}, and no task of people.`, {
    step_id,
    step_type,
  });
}

/** @throws DomainError approver_not_entitled */
export function refuseWithoutRole(
  { step_id, required_roles }: StepDefinition,
  { roles }: Pick<Approver, 'roles'>,
): void {
  if (required_roles.length === 0 || required_roles.some((role) => roles.includes(role))) return;
  const message = `${step_id} needs somebody with the role ${required_roles.join(' or ')}.`;
  throw new DomainError('approver_not_entitled', message, { step_id, required_roles });
}

/** @throws DomainError step_claimed: a task is done by who has it */
export function refuseHeld(progress: Progress, { step_id, assignment }: CurrentStep): void {
  if (!assignment || !progress.facts.holding || holds(progress)) return;
  const { assignee } = assignment;
  throw new DomainError(
    'step_claimed',
    `Claimed by ${assignee}: it is theirs until they release it or it is assigned to somebody else.`,
    { step_id, assignee },
  );
}

/** @throws DomainError step_delegated: who was given it to help hands it back, and the owner completes it */
export function refuseDelegate(progress: Progress, current: CurrentStep): void {
  if (!isDelegate(progress, current)) return;
  const { step_id, assignment } = current;
  throw new DomainError(
    'step_delegated',
    `${assignment?.owner} has delegated it to you: hand it back, and they complete it.`,
    { step_id, ...assignment },
  );
}

/** What completes a step, over what was saved of its form. */
export function withDraft({ form_draft }: CurrentStep, output: JsonObject): JsonObject {
  return { ...form_draft?.data, ...output };
}

/** Whether who acts has it from somebody who gets it back. */
export function isDelegate(progress: Progress, { assignment }: CurrentStep): boolean {
  return typeof assignment?.owner === 'string' && holds(progress);
}
