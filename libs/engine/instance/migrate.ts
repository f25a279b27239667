import type { StepDefinition } from '#engine/definition';
import { DomainError } from '#engine/errors';

import { levelsOf } from './approvals.js';
import { leaveCurrent, walk } from './movement.js';
import type { Progress } from './progress.js';
import type { CommandOf, CurrentStep, LevelState } from './types.js';

/**
 * Moves an instance to another version. `progress.definition` is the version it goes to. It goes on where it stood:
 * at the same step with its work untouched, unless the step's type or its approval levels have changed or it is mapped
 * to another step; then that is entered anew. Mapped to null, nothing is left for it to do and it completes.
 *
 * @throws DomainError modification_not_applicable, when the instance stands at a step that the new version lacks
 */
export function migrate(progress: Progress, command: CommandOf<'migrate'>): void {
  const { current } = progress.state;
  const { step_mapping, from_version, to_version, reason } = command;
  const targetId = current && mapped(step_mapping, current.step_id);
  const target = targetId === null ? undefined : progress.definition.step(targetId);
  if (current && targetId !== null && !target) {
    throw new DomainError(
      'modification_not_applicable',
      `The instance stands at ${current.step_id}, which the new version does not have; map it to one that it has.`,
      { step_id: current.step_id, to_version },
    );
  }
  progress.emit({
    type: 'instance_migrated',
    from_version,
    to_version,
    from_step_id: current?.step_id ?? null,
    to_step_id: targetId,
    reason,
  });
  if (!current || (target && sameWork(progress, current, target))) return;
  leaveCurrent(progress, reason);
  walk(
    progress,
    target && {
      step_id: target.step_id,
      routed_by: 'migration',
      routed_by_id: null,
      warnings: [],
    },
  );
}

/** Whether the step that is waited at asks for the same work in the new version. */
function sameWork({ definition }: Progress, current: CurrentStep, target: StepDefinition): boolean {
  if (current.step_id !== target.step_id || current.step_type !== target.step_type) return false;
  if (current.levels === null) return true;
  const asked = (levels: readonly LevelState[]): string =>
    JSON.stringify(
      levels.map(({ level, roles, department_required, minimum_level, parallel_approval }) => [
        level,
        roles,
        department_required,
        minimum_level,
        parallel_approval,
      ]),
    );
  return asked(current.levels) === asked(levelsOf(definition, target));
}

/** Where a step's instances go: as mapped, else to the step of the same name. */
function mapped(mapping: CommandOf<'migrate'>['step_mapping'], stepId: string): string | null {
  return Object.hasOwn(mapping, stepId) ? (mapping[stepId] ?? null) : stepId;
}
