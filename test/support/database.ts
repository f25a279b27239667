import pg from 'pg';
import type { DataSource } from 'typeorm';
import { createDataSource, Database, newId } from '#persistence';
import { runAsTenant } from '#platform/tenancy';
import { servers } from './servers.js';

/** A database of one test file: migrated, empty, its own. */
export interface TestDatabase {
  url: string;
  dataSource: DataSource;
  database: Database;
  /** Closes the connections, also those of others, and deletes it. */
  drop(): Promise<void>;
}

/** What a spec does with the database itself, it does for one tenant, and as the owner of the tables. */
const TENANT = 'default';

class TenantDatabase extends Database {
  override transaction: Database['transaction'] = (work, options) =>
    runAsTenant(TENANT, () => super.transaction(work, options));
}

/** Clones the migrated template and connects to the clone. */
export async function testDatabase(): Promise<TestDatabase> {
  const { url, drop } = await cloneDatabase();
  const dataSource = await createDataSource({
    url,
    pool_size: 10,
    tenant_id: TENANT,
    as_owner: true,
  }).initialize();
  return {
    url,
    dataSource,
    database: new TenantDatabase(dataSource),
    async drop() {
      await dataSource.destroy();
      await drop();
    },
  };
}

/** A clone of the template (or an empty database), without a connection to it. */
export async function cloneDatabase({ template = servers.template } = {}): Promise<{
  url: string;
  drop: () => Promise<void>;
}> {
  const name = `test_${newId().replaceAll('-', '')}`;
  await administer(`create database ${name} template ${template}`);
  const url = new URL(servers.postgresUrl);
  url.pathname = name;
  return { url: url.href, drop: () => administer(`drop database ${name} with (force)`) };
}

/** Runs one statement on the server's own database. */
export async function administer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: servers.postgresUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
