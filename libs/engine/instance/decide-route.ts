import { DomainError } from '#engine/errors';

import { refuseInPlaceOfOthers } from './duties.js';
import { escalate } from './escalate.js';
import { moveAfter, referenceTo, walk } from './movement.js';
import type { Progress } from './progress.js';
import { currentStep } from './rejections.js';
import type { CommandOf } from './commands.js';

/**
 * A routing decision carried out (contract.md §67): `route_to_step` and `parallel_process` go to the target,
 * `auto_approve` ends the step as approved and goes on (to the target, where one is named), `reject` ends the instance
 * as rejected, `escalate` goes to the target, or without one escalates the step in
 * place: an approval asks its next level as well.
 * @throws DomainError step_not_found, step_not_current, own_approval, duties_not_separate
 */
export function decideRoute(progress: Progress, command: CommandOf<'route'>): void {
  const { current } = currentStep(progress, command.from_step_id);
  const reference = referenceTo(current);
  const { target_step_id, reason, decision_id, branches } = command;
  if (target_step_id !== null && !progress.definition.step(target_step_id)) {
    throw new DomainError(
      'step_not_found',
      `The decision leads to ${target_step_id}, which is no step of this workflow.`,
      {
        step_id: target_step_id,
      },
    );
  }
  if (command.held) {
    return progress.emit({
      type: 'decision_awaited',
      step_id: command.from_step_id,
      decision_id,
      action: command.action,
      target_step_id,
      ...(branches && { branches }),
      reason,
      judged: null,
      ended_step: null,
    });
  }
  if (command.action === 'escalate' && target_step_id === null) {
    const { step_execution_id } = current;
    return escalate(progress, { type: 'escalate', step_execution_id, reason });
  }
  refuseInPlaceOfOthers(progress, command.from_step_id);
  const outcome =
    command.action === 'auto_approve'
      ? 'approved'
      : command.action === 'reject'
        ? 'rejected'
        : 'routed';
  progress.emit({ type: 'step_completed', ...reference, outcome, output: {}, reason });
  if (target_step_id !== null) {
    return walk(progress, {
      step_id: target_step_id,
      routed_by: 'decision',
      routed_by_id: decision_id,
      warnings: [],
      branches,
    });
  }
  if (command.action === 'reject') {
    return progress.emit({ type: 'instance_completed', outcome: 'rejected' });
  }
  walk(progress, moveAfter(progress, { step_id: command.from_step_id, outcome }));
}
