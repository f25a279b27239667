import { chmodSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { startRedis } from './redis.mjs';

const TEMPLATE = 'template_migrated';
/** What is tested is what a killed client leaves; this server's data is deleted at the end. */
const SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/**
 * PostgreSQL (the service's own embedded one) with a migrated template database, and Redis. Needs `dist`.
 * @param {string} folder for their data; the caller deletes it
 * @returns {Promise<{env: Record<string, string>, stop: () => Promise<void>}>} `env` is what `test/support` reads
 */
export async function startServers(folder) {
  const started = await Promise.allSettled([startPostgres(folder), startRedis(folder)]);
  const stop = async () => {
    await Promise.all(started.map(({ value }) => value?.stop()));
  };
  const failure = started.find(({ status }) => status === 'rejected');
  if (failure) {
    await stop();
    throw failure.reason;
  }
  const [postgres, redis] = started.map(({ value }) => value.url);
  return {
    env: { TEST_POSTGRES_URL: postgres, TEST_POSTGRES_TEMPLATE: TEMPLATE, TEST_REDIS_URL: redis },
    stop,
  };
}

async function startPostgres(folder) {
  const [{ EmbeddedPostgres }, { migrate }] = await Promise.all([
    import('../dist/libs/platform/postgres/index.js'),
    import('../dist/libs/persistence/index.js'),
  ]);
  const data_dir = path.join(folder, 'postgres');
  mkdirSync(data_dir);
  // as root it runs under another account
  chmodSync(folder, 0o755);
  const server = await EmbeddedPostgres.start({ data_dir, note: () => {}, warn: console.warn });
  try {
    await prepare(server.url, migrate);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

async function prepare(url, migrate) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const [name, value] of Object.entries(SETTINGS)) {
      await client.query(`alter system set ${name} = ${value}`);
    }
    await client.query('select pg_reload_conf()');
    await client.query(`create database ${TEMPLATE}`);
  } finally {
    await client.end();
  }
  const template = new URL(url);
  template.pathname = TEMPLATE;
  await migrate(template.href);
}
