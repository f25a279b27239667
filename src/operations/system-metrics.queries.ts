import type { EntityManager } from 'typeorm';

interface Count {
  status: string;
  count: number;
}

/** A count of a large table may take long; live figures are not worth more than this. */
const TIMEOUT_MS = 2_000;

export async function boundTime(tx: EntityManager): Promise<void> {
  await tx.query(`set local statement_timeout = ${TIMEOUT_MS}`);
}

export function countInstances(tx: EntityManager): Promise<Count[]> {
  return tx.query('select status, count(*)::int as count from workflow_instances group by status');
}

export function countExecutions(tx: EntityManager): Promise<Count[]> {
  return tx.query(
    'select overall_status as status, count(*)::int as count from parallel_executions group by overall_status',
  );
}

export function countTasks(tx: EntityManager): Promise<Count[]> {
  return tx.query('select status, count(*)::int as count from task_executions group by status');
}
