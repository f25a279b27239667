import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Whoever has been named as the requester of an instance at any time stays one: its data is overwritten by who does its
 * steps, and the name with it. A person's token may be of a subject that reads like a program's name: only what stands
 * there without `user:` is a program.
 */
export class RequestersOfAllTimes1795854734544 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ${personKey('person_key.name')}
      ${requestersOf(`
        select coalesce(e.payload -> 'data' ->> 'requester', e.payload -> 'output' ->> 'requester')
        from instance_events e where e.instance_id = w.instance_id
          and e.event_type in ('instance_started', 'step_completed', 'instance_migrated', 'instance_restored')`)}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ${personKey('bare.name')}
      ${requestersOf(`
        select e.payload -> 'data' ->> 'requester' from instance_events e
        where e.instance_id = w.instance_id and e.sequence = 1`)}`);
  }
}

/** @param told the name in which a program is recognised */
const personKey = (told: string): string => `
  create or replace function person_key(name text) returns text language sql stable as $$
    select coalesce(
      (select p.person_id::text from people p where p.subject = bare.name or p.external_id = bare.name
       order by p.subject = bare.name desc nulls last limit 1),
      case when ${told} = 'anonymous' or ${told} = 'engine' or ${told} like 'api\\_key:%' then null
        else bare.name end)
    from (select regexp_replace(person_key.name, '^user:', '') as name) bare
  $$;`;

/** @param recorded a query of the names in the history of `w` */
const requestersOf = (recorded: string): string => `
  create or replace function requesters_of(instance uuid) returns text[] language sql stable as $$
    select coalesce(array_agg(distinct person_key(named.name)) filter (where person_key(named.name) is not null), '{}')
    from workflow_instances w
    cross join lateral (
      select w.started_by union select w.data ->> 'requester' union ${recorded}
    ) as named (name)
    where w.instance_id = requesters_of.instance
  $$;`;
