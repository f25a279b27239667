import { DomainError } from '#engine/errors';
import type { Tx } from '#persistence';

import { insertExecutions, insertMoreTasks } from './creation.queries.js';
import { executionRows, type NewExecution } from './execution-rows.js';

/** Stores new executions with all that is in them. @throws DomainError execution_exists when an id is taken */
export async function writeExecutions(tx: Tx, executions: readonly NewExecution[]): Promise<void> {
  let written: Set<string> | undefined;
  for (const portion of executionRows(executions)) {
    if (written) {
      await insertMoreTasks(tx, portion);
      continue;
    }
    const rows = await insertExecutions(tx, portion);
    written = new Set(rows.map((row) => row.execution_id));
    const taken = executions.find(({ spec }) => !written?.has(spec.execution_id));
    if (taken) throw executionExists(taken.spec.execution_id);
  }
}

function executionExists(execution_id: string): DomainError {
  return new DomainError(
    'execution_exists',
    `There is already an execution ${execution_id}; choose another id.`,
    { execution_id },
  );
}
