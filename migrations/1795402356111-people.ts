import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The directory: who there is, what they are in the company, and who acts for whom when. */
export class People1795402356111 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table people (
        person_id uuid not null primary key,
        external_id varchar(100) not null unique,
        subject text unique,
        name text not null,
        email text,
        roles jsonb not null default '[]' constraint people_roles_check check (jsonb_typeof(roles) = 'array'),
        department varchar(100),
        management_level integer not null default 0,
        manager_id uuid references people,
        active boolean not null default true,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      );
      create index people_by_manager on people (manager_id) where manager_id is not null;

      create table absences (
        absence_id uuid not null primary key,
        person_id uuid not null references people,
        substitute_id uuid not null references people,
        starts_at timestamptz not null,
        ends_at timestamptz not null,
        reason text not null default '',
        created_by text not null,
        created_at timestamptz not null default now(),
        constraint absences_substitute_check check (person_id <> substitute_id),
        constraint absences_time_check check (starts_at < ends_at)
      );
      create index absences_of_person on absences (person_id, absence_id);
      create index absences_of_substitute on absences (substitute_id, absence_id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table absences, people');
  }
}
