import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who is next: turns between executions, free capacity of workers, resources in use (docs/parallel.md). */
export class TaskTurns1795393582590 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table task_executions
        add column strategy varchar(50) not null default 'priority_based',
        add column turn bigint not null default 0;
      alter table parallel_executions add column last_turn bigint not null default -1;
      alter table thread_management
        add column free_capacity integer,
        add column task_types jsonb not null default '[]';
      drop index task_executions_claimable;
      create index task_executions_for_us
        on task_executions (turn, priority desc, available_at, task_execution_id)
        where handler_kind = 'builtin' and status in ('ready', 'retrying') and released_at is not null;
      create index task_executions_for_workers
        on task_executions (task_type, turn, priority desc, available_at, task_execution_id)
        where handler_kind = 'worker' and status in ('ready', 'retrying') and released_at is not null;
      create index task_executions_resources on task_executions (execution_id)
        where strategy = 'resource_aware' and released_at is not null;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index task_executions_resources, task_executions_for_us, task_executions_for_workers;
      create index task_executions_claimable
        on task_executions (handler_kind, priority desc, available_at, task_execution_id)
        where status in ('ready', 'retrying') and released_at is not null;
      alter table thread_management drop column task_types, drop column free_capacity;
      alter table parallel_executions drop column last_turn;
      alter table task_executions drop column turn, drop column strategy;
    `);
  }
}
