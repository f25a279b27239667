import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ofTenants } from './of-tenants.js';

/** What people are told: written with what it tells of, delivered after, and kept as the record of who was told. */
export class Notifications1795854728427 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table notifications (
        notification_id uuid primary key,
        kind varchar(50) not null,
        status varchar(50) not null default 'pending'
          constraint notifications_status_check check (status in ('pending', 'delivered', 'failed')),
        channel varchar(50) not null,
        target text not null,
        audience jsonb not null,
        recipients jsonb,
        recipients_left_out integer not null default 0,
        message text not null,
        details jsonb not null default '{}',
        workflow_id uuid not null,
        instance_id uuid,
        workflow_instance_id varchar(100),
        step_id varchar(100),
        step_execution_id uuid,
        event_sequence integer,
        modification_id varchar(100),
        correlation_id text,
        attempts integer not null default 0,
        next_attempt_at timestamptz not null default now(),
        created_at timestamptz not null default now(),
        delivered_at timestamptz,
        error_code varchar(50),
        error_message text
      )`);
    await runner.query(ofTenants('notifications'));
    await runner.query(`
      create index notifications_due on notifications (tenant_id, next_attempt_at) where status = 'pending';
      create index notifications_of_instance on notifications (instance_id, notification_id)
        where instance_id is not null;
      create index notifications_of_modification on notifications (modification_id, notification_id)
        where modification_id is not null`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table notifications');
  }
}
