import { type Approver, type LevelState } from '#engine/approval';
import type { CompiledDefinition, StepDefinition } from '#engine/definition';
import type { JsonObject } from '#engine/graph';
import { routingContext, tryCondition } from '#engine/routing';

/**
 * The levels that an approval step asks: those whose `role_required` is among its `required_roles` and all above
 * them; when none matches, every level. A workflow without a hierarchy asks once, anybody with one of the roles.
 */
export function levelsOf(definition: CompiledDefinition, step: StepDefinition): LevelState[] {
  const { levels } = definition;
  if (levels.length === 0) {
    return [
      {
        level: 1,
        roles: step.required_roles,
        department_required: null,
        minimum_level: 1,
        parallel_approval: false,
        status: 'pending',
        decided_by: null,
        bypassed_by: null,
      },
    ];
  }
  const lowest = levels.findIndex((level) => step.required_roles.includes(level.role_required));
  return levels.slice(Math.max(lowest, 0)).map((level) => ({
    level: level.level,
    roles: [level.role_required],
    department_required: level.department_required,
    minimum_level: level.minimum_level,
    parallel_approval: level.parallel_approval,
    status: 'pending',
    decided_by: null,
    bypassed_by: null,
    ...(level.policy && { policy: level.policy, votes: [] }),
  }));
}

/** The bypass condition of a level that holds on the instance's data; undefined when the level has to be asked. */
export function bypassOf(
  { levels }: Pick<CompiledDefinition, 'levels'>,
  { level }: LevelState,
  data: JsonObject,
  now: number,
): string | undefined {
  const context = routingContext({ workflow_data: data });
  return levels
    .find((known) => known.level === level)
    ?.bypasses.find(({ condition }) => tryCondition(condition, context, now).matched)?.source;
}

/** Levels to ask next: nothing while one is still asked; else the lowest pending, with its successor while it is `parallel_approval`. */
export function nextToAsk(levels: readonly LevelState[]): LevelState[] {
  if (levels.some((level) => level.status === 'asked')) return [];
  const pending = levels.filter((level) => level.status === 'pending');
  const alone = pending.findIndex((level) => !level.parallel_approval);
  return alone === -1 ? pending : pending.slice(0, alone + 1);
}

/** Why this person may not decide on this level; empty when they may. Each entry is a sentence. */
export function entitlementFaults(level: LevelState, approver: Approver): string[] {
  const faults: string[] = [];
  if (level.roles.length > 0 && !level.roles.some((role) => approver.roles.includes(role))) {
    faults.push(`Level ${level.level} needs the role ${level.roles.join(' or ')}.`);
  }
  if (level.department_required !== null && approver.department !== level.department_required) {
    faults.push(
      `Level ${level.level} needs somebody of the department ${level.department_required}.`,
    );
  }
  if (level.minimum_level > 1 && (approver.management_level ?? 0) < level.minimum_level) {
    faults.push(`Level ${level.level} needs management level ${level.minimum_level} or higher.`);
  }
  return faults;
}
