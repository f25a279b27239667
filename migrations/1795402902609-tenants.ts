import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ofTenants, readBySystem } from './of-tenants.js';

const ROLE = 'complex_workflows_app';

/** What has to be looked at before it is known whose it is, or for all tenants at once. */
const READ_BY_SYSTEM = [
  'api_keys',
  'circuit_breakers',
  'audit_entries',
  'audit_unchained',
  'audit_chain',
];

/**
 * Every row has a tenant. A transaction says by `set local app.tenant_id` whose it is; without, it sees no row and can
 * write none. What clients name is unique within a tenant.
 */
export class Tenants1795402902609 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function present_tenant() returns text language sql stable parallel safe
        return nullif(current_setting('app.tenant_id', true), '');
      create table tenants (
        tenant_id varchar(100) primary key,
        created_at timestamptz not null default now()
      );
      insert into tenants values ('default');`);
    for (const table of await tablesOfTenants(runner)) await runner.query(ofTenants(table));
    for (const table of READ_BY_SYSTEM) await runner.query(readBySystem(table));
    await runner.query(rekeyed('', ', tenant_id'));
    await runner.query(searchedBy('tenant_id, '));
    await runner.query(untoldTenant('name <> all', "name <> 'tenant_id' and name <> all"));
    await runner.query(APPLICATION_ROLE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`do $$ begin
      if exists (select from pg_roles where rolname = '${ROLE}') then drop owned by ${ROLE}; end if;
    end $$`);
    await runner.query(untoldTenant("name <> 'tenant_id' and name <> all", 'name <> all'));
    await runner.query(searchedBy(''));
    await runner.query(rekeyed(', tenant_id', ''));
    for (const table of READ_BY_SYSTEM) await runner.query(`drop policy system on ${table}`);
    for (const table of await tablesOfTenants(runner)) {
      await runner.query(`
        drop policy tenant on ${table};
        alter table ${table} disable row level security, no force row level security;`);
      const had = ['audit_subjects', 'audit_entries', 'audit_chain'].includes(table);
      await runner.query(
        had
          ? `alter table ${table} alter column tenant_id set default 'default'`
          : `alter table ${table} drop column tenant_id`,
      );
    }
    await runner.query('drop table tenants; drop function present_tenant()');
  }
}

async function tablesOfTenants(runner: QueryRunner): Promise<string[]> {
  const rows = (await runner.query(`
    select relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r' and relname not in ('schema_migrations', 'tenants')
    order by 1`)) as { name: string }[];
  return rows.map(({ name }) => name);
}

/** Keys over what clients name, with `has` instead of `had` at their end. */
function rekeyed(had: string, has: string): string {
  const [was, is] = [had, has].map((columns) => columns.replace(', ', '_')) as [string, string];
  const childrenOf = (
    parent: string,
    key: string,
    tables: readonly string[],
    more = '',
  ): string[][] => [
    tables.map(
      (table) =>
        `alter table ${table} drop constraint ${table}_${key.replace(', ', '_')}${was}_fkey;`,
    ),
    [`alter table ${parent} drop constraint ${parent}_pkey, add primary key (${key}${has});`],
    tables.map(
      (table) => `alter table ${table} add constraint ${table}_${key.replace(', ', '_')}${is}_fkey
      foreign key (${key}${has}) references ${parent}${more};`,
    ),
  ];
  const unique = (table: string, name: string, columns: string, more: string): string => `
    drop index ${name};
    create unique index ${name} on ${table} (${columns}${has}) ${more};`;
  const constraint = (table: string, columns: string): string => {
    const name = `${table}_${columns.replace(', ', '_')}`;
    return `alter table ${table} drop constraint ${name}${was}_key,
      add constraint ${name}${is}_key unique (${columns}${has});`;
  };
  const primary = (table: string, columns: string): string =>
    `alter table ${table} drop constraint ${table}_pkey, add primary key (${columns}${has});`;
  return [
    ...childrenOf(
      'parallel_executions',
      'execution_id',
      ['synchronization_points'],
      ' on delete cascade',
    ),
    ...childrenOf('runtime_modifications', 'modification_id', [
      'change_requests',
      'rollback_snapshots',
      'modification_observations',
      'modification_moves',
    ]),
    ...childrenOf('circuit_breakers', 'kind, name', ['circuit_breaker_events']),
    primary('decision_trees', 'tree_id, version_number'),
    primary('decision_tables', 'table_id, version_number'),
    primary('thread_management', 'worker_id'),
    primary('idempotency_keys', 'principal, idempotency_key'),
    constraint('task_executions', 'execution_id, task_id'),
    constraint('synchronization_points', 'execution_id, sync_id'),
    constraint('people', 'external_id'),
    constraint('people', 'subject'),
    unique('decision_trees', 'decision_trees_active', 'tree_id', 'where is_active'),
    unique('decision_tables', 'decision_tables_active', 'table_id', 'where is_active'),
    unique(
      'business_rules',
      'business_rules_active',
      "coalesce(workflow_id, '00000000-0000-0000-0000-000000000000'), rule_id",
      'where is_active',
    ),
    unique(
      'business_rules',
      'business_rules_versions',
      'rule_id, workflow_id, version_number',
      'nulls not distinct',
    ),
    unique('api_keys', 'api_keys_name', 'name', 'where replaced_by is null and revoked_at is null'),
    unique(
      'workflow_definitions',
      'workflow_definitions_active_name',
      'lower(workflow_name)',
      'where is_active',
    ),
  ]
    .flat()
    .join('\n');
}

/** What is searched within a tenant: the backlog of one must not be in the way of another. */
const searchedBy = (tenant: string): string => `
  drop index task_executions_for_us, task_executions_for_workers, workflow_instances_by_status;
  create index task_executions_for_us
    on task_executions (${tenant}turn, priority desc, available_at, task_execution_id)
    where handler_kind = 'builtin' and status in ('ready', 'retrying') and released_at is not null;
  create index task_executions_for_workers
    on task_executions (${tenant}task_type, turn, priority desc, available_at, task_execution_id)
    where handler_kind = 'worker' and status in ('ready', 'retrying') and released_at is not null;
  create index workflow_instances_by_status on workflow_instances (${tenant}status, instance_id);`;

/** The audit tells no change of a tenant: there is none. */
const untoldTenant = (had: string, has: string): string => `
  do $do$ begin
    execute replace(pg_get_functiondef('tell_audit_of_change()'::regprocedure), $$${had}$$, $$${has}$$);
  end $do$`;

/**
 * Superusers, and whoever has BYPASSRLS, go past every policy: their sessions take this role (see data-source.ts). It is
 * the whole server's, and other databases may use it, so it is never dropped.
 */
const APPLICATION_ROLE = `
  do $do$ begin
    if (select rolsuper or rolbypassrls from pg_roles where rolname = current_user) then
      begin
        create role ${ROLE} nologin;
      exception when duplicate_object or unique_violation then null;
      end;
      if not (select rolsuper from pg_roles where rolname = current_user) then
        execute format('grant ${ROLE} to %I', current_user);
      end if;
      grant usage on schema public to ${ROLE};
      grant select, insert, update, delete on all tables in schema public to ${ROLE};
      alter default privileges in schema public grant select, insert, update, delete on tables to ${ROLE};
      alter default privileges in schema public grant usage on sequences to ${ROLE};
      revoke update, delete on audit_entries, audit_chain from ${ROLE};
    end if;
  end $do$`;
