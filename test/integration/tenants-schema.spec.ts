import pg from 'pg';
import { createDataSource, Database, migrate, newId, statement } from '#persistence';
import { runAsSystem, runAsTenant } from '#platform/tenancy';
import { administer, cloneDatabase } from '../support/database.js';

/** What belongs to the service, not to a tenant. */
const OF_THE_SERVICE = ['schema_migrations', 'tenants'];
/** Read before it is known whose the work is, or for all tenants at once; written by the tenant alone. */
const READ_BY_SYSTEM = [
  'api_keys',
  'audit_chain',
  'audit_entries',
  'audit_unchained',
  'circuit_breakers',
];

const insertRule = statement<object, [id: string, tenant_id: string | null]>(
  'spec_insert_rule',
  `insert into business_rules (business_rule_id, rule_id, rule_name, condition_type, condition_expression, target_action,
     tenant_id)
   values ($1, 'same', 'name', 'feel', 'true', 'approve', coalesce($2, present_tenant()))`,
);
const readRules = statement<{ tenant_id: string }>(
  'spec_read_rules',
  'select tenant_id from business_rules',
);
const ids = [1, 2, 3, 4].map((digit) => `00000000-0000-7000-8000-00000000000${digit}`) as [
  string,
  string,
  string,
  string,
];

describe('rows of tenants', () => {
  let owner: pg.Client;
  let close: () => Promise<void>;
  let database: Database;
  beforeAll(async () => {
    const { url, drop } = await cloneDatabase();
    owner = new pg.Client({ connectionString: url });
    await owner.connect();
    const dataSource = await createDataSource({ url, pool_size: 2 }).initialize();
    database = new Database(dataSource);
    close = async () => {
      await dataSource.destroy();
      await owner.end();
      await drop();
    };
  });
  afterAll(() => close());

  const names = async (sql: string): Promise<string[]> =>
    (await owner.query<{ name: string }>(sql)).rows.map(({ name }) => name);

  it('are all of a tenant: every table has the column, and PostgreSQL enforces it on everybody', async () => {
    expect(
      await names(`
        select relname as name from pg_class c
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'm', 'v') and not (
          relrowsecurity and relforcerowsecurity
          and exists (
            select from pg_attribute a join pg_attrdef d on (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
            where a.attrelid = c.oid and a.attname = 'tenant_id' and a.attnotnull
              and pg_get_expr(d.adbin, d.adrelid) = 'present_tenant()')
          and exists (
            select from pg_policies p
            where (p.tablename, p.policyname, p.cmd, p.permissive) = (c.relname, 'tenant', 'ALL', 'PERMISSIVE')
              and p.qual = p.with_check and p.qual in ('((tenant_id)::text = present_tenant())',
                '(NOT ((tenant_id)::text IS DISTINCT FROM present_tenant()))')
              and p.roles = '{public}'))
        order by 1`),
    ).toEqual(OF_THE_SERVICE);
  });

  it('are let out by no other policy but those of the system, which only read', async () => {
    expect(
      await names(`
        select tablename || ' ' || cmd || ' ' || qual as name from pg_policies
        where schemaname = 'public' and policyname <> 'tenant' order by 1`),
    ).toEqual(
      READ_BY_SYSTEM.map(
        (table) => `${table} SELECT (current_setting('app.scope'::text, true) = 'system'::text)`,
      ),
    );
  });

  it('need a tenant in every key that is not made of ids that the server makes', async () => {
    expect(
      await names(`
        select distinct i.indrelid::regclass::text as name from pg_index i
        where i.indisunique and i.indrelid::regclass::text <> all ('{schema_migrations,tenants}')
          and i.indrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)
          and not exists (
            select from pg_attribute a where a.attrelid = i.indrelid and a.attnum = any (i.indkey)
              and (a.attname = 'tenant_id' or a.atttypid = 'uuid'::regtype or a.attidentity <> ''))
        order by 1`),
      // the random part of a key, which finds it
    ).toEqual(['api_keys']);
  });

  it('are worked on by a role that no policy lets pass', async () => {
    const [row] = await runAsSystem(() =>
      database.transaction((tx) =>
        tx.query<{ passes: boolean }[]>(
          'select rolsuper or rolbypassrls as passes from pg_roles where rolname = current_user',
        ),
      ),
    );
    expect(row).toEqual({ passes: false });
  });

  it('are seen and written by their tenant alone; names do not collide', async () => {
    for (const [index, tenant] of ['a', 'b'].entries()) {
      await runAsTenant(tenant, () =>
        database.transaction((tx) => insertRule(tx, [ids[index] ?? '', null])),
      );
    }
    const seen = () => readRules(database.read, []);
    expect(await runAsTenant('a', seen)).toEqual([{ tenant_id: 'a' }]);
    expect(await runAsTenant('b', seen)).toEqual([{ tenant_id: 'b' }]);
    expect(await runAsTenant('c', seen)).toEqual([]);
    expect(await runAsSystem(seen)).toEqual([]);
    await expect(
      runAsTenant('a', () => database.transaction((tx) => insertRule(tx, [ids[2], 'b']))),
    ).rejects.toThrow('row-level security');
    await expect(
      runAsSystem(() => database.transaction((tx) => insertRule(tx, [ids[3], null]))),
    ).rejects.toThrow('row-level security');
  });

  it('are for nobody where work does not say for whom it is', async () => {
    await expect(readRules(database.read, [])).rejects.toThrow('has to say for whom');
    await expect(database.transaction((tx) => readRules(tx, []))).rejects.toThrow(
      'has to say for whom',
    );
    const raw = await runAsTenant('a', () => database.read.query('select from business_rules'));
    expect(raw).toEqual([]);
  });

  it('are found by those who work for every tenant', async () => {
    expect((await database.tenants()).sort()).toEqual(['a', 'b', 'default']);
  });
});

describe('a database whose owner is no superuser', () => {
  const role = `owner_${newId().replaceAll('-', '')}`;

  it('is migrated, and its owner sees of each tenant only what that tenant sees', async () => {
    await administer(`create role ${role} login password 'secret'`);
    const { url, drop } = await cloneDatabase({ template: 'template0' });
    const owned = new URL(url);
    await administer(`alter database ${owned.pathname.slice(1)} owner to ${role}`);
    owned.username = role;
    owned.password = 'secret';
    expect((await migrate(owned.href)).length).toBeGreaterThan(0);
    const dataSource = await createDataSource({ url: owned.href }).initialize();
    const database = new Database(dataSource);
    try {
      await runAsTenant('a', () => database.transaction((tx) => insertRule(tx, [ids[0], null])));
      const seen = () => readRules(database.read, []);
      expect(await runAsTenant('a', seen)).toHaveLength(1);
      expect(await runAsTenant('b', seen)).toEqual([]);
      expect(await dataSource.query('select current_user as name')).toEqual([{ name: role }]);
    } finally {
      await dataSource.destroy();
      await drop();
      await administer(`drop role ${role}`);
    }
  });
});
