import path from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { startPostgres } from './postgres.mjs';
import { startRedis } from './redis.mjs';

const TEMPLATE = 'template_migrated';

/**
 * PostgreSQL with a migrated template database, and Redis. Needs `dist`.
 * @returns {Promise<{env: Record<string, string>, stop: () => Promise<void>}>} `env` is what `test/support` reads
 */
export async function startServers() {
  const started = await Promise.allSettled([startPostgres(), startRedis()]);
  const stop = async () => {
    await Promise.all(started.map(({ value }) => value?.stop()));
  };
  try {
    for (const { reason } of started) if (reason) throw reason;
    const [postgres, redis] = started.map(({ value }) => value.url);
    await createTemplate(postgres);
    return {
      env: { TEST_POSTGRES_URL: postgres, TEST_POSTGRES_TEMPLATE: TEMPLATE, TEST_REDIS_URL: redis },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function createTemplate(adminUrl) {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(`create database ${TEMPLATE}`);
  } finally {
    await client.end();
  }
  const dist = path.join(path.dirname(import.meta.dirname), 'dist/libs/persistence/migrate.js');
  const { migrate } = await import(pathToFileURL(dist).href);
  const url = new URL(adminUrl);
  url.pathname = TEMPLATE;
  await migrate(url.href);
}
