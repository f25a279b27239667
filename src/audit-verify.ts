import { hasHead, strayEntry, verifyChains } from '#audit';
import { createDataSource, type Tx } from '#persistence';
import { ConfigurationError, readConfig } from '#platform/config';
import { installLog } from '#platform/logging';
import { DEFAULT_TENANT, runAsSystem, scopeOfTransaction } from '#platform/tenancy';
import { EmbeddedPostgresError } from '#platform/postgres';
import { BootError } from './operations/boot.js';
import { openDatabase } from './operations/database-of-settings.js';

const USAGE =
  'npm run audit:verify [-- TENANT@POSITION:HASH …], heads that an earlier verification named';
const HEAD = /^(?:([\w.:-]{1,100})@)?([1-9]\d*:[0-9a-f]{64})$/;

/** A head of a tenant's chain, as a verification names it. */
interface NamedHead {
  tenant_id: string;
  head: string;
}

/**
 * Follows the audit's chain and names its first altered, missing or reordered row: `npm run audit:verify`. Ends with 1
 * where there is one.
 */
async function run(wishes: string[]): Promise<boolean> {
  const expected = wishes.map((wish): NamedHead => {
    const [, tenant_id = DEFAULT_TENANT, head] = HEAD.exec(wish) ?? [];
    if (head === undefined) throw new BootError(USAGE);
    return { tenant_id, head };
  });
  const config = readConfig(process.env, false);
  installLog({ level: 'fatal', format: 'text' });
  const { url, close } = await openDatabase(config);
  try {
    const dataSource = await createDataSource({ url, pool_size: 1 }).initialize();
    try {
      // one moment of everything
      return await dataSource.transaction('REPEATABLE READ', async (tx) => {
        await tx.query(runAsSystem(scopeOfTransaction));
        return report(tx, expected);
      });
    } finally {
      await dataSource.destroy();
    }
  } finally {
    await close();
  }
}

async function report(tx: Tx, expected: readonly NamedHead[]): Promise<boolean> {
  let good = true;
  for (const { tenant_id, entries, head, fault } of await verifyChains(tx)) {
    if (fault === undefined)
      say(
        `${tenant_id}: ${entries} entries are as they were written. Head ${named(tenant_id, head)}`,
      );
    else
      say(
        `${tenant_id}: ${entries} entries are as they were written, then: ${fault.fault}. ${fault.detail}`,
      );
    good &&= fault === undefined;
  }
  const stray = await strayEntry(tx);
  if (stray !== undefined)
    say(
      `The entry ${stray} has no place in the chain: it was put in, or the end of the chain was cut off.`,
    );
  for (const { tenant_id, head } of expected) {
    if (await hasHead(tx, tenant_id, head)) continue;
    good = false;
    say(
      `The chain of ${tenant_id} does not hold ${head} any more: its end was cut off, or it was written anew.`,
    );
  }
  return good && stray === undefined;
}

function named(tenant_id: string, head: string): string {
  return tenant_id === DEFAULT_TENANT ? head : `${tenant_id}@${head}`;
}

function say(sentence: string): void {
  process.stdout.write(`${sentence}\n`);
}

try {
  if (!(await run(process.argv.slice(2)))) process.exitCode = 1;
} catch (error) {
  const isForTheOperator = [ConfigurationError, BootError, EmbeddedPostgresError].some(
    (type) => error instanceof type,
  );
  if (!isForTheOperator) throw error;
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 2;
}
