import type { PoolClient, QueryResult } from 'pg';
import type { DataSource, EntityManager } from 'typeorm';
import { type ScopedPool, withinScope } from '#platform/tenancy';
import { numericTypes } from './types.js';

const texts = new Map<string, string>();

/** PostgreSQL truncates longer names, so that two could meet; one byte is for `LOOKED_UP`. */
const MAX_NAME_BYTES = 62;

/** Ends a statement's name where it runs under `lookups`: a plan made there must not serve elsewhere, nor the other way. */
const LOOKED_UP = '+';

/** Anything with an `EntityManager`'s connection: a transaction, or `database.read`. */
type Executor = EntityManager;

const connections = new WeakMap<Executor, { client: PoolClient; suffix: string }>();

/** The statements of `tx` are sent over this connection, in the order in which they are called. */
export function sendOver(tx: Executor, client: PoolClient, lookups: boolean): void {
  connections.set(tx, { client, suffix: lookups ? LOOKED_UP : '' });
}

/**
 * Written SQL for the hot path, run as a named prepared statement: PostgreSQL parses and plans it once a connection.
 *
 * `values` fill `$1, $2, …`: an object or list for a jsonb parameter is passed as JSON text, a list for an array
 * parameter as it is. Rows come back with int8 and numeric as numbers, timestamptz as Date, jsonb parsed.
 * A failure is pg's `DatabaseError`, its SQLSTATE in `code`.
 *
 * @param name unique in the process; throws where it is taken or longer than 62 bytes
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
  const send = (client: PoolClient, values: Values, suffix = ''): Promise<QueryResult<Row>> =>
    client.query<Row>({ name: name + suffix, text, values: [...values], types: numericTypes });
  return async (tx, values) => {
    const connection = connections.get(tx);
    const { rows } = await (connection
      ? send(connection.client, values, connection.suffix)
      : outside(tx, (client) => send(client, values)));
    return rows;
  };
}

/** In TypeORM's own transaction, which has begun as it should; without one, in a transaction of its own. */
async function outside<Row extends object>(
  { queryRunner, dataSource }: Executor,
  send: (client: PoolClient) => Promise<QueryResult<Row>>,
): Promise<QueryResult<Row>> {
  if (queryRunner) return send((await queryRunner.connect()) as PoolClient);
  const { master } = dataSource.driver as unknown as { master: ScopedPool };
  return withinScope(master, send, tenantOf(dataSource));
}

/** Whose the work of a data source is that does not say for whom it is. */
export function tenantOf({ options }: DataSource): string | undefined {
  const { extra } = options as { extra?: { tenant_id?: string } };
  return extra?.tenant_id;
}
