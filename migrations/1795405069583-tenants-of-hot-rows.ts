import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is written with every step, and looked up by its key. */
const HOT = [
  'workflow_instances',
  'step_executions',
  'instance_events',
  'parallel_executions',
  'task_executions',
  'task_dependencies',
  'synchronization_points',
  'execution_events',
];

/**
 * The policy of these tables is a condition that serves no index: with one that did, PostgreSQL read all rows of a tenant
 * where it was to look up a hundred, as long as it took the table for small. What goes through an index by tenant names
 * the tenant itself.
 */
export class TenantsOfHotRows1795405069583 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(policies('is not distinct from'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(policies('='));
  }
}

const policies = (equals: string): string =>
  HOT.map(
    (table) => `alter policy tenant on ${table}
      using (tenant_id ${equals} present_tenant()) with check (tenant_id ${equals} present_tenant());`,
  ).join('\n');
