import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Work that stands still until somebody decides, and decisions on many of it at once. */
export class Incidents1795392896507 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table incident_batches (
        batch_id uuid primary key,
        status varchar(50) not null default 'running'
          constraint incident_batches_status_check check (status in ('running', 'completed')),
        action varchar(50) not null
          constraint incident_batches_action_check check (action in ('retry', 'skip')),
        filter jsonb not null,
        output_data jsonb,
        note text,
        matched integer not null,
        refused integer not null default 0,
        refusals jsonb not null default '[]',
        last_incident_id uuid,
        requested_by text not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        ended_at timestamptz
      );
      create index incident_batches_running on incident_batches (updated_at) where status = 'running';

      create table incidents (
        incident_id uuid primary key,
        kind varchar(50) not null constraint incidents_kind_check
          check (kind in ('task_failed', 'step_failed', 'step_entry_limit', 'step_missing')),
        status varchar(50) not null default 'open' constraint incidents_status_check
          check (status in ('open', 'retried', 'skipped', 'failed', 'cancelled', 'superseded')),
        workflow_id uuid not null,
        workflow_instance_id varchar(100) not null,
        instance_id uuid,
        step_execution_id uuid,
        step_id varchar(100),
        execution_id varchar(100),
        task_execution_id uuid,
        task_id varchar(100),
        task_type varchar(100),
        attempts integer not null default 0,
        error_code varchar(100),
        error_message text not null,
        error jsonb,
        correlation_id text,
        created_at timestamptz not null default now(),
        resolved_at timestamptz,
        resolved_by text,
        resolution_note text,
        output_data jsonb,
        batch_id uuid references incident_batches
      );
      create unique index incidents_open_of_task on incidents (task_execution_id)
        where status = 'open' and kind = 'task_failed';
      create index incidents_open on incidents (incident_id) where status = 'open';
      create index incidents_of_execution on incidents (execution_id) where execution_id is not null;
      create index incidents_by_workflow on incidents (workflow_id, incident_id);
      create index incidents_of_batch on incidents (batch_id) where batch_id is not null;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table incidents, incident_batches');
  }
}
