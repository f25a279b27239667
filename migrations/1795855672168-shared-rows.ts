import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Events of one execution and one moment may share a row: the first is the row's own, the others are a list in
 * `following` and have the ids after its own. So ids are given out in steps of 1,000.
 *
 * Synchronization points are written by the statement that has made their execution, as tasks are: no look-up for each.
 */
export class SharedRows1795855672168 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table execution_events add column following jsonb;
      alter table execution_events alter column event_id set increment by 1000;
      alter table synchronization_points drop constraint synchronization_points_execution_id_tenant_id_fkey;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table synchronization_points add foreign key (execution_id, tenant_id)
        references parallel_executions (execution_id, tenant_id) on delete cascade;
      alter table execution_events no force row level security;
      insert into execution_events
        (execution_id, event_id, event_type, task_id, payload, occurred_at, tenant_id)
        overriding system value
        select e.execution_id, e.event_id + f.place, f.event_type, f.task_id, coalesce(f.payload, '{}'), e.occurred_at,
               e.tenant_id
        from execution_events e, rows from (jsonb_to_recordset(e.following) as (
          event_type text, task_id text, payload jsonb)) with ordinality as f (event_type, task_id, payload, place);
      alter table execution_events force row level security, drop column following;
      alter table execution_events alter column event_id set increment by 1;
    `);
  }
}
