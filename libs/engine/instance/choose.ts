import type { Approver } from '#engine/approval';
import { approvalsBetween } from '#engine/definition';
import { DomainError } from '#engine/errors';
import type { Branch } from '#engine/routing';

import { levelsOf } from './approvals.js';
import { decideRoute } from './decide-route.js';
import { keepApart, refuseOwnApproval, related } from './duties.js';
import { walk } from './movement.js';
import type { Progress } from './progress.js';
import type { CommandOf } from './commands.js';
import type { CurrentStep } from './types.js';

/**
 * A person's choice of where the instance goes from the step at which it awaits a decision: as was decided, or to
 * another step. Nobody chooses of their own request; who moves no instances otherwise, only where the step is for them,
 * and past no approval.
 *
 * @throws DomainError decision_not_awaited, step_not_found, own_approval, duties_not_separate, approver_not_entitled
 */
export function choose(progress: Progress, command: CommandOf<'choose'>): void {
  const { current } = progress.state;
  const { decision_id, comment } = command;
  if (!current?.awaiting || current.awaiting.decision_id !== decision_id) {
    throw new DomainError(
      'decision_not_awaited',
      'The instance does not wait for this decision: somebody has chosen, or it has gone on otherwise.',
      { decision_id, awaited_decision_id: current?.awaiting?.decision_id ?? null },
    );
  }
  const { awaiting, step_id } = current;
  const target_step_id = command.target_step_id ?? awaiting.target_step_id;
  const confirmed = target_step_id === awaiting.target_step_id;
  const branches = confirmed ? awaiting.branches : undefined;
  if (target_step_id !== null && !progress.definition.step(target_step_id)) {
    throw new DomainError(
      'step_not_found',
      `There is no step ${target_step_id} in the version that this instance runs on.`,
      { step_id: target_step_id },
    );
  }
  refuseOwnApproval(progress, step_id);
  keepApart(progress, step_id);
  if (command.performer) {
    refuseUnlessFor(progress, current, command.performer);
    if (!confirmed) refusePastApprovals(progress, step_id, target_step_id);
  }
  progress.emit({
    type: 'decision_chosen',
    step_id,
    decision_id,
    target_step_id,
    confirmed,
    comment,
  });
  if (!awaiting.step_ended) {
    return decideRoute(progress, {
      type: 'route',
      action: confirmed ? awaiting.action : 'route_to_step',
      from_step_id: step_id,
      target_step_id,
      decision_id,
      branches,
      reason: comment || 'A person chose.',
    });
  }
  goOn(progress, { decision_id, target_step_id, branches });
}

/** From a step that has ended to where a decision leads; null: to the end. */
export function goOn(
  progress: Progress,
  decided: {
    decision_id: string;
    target_step_id: string | null;
    branches?: readonly Branch[] | undefined;
  },
): void {
  const { decision_id: routed_by_id, target_step_id: step_id, branches } = decided;
  walk(
    progress,
    step_id === null
      ? undefined
      : { step_id, routed_by: 'decision', routed_by_id, warnings: [], branches },
  );
}

/** @throws DomainError approver_not_entitled */
function refuseUnlessFor(
  progress: Progress,
  { step_id, levels }: CurrentStep,
  performer: Approver,
): void {
  const step = progress.definition.step(step_id);
  if (!step) return;
  if (levels) {
    const message = `${step_id} is an approval: approve or reject it. Only an operator chooses past it.`;
    throw new DomainError('approver_not_entitled', message, { step_id });
  }
  const roles =
    step.step_type === 'approval'
      ? levelsOf(progress.definition, step).flatMap((level) => level.roles)
      : step.required_roles;
  const own = related(progress, performer).roles;
  if (roles.length === 0 || roles.some((role) => own.includes(role))) return;
  const message = `To choose at ${step_id} needs somebody with the role ${roles.join(' or ')}.`;
  throw new DomainError('approver_not_entitled', message, { step_id, required_roles: roles });
}

/** @throws DomainError approver_not_entitled */
function refusePastApprovals(
  { definition, state }: Progress,
  from: string,
  target: string | null,
): void {
  const passed = approvalsBetween(definition.steps, from, target).filter(
    (step_id) => (state.step_entries[step_id] ?? 0) <= 0,
  );
  if (passed.length === 0) return;
  const message = `That would pass over the approval ${passed.join(', ')}, which only an operator may.`;
  throw new DomainError('approver_not_entitled', message, { step_id: from, passed });
}
