import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How many items of a fan-out go at a time, and which is next. Of executions that run, items wait for each other as before. */
export class FanOutWindows1795854596562 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table task_executions add column fan_out_concurrency integer;
      create index task_executions_items on task_executions (execution_id, fan_out_of, item_index)
        where status = 'pending' and fan_out_concurrency is not null;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table task_executions drop column fan_out_concurrency');
  }
}
