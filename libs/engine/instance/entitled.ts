import type { Approver } from '#engine/approval';
import { DomainError } from '#engine/errors';

import { deciding } from './decide-approval.js';
import { keepApart, refuseSecondVote } from './duties.js';
import { isDelegate, refuseUnlessTask, refuseWithoutRole } from './holding.js';
import type { Progress } from './progress.js';
import { currentStep } from './rejections.js';
import type { CurrentStep } from './types.js';

/**
 * The step at which the instance stands, where this person may work on it whoever has it: a task needs one of its
 * roles, an approval a level that they may decide on, and both that their duties are apart.
 * @param vouched their roles are believed
 * @throws DomainError step_not_found, step_not_current, step_not_waiting, not_substitute, approver_not_entitled,
 *   approval_not_asked, approval_already_given, own_approval, duties_not_separate
 */
export function entitled(
  progress: Progress,
  { step_id, step_execution_id }: { step_id: string; step_execution_id?: string },
  person: Approver,
  vouched: boolean,
): CurrentStep {
  const { current, step } = currentStep(progress, step_id, step_execution_id);
  if (current.levels) {
    const { level } = deciding(progress, { step_id, approver: person });
    if (level.policy) refuseSecondVote(progress, level.level);
    return current;
  }
  refuseUnlessTask(step);
  if (person.on_behalf_of) {
    throw new DomainError(
      'not_substitute',
      'A substitute decides approvals, and does no tasks in somebody’s name.',
      { step_id },
    );
  }
  if (!vouched && !isDelegate(progress, current)) refuseWithoutRole(step, person);
  keepApart(progress, step_id);
  return current;
}
