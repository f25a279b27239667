import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ofTenants } from './of-tenants.js';

/** What waits for people: who is asked, who has it, when it is due. One row for each running instance at such a step. */
export class WorkItems1795855194324 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table step_executions add column assignee text, add column owner text;
      create table work_items (
        instance_id uuid primary key,
        step_execution_id uuid not null,
        workflow_id uuid not null,
        step_id varchar(100) not null,
        step_type varchar(50) not null,
        roles jsonb not null,
        departments jsonb not null,
        of_any_department boolean not null,
        assignee text,
        owner text,
        entered_at timestamptz not null,
        due_at timestamptz not null
      );`);
    await runner.query(ofTenants('work_items'));
    await runner.query(`
      create index work_items_in_order on work_items (tenant_id, instance_id);
      create index work_items_by_due on work_items (tenant_id, due_at, instance_id);
      create index work_items_of_assignee on work_items (assignee, tenant_id) where assignee is not null;
      create index work_items_of_owner on work_items (owner, tenant_id) where owner is not null;`);
    // an owner who is no superuser sees the rows of all tenants only so
    await runner.query(
      FORCED.map((table) => `alter table ${table} no force row level security;`).join(''),
    );
    await runner.query(`
      insert into work_items
      select w.instance_id, s.step_execution_id, w.workflow_id, s.step_id, s.step_type,
        case when s.step_type = 'user_task' then s.required_roles
          when asked.anybody then '[]' else asked.roles end,
        coalesce(asked.departments, '[]'), coalesce(asked.of_any_department, true), null, null, s.entered_at,
        coalesce(date_trunc('milliseconds', s.due_at), '9999-12-31T00:00:00Z'), w.tenant_id
      from workflow_instances w
      join step_executions s on s.step_execution_id = (w.current_step ->> 'step_execution_id')::uuid
      cross join lateral (
        select bool_or(level -> 'roles' = '[]') as anybody,
          coalesce(jsonb_agg(distinct role) filter (where role is not null), '[]') as roles,
          jsonb_agg(distinct level ->> 'department_required') filter (where level ->> 'department_required' is not null)
            as departments,
          bool_or(level ->> 'department_required' is null) as of_any_department
        from jsonb_array_elements(case when s.step_type = 'approval' then w.current_step -> 'levels' else '[]' end) as l (level)
        left join lateral jsonb_array_elements_text(level -> 'roles') as r (role) on true
        where level ->> 'status' = 'asked') asked
      where w.status = 'running' and s.step_type in ('user_task', 'approval')
        and w.current_step -> 'awaiting' -> 'step_ended' is distinct from 'true'`);
    await runner.query(
      FORCED.map((table) => `alter table ${table} force row level security;`).join(''),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop table work_items;
      alter table step_executions drop column assignee, drop column owner;`);
  }
}

const FORCED = ['workflow_instances', 'step_executions', 'work_items'];
