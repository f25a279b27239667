import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How a task is tried again, where it says so, and since when it is tried. */
export class RetryPolicies1795393567903 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table task_executions add column retry_policy jsonb, add column first_started_at timestamptz;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'alter table task_executions drop column retry_policy, drop column first_started_at',
    );
  }
}
