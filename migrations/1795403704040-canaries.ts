import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ofTenants } from './of-tenants.js';

/** Changes that are tried on a share of running instances first, and which instances are compared with which. */
export class Canaries1795403704040 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table runtime_modifications
        add column canary jsonb,
        add column canary_percentage double precision;
      create unique index runtime_modifications_one_canary on runtime_modifications (workflow_id)
        where canary_percentage is not null;

      create table canary_cases (
        modification_id varchar(100) not null,
        instance_id uuid not null references workflow_instances,
        arm varchar(50) not null constraint canary_cases_arm_check check (arm in ('canary', 'control')),
        assigned_at timestamptz not null default now(),
        primary key (modification_id, instance_id)
      );
      create index canary_cases_of_instance on canary_cases (instance_id);
    `);
    await runner.query(ofTenants('canary_cases'));
    await runner.query(`
      alter table canary_cases add foreign key (modification_id, tenant_id) references runtime_modifications;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop table canary_cases;
      alter table runtime_modifications drop column canary, drop column canary_percentage;
    `);
  }
}
