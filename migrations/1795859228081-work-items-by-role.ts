import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where one role alone is asked it stands in a column of its own: an index over it serves under row-level security. */
export class WorkItemsByRole1795859228081 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table work_items add column role text, no force row level security;
      update work_items set role = roles ->> 0 where jsonb_array_length(roles) = 1;
      alter table work_items force row level security;
      drop index work_items_in_order, work_items_by_due;
      create index work_items_of_role on work_items (tenant_id, role, instance_id);
      create index work_items_of_role_by_due on work_items (tenant_id, role, due_at, instance_id);`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table work_items drop column role;
      create index work_items_in_order on work_items (tenant_id, instance_id);
      create index work_items_by_due on work_items (tenant_id, due_at, instance_id);`);
  }
}
