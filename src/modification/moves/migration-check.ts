import type { ModificationType, StepMapping, WorkflowDefinition } from '#engine/definition';
import { type Fault, pointerTo } from '#engine/errors';
import { expressionFaults } from '#engine/expression';

import type { MigrationRequest } from './migration.dto.js';
import type { ApplyTo, Migration } from './migration-plan.js';

const AT = '/migration';
type Steps = Pick<WorkflowDefinition, 'steps'>;

/** What is wrong with `apply_to` and `migration`, whatever the definition. */
export function migrationFaults(
  { step_mapping, filter, values, in_progress, timers }: MigrationRequest,
  apply_to: ApplyTo,
  type: ModificationType,
): Fault[] {
  const moves = apply_to !== 'new_instances' && type !== 'emergency_bypass';
  const misplaced = (field: string, message: string): Fault[] => [
    { pointer: `${AT}/${field}`, code: 'misplaced_field', message },
  ];
  const unmoved = (field: string, given: boolean): Fault[] =>
    moves || !given
      ? []
      : misplaced(
          field,
          `It is about instances that are moved: send apply_to "all" or "filter" with it.`,
        );
  return [
    ...unmoved('step_mapping', Object.keys(step_mapping).length > 0),
    ...unmoved('values', Object.keys(values).length > 0),
    ...unmoved('in_progress', in_progress !== 'move'),
    ...unmoved('timers', timers !== null),
    ...filterFaults(filter, apply_to, type),
    ...Object.entries(values).flatMap(([name, source]) => {
      const pointer = pointerTo(`${AT}/values`, name);
      return typeof source === 'string'
        ? expressionFaults(source, pointer)
        : [{ pointer, code: 'is_text', message: 'A value is FEEL text.' }];
    }),
  ];
}

function filterFaults(filter: string | null, apply_to: ApplyTo, type: ModificationType): Fault[] {
  const pointer = `${AT}/filter`;
  if (apply_to === 'filter' && type === 'emergency_bypass') {
    const message = 'An emergency bypass names its instances in global_changes.';
    return [{ pointer: '/apply_to', code: 'misplaced_field', message }];
  }
  if (filter === null) {
    const message = 'apply_to "filter" needs a filter.';
    return apply_to === 'filter' ? [{ pointer, code: 'required', message }] : [];
  }
  if (apply_to === 'filter') return expressionFaults(filter, pointer);
  const message = 'A filter goes with apply_to "filter".';
  return [{ pointer, code: 'misplaced_field', message }];
}

/** What is wrong with a mapping: its keys are steps of the old definition, its values of the new one. */
export function mappingFaults(
  mapping: Record<string, unknown>,
  before: Steps,
  after: Steps,
): Fault[] {
  const known = new Set(before.steps.map((step) => step.step_id));
  const kept = new Set(after.steps.map((step) => step.step_id));
  return Object.entries(mapping).flatMap(([from, to]) => {
    const pointer = pointerTo(`${AT}/step_mapping`, from);
    const fault = (message: string): Fault[] => [{ pointer, code: 'unknown_step', message }];
    if (!known.has(from)) {
      return fault(`${JSON.stringify(from)} is no step of the version that is current now.`);
    }
    if (to === null || (typeof to === 'string' && kept.has(to))) return [];
    return fault(`${JSON.stringify(to)} is no step of the new definition; name one, or null.`);
  });
}

/** A migration without faults. */
export function migrationOf(
  { step_mapping, filter, in_progress, values, timers }: MigrationRequest,
  type: ModificationType,
): Migration {
  return {
    step_mapping: step_mapping as StepMapping,
    filter,
    in_progress,
    values: values as Record<string, string>,
    timers: timers ?? (type === 'update_timeout' ? 'recalculate' : 'keep'),
  };
}
