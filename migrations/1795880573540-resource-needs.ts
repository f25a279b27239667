import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Of a task under `resource_aware`, what it needs: one of each kind is found however many wait (docs/parallel.md). */
export class ResourceNeeds1795880573540 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table task_executions add column needs_key varchar(50);
      create index task_executions_needs on task_executions (execution_id, needs_key, priority desc, ordinal)
        where status = 'ready' and released_at is null and needs_key is not null;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table task_executions drop column needs_key');
  }
}
