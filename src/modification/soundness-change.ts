import type { WorkflowDefinition } from '#engine/definition';
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
