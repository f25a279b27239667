import type { Pool, PoolClient, QueryResult } from 'pg';
import { scopeOfTransaction } from './tenant.js';

export type ScopedPool = Pick<Pool, 'connect'>;

/**
 * One statement in a transaction of its own, for the present work's tenant. All of it is one round trip (the
 * connections pipeline); where the beginning failed, the statement sees nothing.
 * @param send sends one query at once, before it returns
 * @param fallback whose the work is where that is not said
 */
export async function withinScope<Row extends object>(
  pool: ScopedPool,
  send: (client: PoolClient) => Promise<QueryResult<Row>>,
  fallback?: string,
): Promise<QueryResult<Row>> {
  const begin = `begin; ${scopeOfTransaction(fallback)}`;
  const client = await pool.connect();
  let lost: Error | undefined;
  // its queries fail of that themselves; an error that nobody listened for would end the process
  const onError = (error: Error): void => {
    lost = error;
  };
  client.on('error', onError);
  const sent = [client.query(begin), send(client), client.query('commit')] as const;
  try {
    const [, result] = await Promise.all(sent);
    return result;
  } finally {
    await Promise.allSettled(sent);
    client.off('error', onError);
    client.release(lost);
  }
}
