import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';

import { migrate } from '#persistence';

import { testDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';

const ROOT = path.resolve(import.meta.dirname, '../..');

describe('a connection that is lost where nobody waits for its answer', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await testDatabase();
  });
  afterAll(() => test.drop());

  // in a process of its own: Jest forgives a rejection that is handled too late
  it.each([
    ['transaction', 'Connection terminated unexpectedly'],
    ['admission', 'Cannot use a pool after calling end on the pool'],
  ])('fails the %s and ends no process', async (which, message) => {
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['test/faults/lost-connection.mjs', which],
      { cwd: ROOT, env: { PATH: process.env['PATH'], URL: test.url } },
    );
    expect([stdout.split('\n').at(-2), stderr]).toEqual([message, '']);
  });

  it('is not what a process that begins ends of, with the lock of its migrations', async () => {
    const other = new pg.Client({ connectionString: test.url });
    await other.connect();
    try {
      await other.query('begin; lock table schema_migrations in access exclusive mode');
      const migrating = migrate(test.url);
      // its session with the lock waits for nothing then, and its other one for the table
      await eventually(
        async () => {
          const rows: unknown = await test.dataSource.query(
            `select pg_terminate_backend(l.pid) from pg_stat_activity l, pg_stat_activity w
             where l.datname = current_database() and w.datname = current_database()
               and l.application_name = 'complex-workflows migrate' and w.wait_event_type = 'Lock'`,
          );
          expect(rows).toHaveLength(1);
        },
        { timeout_ms: 20_000 },
      );
      await other.query('commit');
      expect(await migrating).toEqual([]);
    } finally {
      await other.end();
    }
  });
});
