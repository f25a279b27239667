import { hasHead, strayEntry, verifyChains } from '#audit';
import { createDataSource, type Tx } from '#persistence';
import { ConfigurationError, readConfig } from '#platform/config';
import { installLog } from '#platform/logging';
import { runAsSystem, scopeOfTransaction } from '#platform/tenancy';
import { EmbeddedPostgresError } from '#platform/postgres';
import { BootError } from './operations/boot.js';
import { openDatabase } from './operations/database-of-settings.js';

const USAGE =
  'npm run audit:verify [-- POSITION:HASH], the head that an earlier verification named';

/**
 * Follows the audit's chain and names its first altered, missing or reordered row: `npm run audit:verify`. Ends with 1
 * where there is one.
 */
async function run([expected, ...rest]: string[]): Promise<boolean> {
  const isHead = expected === undefined || /^[1-9]\d*:[0-9a-f]{64}$/.test(expected);
  if (!isHead || rest.length > 0) throw new BootError(USAGE);
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

async function report(tx: Tx, expected: string | undefined): Promise<boolean> {
  let good = true;
  for (const { tenant_id, entries, head, fault } of await verifyChains(tx)) {
    if (fault === undefined)
      say(`${tenant_id}: ${entries} entries are as they were written. Head ${head}`);
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
  const cut = expected !== undefined && !(await hasHead(tx, 'default', expected));
  if (cut)
    say(
      `The chain does not hold ${expected} any more: its end was cut off, or it was written anew.`,
    );
  return good && stray === undefined && !cut;
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
