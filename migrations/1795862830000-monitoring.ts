import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * When the figures of a running execution are refreshed next: those under way come to it at once. And how long an
 * execution stood still between an end and a retry, which is no time of its work.
 */
export class Monitoring1795862830000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table parallel_executions
        add column monitor_at timestamptz,
        add column idle_seconds double precision not null default 0,
        no force row level security;
      update parallel_executions set monitor_at = now() where overall_status = 'running';
      alter table parallel_executions force row level security;
      create index parallel_executions_to_monitor on parallel_executions (monitor_at)
        where overall_status = 'running';`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table parallel_executions drop column idle_seconds, drop column monitor_at;`);
  }
}
