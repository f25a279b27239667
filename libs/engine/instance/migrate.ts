import type { LevelState } from '#engine/approval';
import type { StepDefinition } from '#engine/definition';
import { DomainError } from '#engine/errors';
import type { JsonObject } from '#engine/graph';

import { levelsOf } from './approvals.js';
import { hasEnded, leaveCurrent, nextEntry, referenceTo, walk } from './movement.js';
import type { Progress } from './progress.js';
import type { CommandOf } from './commands.js';
import type { CurrentStep, InstanceState } from './types.js';

/**
 * Moves an instance to another version. `progress.definition` is the version it goes to. It goes on where it stood:
 * at the same step with its work untouched, unless the step's type or its approval levels have changed or it is mapped
 * to another step; then that is entered anew. Mapped to null, nothing is left for it to do and it completes. The values
 * given with it fill in the fields that the instance has not.
 *
 * @throws DomainError modification_not_applicable, when the instance stands at a step that the new version lacks
 */
export function migrate(progress: Progress, command: CommandOf<'migrate'>): void {
  const { current, data } = progress.state;
  const { step_mapping, from_version, to_version, reason, timers = 'keep' } = command;
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
    data: lackedBy(data, command.data ?? {}),
    timers,
  });
  const goesOn = !command.enter_anew || (current !== null && hasEnded(current));
  const stays = current && target && goesOn && sameWork(progress, current, target);
  if (!current || stays) return;
  leaveCurrent(progress, reason);
  walk(
    progress,
    target && {
      step_id: target.step_id,
      routed_by: 'migration',
      routed_by_id: null,
      warnings: [],
      branches: current.step_id === target.step_id ? current.branches : undefined,
    },
  );
}

/**
 * Takes an instance back to a state that it was in, with its data, its step and what was decided on it. Work of that
 * step that still goes on is left to go on; what was ended meanwhile is begun anew. History keeps all of it.
 */
export function restore(progress: Progress, command: CommandOf<'restore'>): void {
  const { current, step_entries } = progress.state;
  const { state, from_version, to_version, deadlines, reason } = command;
  const target = state.current;
  const stays = current !== null && target !== null && sameState(current, target);
  if (!stays) leaveCurrent(progress, reason);
  progress.emit({
    type: 'instance_restored',
    from_version,
    to_version,
    from_step_id: current?.step_id ?? null,
    to_step_id: target?.step_id ?? null,
    data: state.data,
    step_entries: undone(step_entries, state.step_entries),
    deadlines,
    ...(!stays && target && !hasEnded(target) && { replaces: target.step_execution_id }),
    reason,
  });
  if (stays || !target) return;
  putBack(progress, target);
}

/** At a step as it was stood at. One that had ended is not begun again: there a decision is awaited, as it was. */
function putBack(progress: Progress, target: CurrentStep): void {
  const { awaiting, branches, question, step_id, step_type, status, levels } = target;
  if (!hasEnded(target)) {
    progress.emit({
      type: 'step_entered',
      step_execution_id: progress.facts.newId(),
      step_id,
      entry: nextEntry(progress.state, step_id),
      step_type,
      status,
      levels,
      routed_by: 'migration',
      routed_by_id: null,
      warnings: [],
      ...(branches && { branches }),
      ...(question && { question }),
    });
    putBackWork(progress, target);
  }
  if (!awaiting) return;
  const { step_ended, ...awaited } = awaiting;
  progress.emit({
    type: 'decision_awaited',
    step_id,
    ...awaited,
    reason: 'It was awaited before.',
    judged: null,
    ended_step: step_ended ? { ...referenceTo(target), step_type } : null,
  });
}

/** Who had the step, and what they had saved. */
function putBackWork(progress: Progress, { assignment, form_draft }: CurrentStep): void {
  const { current } = progress.state;
  if (!current) return;
  const reference = referenceTo(current);
  const comment = 'As it was before.';
  if (assignment) {
    const { assignee, owner } = assignment;
    const first = owner ?? assignee;
    progress.emit({
      type: 'step_assigned',
      ...reference,
      assignee: first,
      previous: null,
      comment,
    });
    if (owner !== null) {
      progress.emit({ type: 'step_delegated', ...reference, assignee, owner, comment });
    }
  }
  if (form_draft) {
    const { data: form_data, saved_by } = form_draft;
    progress.emit({ type: 'form_data_saved', ...reference, form_data, saved_by });
  }
}

function sameState(current: CurrentStep, target: CurrentStep): boolean {
  return (
    current.step_execution_id === target.step_execution_id &&
    JSON.stringify(kept(current)) === JSON.stringify(kept(target))
  );
}

function kept({ levels, awaiting, question, assignment, form_draft }: CurrentStep): unknown[] {
  return [levels, awaiting, question, assignment, form_draft];
}

/** Entries made since then count no more; their numbers stay taken. */
function undone(
  now: InstanceState['step_entries'],
  then: InstanceState['step_entries'],
): InstanceState['step_entries'] {
  const counted = (stepId: string): boolean =>
    Object.hasOwn(then, stepId) && (then[stepId] ?? 0) > 0;
  return Object.fromEntries(
    Object.entries(now).map(([stepId, entries]) => [
      stepId,
      counted(stepId) ? Math.abs(entries) : -Math.abs(entries),
    ]),
  );
}

function lackedBy(data: JsonObject, values: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !Object.hasOwn(data, name)));
}

/** Whether the step that is waited at asks for the same work in the new version. */
function sameWork({ definition }: Progress, current: CurrentStep, target: StepDefinition): boolean {
  if (current.step_id !== target.step_id || current.step_type !== target.step_type) return false;
  if (current.levels === null) return true;
  const asked = (levels: readonly LevelState[]): string =>
    JSON.stringify(
      levels.map(
        ({ level, roles, department_required, minimum_level, parallel_approval, policy }) => [
          level,
          roles,
          department_required,
          minimum_level,
          parallel_approval,
          policy,
        ],
      ),
    );
  return asked(current.levels) === asked(levelsOf(definition, target));
}

/** Where a step's instances go: as mapped, else to the step of the same name. */
function mapped(mapping: CommandOf<'migrate'>['step_mapping'], stepId: string): string | null {
  return Object.hasOwn(mapping, stepId) ? (mapping[stepId] ?? null) : stepId;
}
