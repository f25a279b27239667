import type { Pool, PoolClient } from 'pg';
import type { EntityManager } from 'typeorm';
import { numericTypes } from './types.js';

const texts = new Map<string, string>();

/** PostgreSQL truncates longer names, so that two could meet. */
const MAX_NAME_BYTES = 63;

/** Anything with an `EntityManager`'s connection: a transaction, or `database.read`. */
type Executor = EntityManager;

const connections = new WeakMap<Executor, PoolClient>();

/** The statements of `tx` are sent over this connection, in the order in which they are called. */
export function sendOver(tx: Executor, connection: PoolClient): void {
  connections.set(tx, connection);
}

/**
 * Written SQL for the hot path, run as a named prepared statement: PostgreSQL parses and plans it once a connection.
 *
 * `values` fill `$1, $2, …`: an object or list for a jsonb parameter is passed as JSON text, a list for an array
 * parameter as it is. Rows come back with int8 and numeric as numbers, timestamptz as Date, jsonb parsed.
 * A failure is pg's `DatabaseError`, its SQLSTATE in `code`.
 *
 * @param name unique in the process; throws where it is taken or longer than 63 bytes
 */
export function statement<Row extends object, Values extends readonly unknown[] = []>(
  name: string,
  text: string,
): (tx: Executor, values: Values) => Promise<Row[]> {
  if (texts.has(name)) throw new Error(`There are two statements named ${name}; rename one.`);
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
    throw new Error(
      `The statement name ${name} has more than ${MAX_NAME_BYTES} bytes; shorten it.`,
    );
  }
  texts.set(name, text);
  const run = async (connection: Pool | PoolClient, values: Values): Promise<Row[]> => {
    const query = { name, text, values: [...values], types: numericTypes };
    return (await connection.query<Row>(query)).rows;
  };
  return (tx, values) => {
    const connection = connections.get(tx);
    return connection
      ? run(connection, values)
      : connectionOf(tx).then((found) => run(found, values));
  };
}

/** The transaction's own connection; without one, the pool. */
async function connectionOf(tx: Executor): Promise<Pool | PoolClient> {
  if (tx.queryRunner) return (await tx.queryRunner.connect()) as PoolClient;
  const { master } = tx.dataSource.driver as unknown as { master: Pool };
  return master;
}
