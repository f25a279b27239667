import { certaintySentences, isTooUncertain } from '#engine/routing';

import type { Progress } from './progress.js';
import type { DecidedMove, InstanceEvent } from './types.js';

type Ending = Extract<InstanceEvent, { type: 'step_completed' | 'step_failed' | 'step_skipped' }>;

/**
 * Notes a move that a rule or a tree decided, in a workflow that asks for a minimum of confidence. True: it is less
 * certain than that, so the instance waits at the step that has ended until a person chooses.
 */
export function leftToAPerson(progress: Progress, move: DecidedMove | undefined): boolean {
  const { certainty, newId } = progress.facts;
  const ended = progress.events.findLast(isEnding);
  if (!certainty || !move || !ended) return false;
  const { step_id, step_execution_id, entry } = ended;
  const confidence = certainty.confidenceIn(move, progress.state.data);
  const decision_id = newId();
  const judged = { ...move, confidence };
  if (!isTooUncertain(confidence, certainty.minimum)) {
    progress.emit({ type: 'decision_taken', step_id, decision_id, judged });
    return false;
  }
  const step_type = progress.definition.step(step_id)?.step_type ?? 'user_task';
  progress.emit({
    type: 'decision_awaited',
    step_id,
    decision_id,
    action: 'route_to_step',
    target_step_id: move.target_step_id,
    reason: certaintySentences(confidence, certainty.minimum).join(' '),
    judged,
    ended_step: { step_execution_id, step_id, entry, step_type },
  });
  return true;
}

function isEnding(event: InstanceEvent): event is Ending {
  return (
    event.type === 'step_completed' || event.type === 'step_failed' || event.type === 'step_skipped'
  );
}
