import type { StepMapping, WorkflowDefinition } from '#engine/definition';
import type { Fault } from '#engine/errors';

const AT = '/migration/step_mapping';

/** What is wrong with a mapping that a client sent: its keys are steps of the old definition, its values of the new one. */
export function mappingFaults(
  mapping: Record<string, unknown>,
  before: Pick<WorkflowDefinition, 'steps'>,
  after: Pick<WorkflowDefinition, 'steps'>,
): Fault[] {
  const known = new Set(before.steps.map((step) => step.step_id));
  const kept = new Set(after.steps.map((step) => step.step_id));
  return Object.entries(mapping).flatMap(([from, to]) => {
    const pointer = `${AT}/${from.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const fault = (message: string): Fault[] => [{ pointer, code: 'unknown_step', message }];
    if (!known.has(from)) {
      return fault(`${JSON.stringify(from)} is no step of the version that is current now.`);
    }
    if (to === null || (typeof to === 'string' && kept.has(to))) return [];
    return fault(`${JSON.stringify(to)} is no step of the new definition; name one, or null.`);
  });
}

/** A mapping without faults. */
export function mappingOf(mapping: Record<string, unknown>): StepMapping {
  return mapping as StepMapping;
}
