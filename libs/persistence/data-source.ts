import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions.js';
import { migrations } from '../../migrations/index.js';
import { entities } from './entities.js';
import { PostgresNames } from './names.js';
import { numericTypes } from './types.js';

export interface DatabaseOptions {
  /** `postgres://…` */
  url: string;
  /** Connections at most; default 10. */
  pool_size?: number;
}

/** A process that stands still in the middle of a transaction does not hold its locks, and the sweeper's turn, for long. */
const SESSION = '-c timezone=UTC -c idle_in_transaction_session_timeout=15s';

/**
 * Never synchronizes: the schema comes from migrations. Sessions run in UTC, so that `date_trunc` and `extract` mean
 * the same on every server.
 */
export function dataSourceOptions({
  url,
  pool_size = 10,
}: DatabaseOptions): PostgresDataSourceOptions {
  const log = new Logger('Database');
  return {
    type: 'postgres',
    url,
    poolSize: pool_size,
    applicationName: 'complex-workflows',
    entities,
    migrations,
    migrationsTableName: 'schema_migrations',
    migrationsTransactionMode: 'all',
    namingStrategy: new PostgresNames(),
    synchronize: false,
    installExtensions: false,
    // a connection that broke while idle: the pool makes another
    poolErrorHandler: (error: unknown) => log.warn(`idle connection lost: ${String(error)}`),
    // pipeline: statements sent one after the other travel together; each waits for no answer but its own
    extra: { types: numericTypes, options: SESSION, pipeline: true },
  };
}

/** A connection pool with all entities; not yet connected. */
export const createDataSource = (options: DatabaseOptions): DataSource =>
  new DataSource(dataSourceOptions(options));
