import { Logger } from '@nestjs/common';
import { createKey, type MadeKey } from '#access/keys';
import { DomainError } from '#engine/errors';
import { createDataSource, Database, migrate } from '#persistence';
import { isProductRole, PRODUCT_ROLES, type ProductRole } from '#platform/auth';
import { ConfigurationError, readConfig } from '#platform/config';
import { installLog } from '#platform/logging';
import { EmbeddedPostgresError } from '#platform/postgres';
import { isClientId } from '#platform/http';
import { BootError, whenReachable } from './operations/boot.js';
import { openDatabase } from './operations/database-of-settings.js';
import { DEFAULT_TENANT, isTenantId, runAsTenant } from '#platform/tenancy';

const USAGE = `npm run keys [-- [--tenant TENANT] [NAME [ROLES [DAYS]]]]
  TENANT whose data its holder sees, "default" by default: letters, digits and _ . : -
  NAME   what stands in history, "admin" by default: letters, digits and _ . : -
  ROLES  comma-separated, "admin" by default: ${PRODUCT_ROLES.join(', ')}
  DAYS   after which it expires; without, it does not`;

interface Wanted {
  tenant_id: string;
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
  installLog({ level: 'fatal', format: 'text' });
  const { url, close } = await openDatabase(config);
  try {
    await whenReachable(() => migrate(url), new Logger('Keys'));
    const made = await makeKey(url, wanted);
    const expiry =
      made.expires_at === null
        ? 'it does not expire'
        : `it expires on ${made.expires_at.toISOString()}`;
    process.stderr.write(
      `The key "${made.name}" of the tenant ${wanted.tenant_id} with the roles ${made.roles.join(', ')}; ${expiry}. It is shown this once. Processes with AUTHENTICATION=on take it at once.\n`,
    );
    process.stdout.write(`${made.key}\n`);
  } finally {
    await close();
  }
}

async function makeKey(url: string, { tenant_id, ...wanted }: Wanted): Promise<MadeKey> {
  const dataSource = await createDataSource({ url, pool_size: 1 }).initialize();
  try {
    return await runAsTenant(tenant_id, () =>
      new Database(dataSource).transaction((tx) =>
        createKey(tx, { ...wanted, created_by: 'npm run keys' }),
      ),
    );
  } finally {
    await dataSource.destroy();
  }
}

function readWishes(given: string[]): Wanted {
  const named = given[0] === '--tenant';
  const tenant_id = named ? given[1] : DEFAULT_TENANT;
  const [name = 'admin', roles = 'admin', days, ...rest] = named ? given.slice(2) : given;
  const words = roles.split(',').map((word) => word.trim());
  const known = words.filter(isProductRole);
  const whole = days === undefined || /^[1-9]\d{0,3}$/.test(days);
  if (
    !isTenantId(tenant_id) ||
    !isClientId(name) ||
    known.length !== words.length ||
    !whole ||
    rest.length > 0
  )
    throw new BootError(USAGE);
  const expires_at = days === undefined ? null : new Date(Date.now() + Number(days) * 86_400_000);
  return { tenant_id, name, roles: [...new Set(known)], expires_at };
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
