import { Logger } from '@nestjs/common';
import { migrate } from '#persistence';
import { AppConfig, ConfigurationError, readConfig } from '#platform/config';
import { installLog } from '#platform/logging';
import { EmbeddedPostgres, EmbeddedPostgresError } from '#platform/postgres';
import { createApp } from './app.js';
import { announce, BootError, listen, whenReachable } from './operations/boot.js';
import { ProcessEnd } from './operations/process-end.js';

const EXIT_CONFIGURATION = 78; // EX_CONFIG of sysexits.h: starting again does not help

async function main(): Promise<void> {
  const boot = readConfig(process.env, process.stdout.isTTY);
  installLog(boot.logging);
  const logger = new Logger('Boot');
  // nobody reads the log any more (`npm start | head`): no reason to stop the work
  process.stdout.on('error', () => undefined);
  const end = new ProcessEnd(boot.shutdown_timeout_seconds, logger);
  try {
    let url = boot.database.url;
    if (url === undefined) {
      const postgres = await EmbeddedPostgres.start({
        data_dir: boot.data_dir,
        note: (sentence) => logger.log(sentence),
        warn: (sentence) => logger.warn(sentence),
      });
      end.onEnd('PostgreSQL', () => postgres.stop());
      url = postgres.url;
    }
    const config = new AppConfig(boot, url);
    const done = await whenReachable(() => migrate(config.database.url), logger);
    if (done.length > 0)
      logger.log(`The database has been brought up to date: ${done.join(', ')}.`);
    const app = await createApp(config);
    end.onEnd('the application', () => app.close());
    await listen(app, config, end);
    await announce(app, config, logger);
  } catch (error) {
    if (isForTheOperator(error)) logger.fatal(error.message);
    else logger.fatal('The service could not start.', error);
    await end.now(1);
  }
}

/** Errors whose sentence says what to do; a stack would only hide it. */
function isForTheOperator(error: unknown): error is Error {
  return error instanceof EmbeddedPostgresError || error instanceof BootError;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = EXIT_CONFIGURATION;
}
