import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ofTenants } from './of-tenants.js';

/** Who approved a change, one row a person; who sent it; and the review of what passed as an emergency. */
export class ChangeControl1795405230174 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table runtime_modifications
        add column proposed_by text,
        add column review_due_at timestamptz,
        add column review_verdict varchar(50)
          constraint runtime_modifications_review_verdict_check check (review_verdict in ('accepted', 'objected')),
        add column reviewed_by text,
        add column reviewed_at timestamptz,
        add column review_comments text;
      create index runtime_modifications_to_review on runtime_modifications (review_due_at)
        where review_due_at is not null and reviewed_at is null;

      create table modification_approvals (
        modification_id varchar(100) not null,
        approved_by text not null,
        comments text not null,
        approved_at timestamptz not null default now()
      );`);
    await runner.query(ofTenants('modification_approvals'));
    await runner.query(`
      alter table modification_approvals
        add primary key (modification_id, approved_by, tenant_id),
        add foreign key (modification_id, tenant_id) references runtime_modifications;`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop table modification_approvals;
      alter table runtime_modifications
        drop column proposed_by, drop column review_due_at, drop column review_verdict, drop column reviewed_by,
        drop column reviewed_at, drop column review_comments;`);
  }
}
