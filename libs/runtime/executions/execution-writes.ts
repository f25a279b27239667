import { DomainError } from '#engine/errors';
import { type Tx, unawaited } from '#persistence';

import { insertCompletedTasks, insertEnded, insertOwnEnded } from './at-once.queries.js';
import { completedTaskRows, type EndedExecution, endedRows, ofOneGraph } from './at-once-rows.js';
import { insertExecutions, insertMoreTasks } from './creation.queries.js';
import { executionRows, type NewExecution } from './execution-rows.js';

/** Stores new executions with all that is in them. @throws DomainError execution_exists when an id is taken */
export async function writeExecutions(tx: Tx, executions: readonly NewExecution[]): Promise<void> {
  await writeEnded(tx, executions.filter(isEnded));
  await writeOpen(
    tx,
    executions.filter((execution) => !isEnded(execution)),
  );
}

const isEnded = (execution: NewExecution): execution is EndedExecution =>
  typeof execution.beginning === 'object';

async function writeEnded(tx: Tx, executions: readonly EndedExecution[]): Promise<void> {
  if (executions.length === 0) return;
  const groups = ofOneGraph(executions);
  const rows = endedRows(groups);
  // those of steps have ids of ours
  if (executions.every(({ told }) => told)) unawaited(tx, insertOwnEnded(tx, [rows]));
  else refuseTaken(executions, await insertEnded(tx, [rows]));
  for (const tasks of completedTaskRows(groups)) unawaited(tx, insertCompletedTasks(tx, [tasks]));
}

async function writeOpen(tx: Tx, executions: readonly NewExecution[]): Promise<void> {
  if (executions.length === 0) return;
  let first = true;
  for (const portion of executionRows(executions)) {
    if (first) refuseTaken(executions, await insertExecutions(tx, portion));
    else await insertMoreTasks(tx, portion);
    first = false;
  }
}

/** @throws DomainError execution_exists where one of them has not been written */
function refuseTaken(
  executions: readonly NewExecution[],
  rows: readonly { execution_id: string }[],
): void {
  const written = new Set(rows.map(({ execution_id }) => execution_id));
  const taken = executions.find(({ spec }) => !written.has(spec.execution_id));
  if (taken) throw executionExists(taken.spec.execution_id);
}

function executionExists(execution_id: string): DomainError {
  return new DomainError(
    'execution_exists',
    `There is already an execution ${execution_id}; choose another id.`,
    { execution_id },
  );
}
