import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which task of its execution an item of a fan-out belongs to, and its place in the list. */
export class FanOut1795395215168 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'alter table task_executions add column fan_out_of varchar(100), add column item_index integer',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'alter table task_executions drop column item_index, drop column fan_out_of',
    );
  }
}
