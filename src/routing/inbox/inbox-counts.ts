import type { InboxCounts, InboxItem } from './inbox.dto.js';

/**
 * @param names of whom it is counted for
 * @param at_least there are items that were not looked at
 */
export function countsOf(
  items: readonly InboxItem[],
  names: readonly string[],
  at_least: boolean,
): InboxCounts {
  return {
    total: items.length,
    at_least,
    overdue: items.filter(({ overdue }) => overdue).length,
    assigned_to_me: items.filter(({ assignee }) => assignee !== null && names.includes(assignee))
      .length,
    by_step_type: grouped(items, ({ step_type }) => ({ step_type })),
    by_workflow: grouped(items, ({ workflow_id, workflow_name }) => ({
      workflow_id,
      workflow_name,
    })),
    by_step: grouped(items, ({ workflow_id, workflow_name, step_id, step_name }) => ({
      workflow_id,
      workflow_name,
      step_id,
      step_name,
    })),
  };
}

/** Of one workflow or step under several names, the name of the newest instance. */
function grouped<Group extends object>(
  items: readonly InboxItem[],
  groupOf: (item: InboxItem) => Group,
): (Group & { count: number })[] {
  const groups = new Map<string, Group & { count: number }>();
  for (const item of items) {
    const group = groupOf(item);
    const key = JSON.stringify(Object.entries(group).filter(([name]) => !name.endsWith('_name')));
    groups.set(key, { ...group, count: (groups.get(key)?.count ?? 0) + 1 });
  }
  return [...groups.values()].sort((one, other) => other.count - one.count);
}
