import { compensationGraph, isUndone } from '#engine/graph';
import { newId, type Tx, unawaited } from '#persistence';

import { endCompensating, readToUndo } from './compensation.queries.js';
import { isOpen, type Movement } from './execution-movement.js';
import { writeExecutions } from './execution-writes.js';

/**
 * What ends here and is to be undone gets, in the same transaction, an execution of its own that does so
 * (`compensationGraph`): durable, retried and listed as any. It belongs to no instance, so that the end of that does not
 * end it. Admission hears of it by the end of the one that it undoes.
 *
 * The step of an execution that is being undone waits: until all is undone, or somebody gives that up.
 */
export async function settleCompensation(tx: Tx, movement: Movement): Promise<void> {
  const ended = [...movement.executions.values()].filter((one) => one.was_open && !isOpen(one));
  const released: string[] = [];
  for (const { compensates, execution_id, overall_status } of ended) {
    if (compensates === null) continue;
    movement.record(compensates, 'compensation_ended', null, { execution_id, overall_status });
    if (overall_status !== 'failed') released.push(compensates);
  }
  if (released.length > 0) unawaited(tx, endCompensating(tx, [released]));
  const failed = ended
    .filter((one) => isUndone(one.compensate, one.overall_status) && one.tasks_completed > 0)
    .map(({ execution_id }) => execution_id);
  if (failed.length === 0) return;
  for (const { execution_id, tasks, ...spec } of await readToUndo(tx, [failed])) {
    const graph = compensationGraph(tasks);
    const execution = movement.executions.get(execution_id);
    if (!graph || !execution) continue;
    const compensated_by = newId();
    execution.compensated_by = compensated_by;
    const apart = { instance_id: null, step_execution_id: null, step_id: null };
    const undoing = { ...spec, ...apart, execution_id: compensated_by, compensates: execution_id };
    await writeExecutions(tx, [{ spec: { ...undoing, graph }, beginning: 'waiting', told: false }]);
    movement.record(execution_id, 'compensation_started', null, {
      execution_id: compensated_by,
      tasks: graph.tasks.length,
    });
  }
}
