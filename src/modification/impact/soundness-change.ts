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
 * Refuses a change after which instances could come to where they cannot end as they should. Only in an emergency are
 * instances moved to where they cannot: somebody has to get them out.
 * @throws ValidationError with the way that shows it
 */
export function requireSound(
  { unsound, stranded }: { unsound: readonly Finding[]; stranded: readonly Finding[] },
  emergency: boolean,
): void {
  const faults = [
    ...faultsOf(unsound, '/workflow_modification'),
    ...(emergency ? [] : faultsOf(stranded, '/migration')),
  ];
  if (faults.length > 0) throw new ValidationError(faults);
}

function faultsOf(findings: readonly Finding[], pointer: string): Fault[] {
  return findings.flatMap(({ severity, code, message }) =>
    severity === 'error' ? [{ pointer, code, message }] : [],
  );
}
