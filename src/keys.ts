import { Logger } from '@nestjs/common';
import { createKey, type MadeKey } from '#access/keys';
import { DomainError } from '#engine/errors';
import { createDataSource, migrate } from '#persistence';
import { isProductRole, PRODUCT_ROLES, type ProductRole } from '#platform/auth';
import { ConfigurationError, readConfig } from '#platform/config';
import { createPino, NestLogger } from '#platform/logging';
import { EmbeddedPostgresError } from '#platform/postgres';
import { isClientId } from '#platform/http';
import { BootError, whenReachable } from './operations/boot.js';
import { openDatabase } from './operations/database-of-settings.js';

const USAGE = `npm run keys [-- NAME [ROLES [DAYS]]]
  NAME   what stands in history, "admin" by default: letters, digits and _ . : -
  ROLES  comma-separated, "admin" by default: ${PRODUCT_ROLES.join(', ')}
  DAYS   after which it expires; without, it does not`;

interface Wanted {
  name: string;
  roles: ProductRole[];
  expires_at: Date | null;
}

/**
 * Makes an API key by the database alone, so that there is a first one: `npm run keys`. The key is all that is written
 * to stdout; what it belongs to goes to stderr.
 */
async function run(): Promise<void> {
  const wanted = readWishes(process.argv.slice(2));
  const config = readConfig(process.env, false);
  Logger.overrideLogger(new NestLogger(createPino({ level: 'fatal', format: 'text' })));
  const { url, close } = await openDatabase(config);
  try {
    await whenReachable(() => migrate(url), new Logger('Keys'));
    const made = await makeKey(url, wanted);
    const expiry =
      made.expires_at === null
        ? 'it does not expire'
        : `it expires on ${made.expires_at.toISOString()}`;
    process.stderr.write(
      `The key "${made.name}" with the roles ${made.roles.join(', ')}; ${expiry}. It is shown this once. Processes with AUTHENTICATION=on take it at once.\n`,
    );
    process.stdout.write(`${made.key}\n`);
  } finally {
    await close();
  }
}

async function makeKey(url: string, wanted: Wanted): Promise<MadeKey> {
  const dataSource = await createDataSource({ url, pool_size: 1 }).initialize();
  try {
    return await dataSource.transaction((tx) =>
      createKey(tx, { ...wanted, created_by: 'npm run keys' }),
    );
  } finally {
    await dataSource.destroy();
  }
}

function readWishes([name = 'admin', roles = 'admin', days, ...rest]: string[]): Wanted {
  const words = roles.split(',').map((word) => word.trim());
  const known = words.filter(isProductRole);
  const whole = days === undefined || /^[1-9]\d{0,3}$/.test(days);
  if (!isClientId(name) || known.length !== words.length || !whole || rest.length > 0)
    throw new BootError(USAGE);
  const expires_at = days === undefined ? null : new Date(Date.now() + Number(days) * 86_400_000);
  return { name, roles: [...new Set(known)], expires_at };
}

try {
  await run();
} catch (error) {
  const isForTheOperator = [ConfigurationError, BootError, EmbeddedPostgresError, DomainError].some(
    (type) => error instanceof type,
  );
  if (!isForTheOperator) throw error;
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
