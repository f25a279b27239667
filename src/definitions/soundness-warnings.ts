import type { WorkflowDefinition } from '#engine/definition';
import type { Fault } from '#engine/errors';
import { checkSoundness } from '#engine/soundness';

/** What is unsound about a definition without faults, each with the way that shows it; stored trees may lead anywhere. */
export function soundnessWarnings(definition: WorkflowDefinition): Fault[] {
  return checkSoundness(definition).findings.map(({ pointer, code, message }) => ({
    pointer,
    code,
    message,
  }));
}
