import { fitting } from '#engine/graph';
import type { Tx } from '#persistence';

import {
  type LockedExecution,
  readResourceNeeds,
  releaseChosen,
  type ReleasedTasks,
  releaseTasks,
} from './progress.queries.js';

/** Ready tasks that are looked at for what fits, of one execution at a time. */
const LOOKED_AT = 500;

/** Hands out ready tasks of executions within their `max_concurrent_tasks`, and, where they ask for it, their resources. */
export async function releaseWithin(
  tx: Tx,
  executions: readonly LockedExecution[],
): Promise<ReleasedTasks[]> {
  const released: ReleasedTasks[] = [];
  const plain = executions.filter((execution) => !countsResources(execution));
  if (plain.length > 0) {
    released.push(
      ...(await releaseTasks(tx, [
        plain.map(({ execution_id }) => execution_id),
        plain.map(slotsOf),
        plain.map(({ strategy }) => strategy),
        plain.map(({ last_turn }) => last_turn),
      ])),
    );
  }
  for (const execution of executions.filter(countsResources)) {
    const needs = await readResourceNeeds(tx, [execution.execution_id, LOOKED_AT]);
    const held = needs.filter(({ task_execution_id }) => task_execution_id === null);
    const ready = needs.filter(({ task_execution_id }) => task_execution_id !== null);
    const chosen = fitting(ready, held, execution.resource_constraints, slotsOf(execution));
    const ids = chosen.flatMap(({ task_execution_id }) => task_execution_id ?? []);
    if (ids.length > 0) released.push(...(await releaseChosen(tx, [ids])));
  }
  return released;
}

const slotsOf = ({ max_concurrent_tasks, tasks_running }: LockedExecution): number =>
  max_concurrent_tasks - tasks_running;

const countsResources = ({ strategy, resource_constraints }: LockedExecution): boolean =>
  strategy === 'resource_aware' && Object.keys(resource_constraints).length > 0;
