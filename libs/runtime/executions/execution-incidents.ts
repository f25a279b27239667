import { mayRunAgain } from '#engine/graph';
import { newId, type Tx, unawaited } from '#persistence';

import { isOpen, type Movement, type MovingExecution, roundOf } from './execution-movement.js';
import {
  closeIncidentsOfExecutions,
  raiseTaskIncidents,
  readFailedTasks,
} from './incidents.queries.js';

/**
 * What failed tasks mean for operators, once it is clear what becomes of their executions. A task that nothing will run again is an
 * incident while somebody can still do something about it: as long as its execution is open, and where the execution
 * does no step's work also after its end, but not when that was cancelled. The end of a step's execution closes them:
 * the instance goes on by its rules, or fails and has an incident of its own. So does the undoing of an execution.
 */
export async function settleIncidents(tx: Tx, { executions, failed }: Movement): Promise<void> {
  const ended = [...executions.values()].filter(
    (one) => one.was_open && !isOpen(one) && one.tasks_failed > 0,
  );
  const cancelled = ended.filter((one) => one.overall_status === 'cancelled');
  const ofSteps = ended.filter(
    (one) =>
      (one.step_execution_id !== null || one.compensated_by !== null) && !cancelled.includes(one),
  );
  const closed = new Set([...cancelled, ...ofSteps].map(({ execution_id }) => execution_id));
  // it ended before the rounds that were to run its failed tasks again
  const cutShort = ended.filter(
    (one) => !closed.has(one.execution_id) && mayRunAgain(roundOf(one)),
  );
  if (cancelled.length > 0) close(tx, cancelled, 'cancelled');
  if (ofSteps.length > 0) close(tx, ofSteps, 'superseded');
  const raised = [
    ...failed.filter(({ execution_id }) => !closed.has(execution_id)),
    ...(cutShort.length > 0 ? await readFailedTasks(tx, [idsOf(cutShort)]) : []),
  ];
  if (raised.length === 0) return;
  const rows = raised.map(({ task_execution_id }) => ({ incident_id: newId(), task_execution_id }));
  unawaited(tx, raiseTaskIncidents(tx, [JSON.stringify(rows)]));
}

function close(
  tx: Tx,
  executions: readonly MovingExecution[],
  status: 'cancelled' | 'superseded',
): void {
  unawaited(tx, closeIncidentsOfExecutions(tx, [idsOf(executions), status]));
}

const idsOf = (executions: readonly MovingExecution[]): string[] =>
  executions.map(({ execution_id }) => execution_id);
