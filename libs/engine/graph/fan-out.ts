import type { Fault } from '#engine/errors';
import {
  compile,
  expressionFaults,
  ExpressionLimitError,
  isReservedWord,
  toJson,
} from '#engine/expression';

import type {
  ForEach,
  GatherHandler,
  JsonObject,
  TaskDefinition,
  TaskGraphDefinition,
} from './types.js';

/** Items of all lists together: what one execution can hold, and one transaction write. */
export const MAX_ITEMS = 100_000;
/** `:99999` has to fit behind it. */
const LONGEST_TASK_ID = 94;
/** What the expressions of a handler see beside the data: its task's `input_data`, and the results of dependencies. */
const TAKEN = new Set(['input', 'results']);

export const itemId = (task_id: string, index: number): string => `${task_id}:${index}`;

/** What is wrong with the `for_each` of these tasks. Pointers begin with `/tasks`. */
export function fanOutFaults(tasks: readonly TaskDefinition[]): Fault[] {
  const templates = new Set(tasks.flatMap(({ task_id, for_each }) => (for_each ? [task_id] : [])));
  return tasks.flatMap(({ task_id, for_each }, index): Fault[] => {
    const place = /^(.+):\d+$/.exec(task_id)?.[1];
    if (place !== undefined && templates.has(place)) {
      const message = `Items of ${JSON.stringify(place)} are named so; choose another task_id.`;
      return [{ pointer: `/tasks/${index}/task_id`, code: 'duplicate_task_id', message }];
    }
    if (!for_each) return [];
    const at = `/tasks/${index}/for_each`;
    const faults = [
      ...expressionFaults(for_each.items, `${at}/items`),
      ...nameFaults(for_each, at),
    ];
    if (task_id.length <= LONGEST_TASK_ID) return faults;
    const message = `The task_id of a fan-out has at most ${LONGEST_TASK_ID} characters: its items are named after it.`;
    return [...faults, { pointer: `/tasks/${index}/task_id`, code: 'out_of_range', message }];
  });
}

/** An item and its place need names of their own, and such as an expression can say. */
function nameFaults({ item_name, index_name }: ForEach, at: string): Fault[] {
  const faults = Object.entries({ item_name, index_name }).flatMap(([field, name]): Fault[] => {
    if (!TAKEN.has(name) && !isReservedWord(name)) return [];
    const message = `In expressions ${JSON.stringify(name)} means something else; choose another ${field}.`;
    return [{ pointer: `${at}/${field}`, code: 'reserved_name', message }];
  });
  if (item_name !== index_name) return faults;
  const message = `The item is already called ${JSON.stringify(item_name)}; call its place otherwise.`;
  return [...faults, { pointer: `${at}/index_name`, code: 'duplicate_name', message }];
}

/**
 * The graph with a task for each item in the place of every task with `for_each`, and that task itself as the one that
 * gathers their results: it depends on all of them, and what depended on it still does. Its own dependencies are now the
 * items'. With `max_concurrency` so many items are ready or in hand at a time; when one ends, the next in order follows.
 *
 * A list that is none, or with which the items are more than `MAX_ITEMS`, makes a task that fails and says why.
 */
export function expandFanOuts(graph: TaskGraphDefinition, data: JsonObject): TaskGraphDefinition {
  if (!graph.tasks.some(({ for_each }) => for_each)) return graph;
  let made = 0;
  const tasks = graph.tasks.flatMap((task) => {
    if (!task.for_each) return [task];
    const list = listOf(task.for_each.items, data, made);
    if (typeof list !== 'string') made += list.length;
    return expand(task, task.for_each, list);
  });
  return { ...graph, tasks };
}

/** @param list the items, or why there are none */
function expand(
  { for_each: _, ...template }: TaskDefinition,
  each: ForEach,
  list: readonly unknown[] | string,
): TaskDefinition[] {
  const gather = (handler: GatherHandler, dependencies: string[]): TaskDefinition => ({
    ...template,
    dependencies,
    handler,
    compensation: null,
    max_retry_attempts: Math.max(template.max_retry_attempts, 1),
  });
  if (typeof list === 'string') {
    return [gather({ type: 'gather', tolerated: 0, fault: list }, template.dependencies)];
  }
  const items = list.map((item, index): TaskDefinition => {
    const own = { [each.item_name]: item, [each.index_name]: index };
    return {
      ...template,
      task_id: itemId(template.task_id, index),
      input_data: { ...template.input_data, ...own },
      item: {
        of: template.task_id,
        index,
        concurrency: each.max_concurrency ?? null,
        data: own,
      },
    };
  });
  const tolerated = toleratedOf(each, list.length);
  if (items.length === 0) {
    return [gather({ type: 'gather', tolerated }, template.dependencies)];
  }
  return [
    ...items,
    gather(
      { type: 'gather', tolerated },
      items.map(({ task_id }) => task_id),
    ),
  ];
}

/** Whether a task is ready where nothing of its execution has begun: it waits for no other, and no item before it. */
export function beginsReady({
  dependencies,
  item,
}: Pick<TaskDefinition, 'dependencies' | 'item'>): boolean {
  return dependencies.length === 0 && (!item || item.index < (item.concurrency ?? Infinity));
}

/** The larger of the two that are given; the epsilon absorbs what 100ths lose in binary (see `neededTasks`). */
function toleratedOf(each: ForEach, items: number): number {
  const share = ((each.tolerated_failure_percentage ?? 0) * items) / 100;
  return Math.max(each.tolerated_failures ?? 0, Math.floor(share + 1e-9));
}

/** The items, or what is wrong. @param made the items of other lists */
function listOf(expression: string, data: JsonObject, made: number): unknown[] | string {
  try {
    const { value } = toJson(compile(expression).evaluate(data).value);
    if (!Array.isArray(value)) {
      const shown = JSON.stringify(value)?.slice(0, 200).toWellFormed();
      return `for_each gave no list but ${shown}.`;
    }
    if (made + value.length > MAX_ITEMS) {
      const others = made === 0 ? '' : `, beside ${made} of other lists`;
      return `for_each gave ${value.length} items${others}; at most ${MAX_ITEMS} can be.`;
    }
    return value;
  } catch (error) {
    if (error instanceof ExpressionLimitError) {
      return `for_each could not make its list: ${error.message}. Make it shorter, or of ids alone.`;
    }
    throw error;
  }
}

export interface ItemEnd {
  output_data: JsonObject | null;
  /** Null of one that succeeded. */
  error_message: string | null;
}

/** What a fan-out returns: results in the order of the list (null where an item failed), and what failed. */
export function gathered(ends: readonly ItemEnd[]): {
  results: (JsonObject | null)[];
  failed: { index: number; error: string }[];
} {
  return {
    results: ends.map(({ output_data, error_message }) =>
      error_message === null ? output_data : null,
    ),
    failed: ends.flatMap(({ error_message }, index) =>
      error_message === null ? [] : [{ index, error: error_message }],
    ),
  };
}
