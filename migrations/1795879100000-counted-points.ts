import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Synchronization points count their tasks as they end, instead of looking at all of them each time, and say why they were missed. */
export class CountedPoints1795879100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table task_executions add column in_points jsonb, no force row level security;
      alter table synchronization_points
        add column tasks_required integer not null default 0, add column tasks_completed integer not null default 0,
        add column tasks_lost integer not null default 0, add column reason text, no force row level security;
      update task_executions t set in_points = required.points
      from (
        select t.task_execution_id, jsonb_agg(p.sync_point_id) as points
        from synchronization_points p
        cross join lateral (select distinct jsonb_array_elements_text(p.required_tasks) as task_id) r
        join task_executions t on t.execution_id = p.execution_id and t.tenant_id = p.tenant_id and t.task_id = r.task_id
        group by t.task_execution_id
      ) required
      where t.task_execution_id = required.task_execution_id;
      update synchronization_points p
      set tasks_required = tally.required, tasks_completed = tally.completed, tasks_lost = tally.lost
      from (
        select point::uuid as point, count(*) as required, count(*) filter (where status = 'completed') as completed,
               count(*) filter (where status in ('failed', 'skipped', 'cancelled')) as lost
        from task_executions, jsonb_array_elements_text(in_points) as point
        group by point
      ) tally
      where p.sync_point_id = tally.point;
      update synchronization_points set reason = 'it was decided before reasons were kept'
      where status in ('failed', 'timed_out')
         or status = 'reached' and failure_strategy = 'continue_partial'
            and current_completion_percentage < case
              when sync_type in ('join', 'partial_completion') then minimum_completion_percentage else 100 end;
      alter table task_executions force row level security;
      alter table synchronization_points force row level security;`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table task_executions drop column in_points;
      alter table synchronization_points
        drop column tasks_required, drop column tasks_completed, drop column tasks_lost, drop column reason;`);
  }
}
