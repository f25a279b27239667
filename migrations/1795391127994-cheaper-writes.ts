import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Child, column, parent: written only by statements that have made or locked the parent (see docs/decisions). */
const CHECKED_BY_THE_STATEMENT = [
  ['execution_events', 'execution_id', 'parallel_executions on delete cascade'],
  ['task_executions', 'execution_id', 'parallel_executions on delete cascade'],
  ['task_dependencies', 'execution_id', 'parallel_executions on delete cascade'],
  ['instance_events', 'instance_id', 'workflow_instances'],
  ['step_executions', 'instance_id', 'workflow_instances'],
] as const;

/** A step of an instance then changes no index of its row, and no row is looked up again for a check. */
export class CheaperWrites1795391127994 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const [table, column] of CHECKED_BY_THE_STATEMENT) {
      await runner.query(`alter table ${table} drop constraint ${table}_${column}_fkey`);
    }
    await runner.query(`
      drop index step_executions_open, workflow_instances_open, parallel_executions_of_step, execution_events_in_order;
      create index workflow_instances_open on workflow_instances (workflow_id, version_number)
        where status in ('running', 'suspended');
      alter table execution_events drop constraint execution_events_pkey,
        add constraint execution_events_pkey primary key (execution_id, event_id);
      alter table workflow_instances set (fillfactor = 70);
      alter table step_executions set (fillfactor = 80);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table workflow_instances reset (fillfactor);
      alter table step_executions reset (fillfactor);
      alter table execution_events drop constraint execution_events_pkey, add primary key (event_id);
      drop index workflow_instances_open;
      create index execution_events_in_order on execution_events (execution_id, event_id);
      create index parallel_executions_of_step on parallel_executions (step_execution_id)
        where step_execution_id is not null;
      create index workflow_instances_open on workflow_instances (workflow_id, version_number, current_step_id)
        where status in ('running', 'suspended');
      create index step_executions_open on step_executions (instance_id)
        where status in ('ready', 'running', 'waiting');
    `);
    for (const [table, column, parent] of CHECKED_BY_THE_STATEMENT) {
      await runner.query(`alter table ${table} add foreign key (${column}) references ${parent}`);
    }
  }
}
