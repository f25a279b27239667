import { DomainError } from '#engine/errors';

import { entitlementFaults } from './approvals.js';
import { noteDecision } from './automatic.js';
import { askLevels, moveAfter, referenceTo, routedMove, walk } from './movement.js';
import type { Progress } from './progress.js';
import { currentStep } from './rejections.js';
import type { CommandOf } from './commands.js';
import type { CurrentStep, LevelState } from './types.js';

/**
 * One person's decision on one asked level of an approval step. The last approval completes the step; a rejection ends
 * it at once, and the instance too (outcome `rejected`) unless a rule after the step takes the case.
 */
export function decideApproval(progress: Progress, command: CommandOf<'decide_approval'>): void {
  const { current, step } = currentStep(progress, command.step_id);
  if (!current.levels) {
    throw new DomainError(
      'step_not_waiting',
      `${step.step_id} is ${step.step_type}, not an approval.`,
      {
        step_id: step.step_id,
        step_type: step.step_type,
      },
    );
  }
  const level = levelFor(current, command);
  const { decision, comment, approver, output } = command;
  progress.emit({
    type: 'approval_decided',
    ...referenceTo(current),
    level: level.level,
    decision,
    decided_by: approver.id,
    comment,
  });
  if (decision === 'approved' && !askLevels(progress)) return;
  progress.emit({
    type: 'step_completed',
    ...referenceTo(current),
    outcome: decision,
    output,
    reason: comment || null,
  });
  const ended = { step_id: step.step_id, outcome: decision };
  if (decision === 'approved') return walk(progress, moveAfter(progress, ended));
  const { move, deliberation } = routedMove(progress, ended);
  if (move) return walk(progress, move);
  noteDecision(progress, deliberation);
  progress.emit({ type: 'instance_completed', outcome: 'rejected' });
}

/** The level that this person decides on: the one they name, else the lowest asked one that they are entitled to. */
function levelFor(
  current: CurrentStep,
  { level: wanted, approver }: CommandOf<'decide_approval'>,
): LevelState {
  const levels = current.levels ?? [];
  const asked = levels.filter(
    ({ status, level }) => status === 'asked' && (wanted ?? level) === level,
  );
  if (asked.length === 0) {
    const named = levels.find(({ level }) => level === wanted);
    if (named && named.decided_by !== null) {
      throw new DomainError(
        'approval_already_given',
        `Level ${named.level} was already ${named.status} by ${named.decided_by}.`,
        { level: named.level, decision: named.status },
      );
    }
    const now = levels.filter(({ status }) => status === 'asked').map(({ level }) => level);
    throw new DomainError(
      'approval_not_asked',
      `Level ${wanted} is not asked now; asked: ${now.join(', ')}.`,
      {
        level: wanted,
        asked_levels: now,
      },
    );
  }
  const entitled = asked.find((level) => entitlementFaults(level, approver).length === 0);
  if (!entitled) {
    const reasons = asked.flatMap((level) => entitlementFaults(level, approver));
    throw new DomainError('approver_not_entitled', reasons.join(' '), {
      step_id: current.step_id,
      reasons,
    });
  }
  return entitled;
}
