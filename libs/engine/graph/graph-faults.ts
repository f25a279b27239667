import type { Fault } from '#engine/errors';
import { expressionFaults } from '#engine/expression';

import { compensationFaults } from './compensation.js';
import { fanOutFaults } from './fan-out.js';
import { handlerFaults } from './handler-faults.js';
import { cycles } from './order.js';
import { amountFaults } from './resources.js';
import type { CheckedGraph, SynchronizationPointDefinition, TaskDefinition } from './types.js';

/** Cycles that one answer names; who has more has made them by a rule, and sees it from these. */
const TOLD_CYCLES = 20;

/**
 * Everything that is wrong with a task graph whose fields have the right types; empty when it can run. Pointers are
 * those of a `parallel/execute` body, or relative to a step's `parallel` object.
 */
export function graphFaults(graph: CheckedGraph): Fault[] {
  const taskIds = new Map(graph.tasks.map((task, index) => [task.task_id, index]));
  return [
    ...duplicates(graph.tasks, 'task_id', '/tasks'),
    ...duplicates(graph.synchronization_points, 'sync_id', '/synchronization_points'),
    ...graph.tasks.flatMap((task, index) => taskFaults(task, `/tasks/${index}`, taskIds)),
    ...fanOutFaults(graph.tasks),
    ...amountFaults(graph),
    ...cycleFaults(graph.tasks, taskIds),
    ...graph.synchronization_points.flatMap((point, index) =>
      pointFaults(point, `/synchronization_points/${index}`, taskIds),
    ),
  ];
}

function duplicates<Key extends 'task_id' | 'sync_id'>(
  items: readonly Record<Key, string>[],
  key: Key,
  at: string,
): Fault[] {
  const first = new Map<string, number>();
  return items.flatMap((item, index) => {
    const id = item[key];
    const earlier = first.get(id);
    if (earlier === undefined) {
      first.set(id, index);
      return [];
    }
    return [
      {
        pointer: `${at}/${index}/${key}`,
        code: `duplicate_${key}`,
        message: `${key} ${JSON.stringify(id)} is already used at ${at}/${earlier}; give each its own.`,
      },
    ];
  });
}

function taskFaults(
  task: TaskDefinition,
  at: string,
  taskIds: ReadonlyMap<string, number>,
): Fault[] {
  return [
    ...unknownTasks(task.dependencies, `${at}/dependencies`, taskIds),
    ...(task.handler ? handlerFaults(task.handler, `${at}/handler`) : []),
    ...compensationFaults(task, at),
  ];
}

function unknownTasks(
  ids: readonly string[],
  at: string,
  taskIds: ReadonlyMap<string, number>,
): Fault[] {
  return ids.flatMap((id, index) =>
    taskIds.has(id)
      ? []
      : [
          {
            pointer: `${at}/${index}`,
            code: 'unknown_task',
            message: `${JSON.stringify(id)} is none of the tasks; name the task_id of one of them.`,
          },
        ],
  );
}

function cycleFaults(
  tasks: readonly TaskDefinition[],
  taskIds: ReadonlyMap<string, number>,
): Fault[] {
  const found = cycles(tasks);
  const faults = found.slice(0, TOLD_CYCLES).map((members): Fault => {
    const [first = ''] = members;
    return {
      pointer: `/tasks/${taskIds.get(first) ?? 0}/dependencies`,
      code: 'dependency_cycle',
      message: `The tasks wait for each other in a circle: ${[...members, first].join(' → ')}; take one dependency away.`,
    };
  });
  const more = found.length - faults.length;
  if (more === 0) return faults;
  const message = `Further ${more} groups of tasks wait for each other in circles; mend those that are named here first.`;
  return [...faults, { pointer: '/tasks', code: 'dependency_cycle', message }];
}

function pointFaults(
  point: SynchronizationPointDefinition,
  at: string,
  taskIds: ReadonlyMap<string, number>,
): Fault[] {
  const faults = unknownTasks(point.required_tasks, `${at}/required_tasks`, taskIds);
  const expression = point.condition_expression;
  const pointer = `${at}/condition_expression`;
  if (point.sync_type !== 'conditional_join') {
    if (expression === null || expression === undefined) return faults;
    return [
      ...faults,
      {
        pointer,
        code: 'misplaced_field',
        message:
          'condition_expression belongs to a conditional_join; take it away or change sync_type.',
      },
    ];
  }
  if (expression === null || expression === undefined) {
    return [
      ...faults,
      {
        pointer,
        code: 'required',
        message: 'A conditional_join needs a condition_expression over the results of its tasks.',
      },
    ];
  }
  return [...faults, ...expressionFaults(expression, pointer)];
}
