import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys of the API, by their hashes. */
export class ApiKeys1795391659688 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table api_keys (
        key_id uuid primary key,
        name varchar(100) not null,
        prefix varchar(50) not null,
        key_hash text not null,
        roles jsonb not null constraint api_keys_roles_check check (jsonb_typeof(roles) = 'array'),
        created_by text not null,
        created_at timestamptz not null default now(),
        expires_at timestamptz,
        revoked_at timestamptz,
        replaced_by uuid,
        last_used_at timestamptz
      );
      create unique index api_keys_prefix on api_keys (prefix);
      create unique index api_keys_name on api_keys (name) where replaced_by is null and revoked_at is null;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table api_keys');
  }
}
