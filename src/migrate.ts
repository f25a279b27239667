import { Logger } from '@nestjs/common';
import { migrate } from '#persistence';
import { ConfigurationError, readConfig } from '#platform/config';
import { installLog } from '#platform/logging';
import { BootError, whenReachable } from './operations/boot.js';

/**
 * Brings the database up to date and ends: what a deployment runs before it replaces the processes. (They do the same
 * at their start, so that a single one needs no such step.)
 */
async function run(): Promise<void> {
  const { database, logging } = readConfig(process.env, process.stdout.isTTY);
  installLog(logging);
  const logger = new Logger('Migrate');
  const { url } = database;
  if (url === undefined) {
    throw new BootError(
      'There is no database to bring up to date: set DATABASE_URL or POSTGRES_SERVER.',
    );
  }
  const done = await whenReachable(() => migrate(url), logger);
  logger.log(done.length === 0 ? 'The database is up to date.' : `Done: ${done.join(', ')}.`);
}

try {
  await run();
} catch (error) {
  if (!(error instanceof ConfigurationError) && !(error instanceof BootError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
