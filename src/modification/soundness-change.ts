import type { WorkflowDefinition } from '#engine/definition';
import { type Fault, ValidationError } from '#engine/errors';
import { checkSoundness, type Finding } from '#engine/soundness';

/** What is unsound about the new definition and was not about the old one. */
export function newFindings(before: WorkflowDefinition, after: WorkflowDefinition): Finding[] {
  const known = new Set(checkSoundness(before).findings.map(nameOf));
  return checkSoundness(after).findings.filter((finding) => !known.has(nameOf(finding)));
}

/** Pointers shift with every step that is added; what a finding is about does not. */
function nameOf({ code, subject }: Finding): string {
  return `${code} ${subject}`;
}

/**
 * Refuses a change after which instances could come to where they cannot end as they should.
 * @param unsound what is unsound about the new definition and was not before
 * @throws ValidationError with the way that shows it
 */
export function requireSound(unsound: readonly Finding[]): void {
  const faults = unsound.flatMap(({ severity, code, message }): Fault[] =>
    severity === 'error' ? [{ pointer: '/workflow_modification', code, message }] : [],
  );
  if (faults.length > 0) throw new ValidationError(faults);
}
