/**
 * For a migration that makes a table: its rows belong to tenants, and PostgreSQL shows and takes them only for the
 * tenant of the transaction. A unique index over what clients name needs `tenant_id` as well (last, so that what looks
 * a name up finds it by the index).
 */
export const ofTenants = (table: string): string => `
  alter table ${table} add column if not exists tenant_id varchar(100) not null default 'default';
  alter table ${table} alter column tenant_id set default present_tenant(),
    enable row level security, force row level security;
  drop policy if exists tenant on ${table};
  create policy tenant on ${table} using (tenant_id = present_tenant()) with check (tenant_id = present_tenant());`;

/** Rows that work for no tenant (the system) may read, to find out whose they are: it can never write them. */
export const readBySystem = (table: string): string => `
  create policy system on ${table} for select using (current_setting('app.scope', true) = 'system');`;
