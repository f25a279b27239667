import type { StepDefinition } from '#engine/definition';
import { DomainError } from '#engine/errors';

import { hasEnded } from './movement.js';
import type { Progress } from './progress.js';
import type { CurrentStep } from './types.js';

/** The step at which the instance stands, when it is the one that is meant.
 * @throws DomainError step_not_found, step_not_current */
export function currentStep(
  { definition, state }: Progress,
  stepId: string,
  stepExecutionId?: string,
): { current: CurrentStep; step: StepDefinition } {
  const step = definition.step(stepId);
  if (!step) {
    throw new DomainError(
      'step_not_found',
      `There is no step ${stepId} in the version that this instance runs on.`,
      {
        step_id: stepId,
        version_number: definition.version_number,
      },
    );
  }
  const { current } = state;
  if (current?.step_id !== stepId) {
    throw new DomainError(
      'step_not_current',
      `The instance stands at ${current?.step_id ?? 'no step'}, not at ${stepId}.`,
      {
        step_id: stepId,
        current_step_id: current?.step_id ?? null,
      },
    );
  }
  if (hasEnded(current)) {
    const decision_id = current.awaiting?.decision_id;
    throw new DomainError(
      'decision_awaited',
      `${stepId} has ended; where the instance goes from there is for a person to choose: decision ${decision_id}.`,
      { step_id: stepId, decision_id },
    );
  }
  if (stepExecutionId !== undefined && current.step_execution_id !== stepExecutionId) {
    throw new DomainError(
      'step_not_current',
      `The instance has entered ${stepId} again since; read it and answer that entry.`,
      {
        step_id: stepId,
        step_execution_id: current.step_execution_id,
      },
    );
  }
  return { current, step };
}
