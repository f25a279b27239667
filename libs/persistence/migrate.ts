import pg from 'pg';
import { createDataSource } from './data-source.js';

/** Any number that no other user of the database is likely to lock. */
const MIGRATION_LOCK = 4_914_870_351;

/**
 * Brings the schema of the database at `url` up to date. Several processes may call it at once: one migrates, the
 * others wait for it and find nothing to do.
 * @returns the names of the migrations that ran here
 */
export async function migrate(url: string): Promise<string[]> {
  // its own session, not the pool's: the lock ends with it, also when the process dies
  const lock = new pg.Client({
    connectionString: url,
    application_name: 'complex-workflows migrate',
  });
  // what comes next fails of it; an error that nobody listened for would end the process
  lock.on('error', () => undefined);
  await lock.connect();
  try {
    await lock.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const dataSource = await createDataSource({ url, pool_size: 1, as_owner: true }).initialize();
    try {
      const done = await dataSource.runMigrations();
      return done.map(({ name }) => name);
    } finally {
      await dataSource.destroy();
    }
  } finally {
    await lock.end();
  }
}
