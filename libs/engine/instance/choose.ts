import { DomainError } from '#engine/errors';
import type { Branch } from '#engine/routing';

import { decideRoute } from './decide-route.js';
import { walk } from './movement.js';
import type { Progress } from './progress.js';
import type { CommandOf } from './commands.js';

/**
 * A person's choice of where the instance goes from the step at which it awaits a decision: as was decided, or to
 * another step.
 *
 * @throws DomainError decision_not_awaited, step_not_found
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
