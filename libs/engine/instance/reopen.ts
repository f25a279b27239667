import { DomainError } from '#engine/errors';

import { refuseInPlaceOfOthers } from './duties.js';
import { requireForm } from './form-output.js';
import { moveAfter, nextEntry, walk } from './movement.js';
import type { Progress } from './progress.js';
import type { CommandOf } from './commands.js';

/**
 * Takes a failed instance up again at the step at which it failed: entered anew, or bypassed with an output given by
 * hand. It gets its whole limit of step entries again.
 * @throws DomainError step_not_found, own_approval, duties_not_separate
 */
export function reopen(
  progress: Progress,
  { step_id, output, branches, reason }: CommandOf<'reopen'>,
): void {
  const step = progress.definition.step(step_id);
  if (!step) {
    throw new DomainError(
      'step_not_found',
      `There is no step ${step_id} in this version of the workflow; start a new instance instead.`,
      { step_id },
    );
  }
  if (output) refuseInPlaceOfOthers(progress, step_id);
  if (output && Object.keys(output).length > 0) requireForm(progress, step_id, output);
  progress.emit({ type: 'instance_reopened', step_id, reason });
  const how = { routed_by: 'incident', routed_by_id: null, warnings: [] } as const;
  if (!output) return walk(progress, { step_id, branches, ...how });
  const reference = {
    step_execution_id: progress.facts.newId(),
    step_id,
    entry: nextEntry(progress.state, step_id),
  };
  progress.emit({
    type: 'step_entered',
    ...reference,
    ...how,
    step_type: step.step_type,
    status: 'waiting',
    levels: null,
  });
  progress.emit({ type: 'step_completed', ...reference, outcome: 'bypassed', output, reason });
  walk(progress, moveAfter(progress, { step_id, outcome: 'bypassed' }));
}
