import type { WorkflowDefinition } from '#engine/definition';
import type { Fault } from '#engine/errors';
import { checkSoundness, type Finding } from '#engine/soundness';

/** What is unsound about a definition without faults, as faults of the request; stored trees may lead anywhere. */
export function soundnessOf(definition: WorkflowDefinition): {
  faults: Fault[];
  warnings: Fault[];
} {
  const { findings } = checkSoundness(definition);
  const of = (severity: Finding['severity']): Fault[] =>
    findings
      .filter((finding) => finding.severity === severity)
      .map(({ pointer, code, message }) => ({ pointer, code, message }));
  return { faults: of('error'), warnings: of('warning') };
}
