import { fitting } from '#engine/graph';
import type { Tx } from '#persistence';

import {
  type LockedExecution,
  readNeedsByKind,
  readResourceNeeds,
  releaseChosen,
  type ReleasedTasks,
  releaseTasks,
  type ResourceNeed,
} from './progress.queries.js';

/** Ready tasks of one execution that are looked at for what fits: the first in its order. */
const LOOKED_AT = 500;
/** Where none of those fits any more: the first so many of so many kinds that need the same, until nothing fits. */
const KINDS = 500;
const OF_A_KIND = 20;

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
    released.push(...(await releaseFitting(tx, execution)));
  }
  return released;
}

async function releaseFitting(tx: Tx, execution: LockedExecution): Promise<ReleasedTasks[]> {
  const { execution_id, resource_constraints } = execution;
  const released: ReleasedTasks[] = [];
  let slots = slotsOf(execution);
  const release = async (
    needs: readonly ResourceNeed[],
  ): Promise<{ seen: number; taken: number }> => {
    const held = needs.filter(({ task_execution_id }) => task_execution_id === null);
    const ready = needs.filter(({ task_execution_id }) => task_execution_id !== null);
    const chosen = fitting(ready, held, resource_constraints, slots);
    const ids = chosen.flatMap(({ task_execution_id }) => task_execution_id ?? []);
    if (ids.length > 0) released.push(...(await releaseChosen(tx, [ids])));
    slots -= ids.length;
    return { seen: ready.length, taken: ids.length };
  };
  const first = await release(await readResourceNeeds(tx, [execution_id, LOOKED_AT]));
  let more = first.seen === LOOKED_AT;
  while (more && slots > 0) {
    const { taken } = await release(await readNeedsByKind(tx, [execution_id, KINDS, OF_A_KIND]));
    more = taken > 0;
  }
  return released;
}

const slotsOf = ({ max_concurrent_tasks, tasks_running }: LockedExecution): number =>
  max_concurrent_tasks - tasks_running;

const countsResources = ({ strategy, resource_constraints }: LockedExecution): boolean =>
  strategy === 'resource_aware' && Object.keys(resource_constraints).length > 0;
