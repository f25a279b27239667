import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Finds the next ready tasks of one execution without reading its others, however many they are. */
export class ReadyTasks1795312800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create index task_executions_unreleased on task_executions (execution_id, priority desc, ordinal)
        where status = 'ready' and released_at is null
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index task_executions_unreleased');
  }
}
