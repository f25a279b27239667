import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What people decide about, by table: fields that programs count in, and people's names, are left out. */
const WATCHED: Readonly<Record<string, { key: string; silent: string }>> = {
  workflow_definitions: { key: 'workflow_id,version_number', silent: 'updated_at,created_by' },
  business_rules: {
    key: 'business_rule_id,rule_id',
    silent: 'success_count,failure_count,last_used,updated_at,created_by',
  },
  decision_trees: { key: 'tree_id,version_number', silent: 'usage_count,accuracy_score' },
  decision_tables: { key: 'table_id,version_number', silent: '' },
  dynamic_routing: { key: 'routing_id', silent: '' },
  runtime_modifications: {
    key: 'modification_id',
    silent: 'updated_at,requested_by,applied_by,reason,rollback_reason,instances_moved',
  },
  change_requests: {
    key: 'change_request_id,modification_id',
    silent: 'requested_by,approved_by,approval_comments',
  },
  api_keys: { key: 'key_id,name', silent: 'key_hash,created_by,last_used_at' },
};

/**
 * The audit. Entries are written in the transaction of what they tell, without a place in the chain; one job chains them
 * afterwards. Neither is ever changed. Personal data in them is sealed by a key a person, which can be thrown away.
 */
export class Audit1795393289277 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table audit_subjects (
        subject_key_id uuid primary key,
        tenant_id varchar(100) not null default 'default',
        subject text,
        key bytea,
        created_at timestamptz not null default now(),
        erased_at timestamptz,
        constraint audit_subjects_erased_check check ((erased_at is null) = (key is not null) and (erased_at is null) = (subject is not null))
      );
      create unique index audit_subjects_subject on audit_subjects (tenant_id, subject) where subject is not null;

      create table audit_entries (
        audit_id uuid primary key,
        tenant_id varchar(100) not null default 'default',
        occurred_at timestamptz not null default now(),
        actor_kind varchar(50) not null,
        actor text,
        actor_key_id uuid,
        actor_sealed bytea,
        behalf_key_id uuid,
        behalf_sealed bytea,
        operation text not null,
        resource jsonb not null,
        fields jsonb not null,
        changes jsonb not null,
        correlation_id varchar(100)
      );
      create index audit_entries_actor on audit_entries (actor_key_id, audit_id) where actor_key_id is not null;
      create index audit_entries_behalf on audit_entries (behalf_key_id, audit_id) where behalf_key_id is not null;

      create table audit_unchained (audit_id uuid primary key);

      create table audit_chain (
        tenant_id varchar(100) not null default 'default',
        position bigint not null,
        audit_id uuid not null,
        entry_hash bytea not null,
        chain_hash bytea not null,
        primary key (tenant_id, position)
      );
      create unique index audit_chain_entry on audit_chain (audit_id);

      create trigger audit_entries_append_only before update or delete or truncate on audit_entries
        for each statement execute function refuse_change_of_history();
      create trigger audit_chain_append_only before update or delete or truncate on audit_chain
        for each statement execute function refuse_change_of_history();
      do $grants$ begin
        execute format('revoke update, delete, truncate on audit_entries, audit_chain from public, %I', current_user);
      end $grants$;

      create function tell_audit_of_change() returns trigger language plpgsql as $$
      declare
        told jsonb := coalesce(nullif(current_setting('app.audit_changes', true), ''), '[]')::jsonb;
        before jsonb := case when tg_op = 'INSERT' then '{}' else to_jsonb(old) end;
        after jsonb := case when tg_op = 'DELETE' then '{}' else to_jsonb(new) end;
        changed jsonb;
      begin
        if jsonb_array_length(told) >= 100 then return null; end if;
        select jsonb_object_agg(name, jsonb_build_object('before', shown(before -> name), 'after', shown(after -> name)))
        into changed
        from jsonb_object_keys(before || after) as name
        where (before -> name) is distinct from (after -> name) and name <> all (string_to_array(tg_argv[1], ','));
        if changed is not null then
          perform set_config('app.audit_changes', (told || jsonb_build_object(
            'table', tg_table_name, 'change', lower(tg_op), 'fields', changed,
            'id', (select jsonb_object_agg(name, (before || after) -> name)
                   from unnest(string_to_array(tg_argv[0], ',')) as name)))::text, true);
        end if;
        return null;
      end $$;

      create function shown(value jsonb) returns jsonb language sql immutable as $$
        select case
          when value is null then 'null'::jsonb
          when length(value::text) <= 200 then value
          else to_jsonb('(' || length(value::text) || ' characters)')
        end
      $$;
    `);
    for (const [table, { key, silent }] of Object.entries(WATCHED)) {
      await runner.query(`
        do $watch$ declare told text; begin
          -- an update of counters alone does not even call the function
          select string_agg(quote_ident(attname), ', ') into told from pg_attribute
          where attrelid = '${table}'::regclass and attnum > 0 and not attisdropped
            and attname <> all (string_to_array('${silent}', ','));
          execute 'create trigger ${table}_audit after insert or delete or update of ' || told || ' on ${table}
            for each row execute function tell_audit_of_change(''${key}'', ''${silent}'')';
        end $watch$`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of Object.keys(WATCHED)) {
      await runner.query(`drop trigger ${table}_audit on ${table}`);
    }
    await runner.query(`
      drop function tell_audit_of_change();
      drop function shown(jsonb);
      drop table audit_chain, audit_unchained, audit_entries, audit_subjects;
    `);
  }
}
