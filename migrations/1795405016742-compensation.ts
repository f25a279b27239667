import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What undoes the completed tasks of an execution that failed: an execution of its own. */
export class Compensation1795405016742 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table parallel_executions
        add column compensate boolean not null default false,
        add column compensated_by varchar(100),
        add column compensating boolean not null default false,
        add column compensates varchar(100);
      alter table task_executions add column compensation jsonb`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table task_executions drop column compensation;
      alter table parallel_executions
        drop column compensates, drop column compensating, drop column compensated_by, drop column compensate`);
  }
}
