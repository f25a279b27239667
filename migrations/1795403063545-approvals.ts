import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ofTenants } from './of-tenants.js';

/** Levels that several decide, duties that are kept apart, deadlines in working time and deadlines that rest. */
export class Approvals1795403063545 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table step_configurations
        add column different_person_from jsonb not null default '[]',
        add column working_time boolean not null default false;
      alter table approval_hierarchies add column policy jsonb;

      create table calendars (
        calendar_id uuid not null primary key,
        name text not null,
        department varchar(100),
        time_zone varchar(100) not null,
        working_hours jsonb not null,
        holidays jsonb not null default '[]',
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      );
      alter table timers add column paused_at timestamptz;

      -- One key for all names of a person. A program, and whoever is not known, cannot be told apart from others: null.
      create function person_key(name text) returns text language sql stable as $$
        select coalesce(
          (select p.person_id::text from people p where p.subject = bare.name or p.external_id = bare.name
           order by p.subject = bare.name desc nulls last limit 1),
          case when bare.name = 'anonymous' or bare.name = 'engine' or bare.name like 'api\\_key:%' then null
            else bare.name end)
        from (select regexp_replace(person_key.name, '^user:', '') as name) bare
      $$;

      -- Who wants it: who started the instance, and whom its data name as the requester, at its start or now.
      create function requesters_of(instance uuid) returns text[] language sql stable as $$
        select coalesce(array_agg(distinct person_key(named.name)) filter (where person_key(named.name) is not null), '{}')
        from workflow_instances w
        cross join lateral (
          select w.started_by union select w.data ->> 'requester'
          union select e.payload -> 'data' ->> 'requester' from instance_events e
          where e.instance_id = w.instance_id and e.sequence = 1
        ) as named (name)
        where w.instance_id = requesters_of.instance
      $$;

      alter table approval_votes add column on_behalf_of text, add column person_key text, add column behalf_key text;
      create unique index approval_votes_once_a_person
        on approval_votes (step_execution_id, coalesce(level, 0), person_key);
      create unique index approval_votes_once_for_a_person
        on approval_votes (step_execution_id, coalesce(level, 0), coalesce(behalf_key, person_key));

      create function refuse_own_approval() returns trigger language plpgsql as $$
      begin
        new.person_key := person_key(new.decided_by);
        new.behalf_key := person_key(new.on_behalf_of);
        if array[new.person_key, new.behalf_key] && requesters_of(new.instance_id) then
          raise exception 'own request' using errcode = 'check_violation', constraint = 'approval_votes_not_own';
        end if;
        return new;
      end
      $$;
      create trigger approval_votes_not_own before insert on approval_votes
        for each row execute function refuse_own_approval();

      create table step_acts (
        instance_id uuid not null references workflow_instances,
        step_id varchar(100) not null,
        person_key text not null,
        apart_from jsonb not null,
        acted_at timestamptz not null default now(),
        primary key (instance_id, step_id, person_key)
      );
      create function keep_duties_apart() returns trigger language plpgsql as $$
      begin
        -- whoever acts on an instance waits here for those who act on it now
        perform from workflow_instances where instance_id = new.instance_id for no key update;
        if exists (
          select from step_acts a
          where a.instance_id = new.instance_id and a.person_key = new.person_key and new.apart_from ? a.step_id
        ) then
          raise exception 'duties are not separate' using errcode = 'check_violation', constraint = 'step_acts_apart';
        end if;
        return new;
      end
      $$;
      create trigger step_acts_apart before insert on step_acts
        for each row execute function keep_duties_apart();
    `);
    for (const table of ['calendars', 'step_acts']) await runner.query(ofTenants(table));
    await runner.query(
      'create unique index calendars_department_key on calendars (department, tenant_id) nulls not distinct',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop table step_acts, calendars;
      drop trigger approval_votes_not_own on approval_votes;
      drop function keep_duties_apart(), refuse_own_approval(), requesters_of(uuid), person_key(text);
      alter table timers drop column paused_at;
      alter table approval_votes drop column on_behalf_of, drop column person_key, drop column behalf_key;
      alter table approval_hierarchies drop column policy;
      alter table step_configurations drop column different_person_from, drop column working_time;
    `);
  }
}
