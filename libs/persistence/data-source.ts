import { Logger } from '@nestjs/common';
import type { ClientBase } from 'pg';
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
  /** Whose the work is that does not say for whom it is, in a tool that works for one tenant. */
  tenant_id?: string;
  /** As the user of the URL, whatever that may do: for migrations. Else its sessions never bypass row-level security. */
  as_owner?: boolean;
}

/**
 * A process that stands still in the middle of a transaction holds its locks, and the sweeper's turn, for so long at
 * most: they are free before the leases of its tasks expire (10 s, renewed every 3), so that others can take these up.
 * Nothing is compiled: some statements of whole batches cost nearly what PostgreSQL would compile from on, and take less
 * time than that.
 */
const SESSION = '-c timezone=UTC -c idle_in_transaction_session_timeout=6s -c jit=off';

/** A user that would go past the policies of the tables takes a role that cannot (migrations make it). */
const WITHOUT_BYPASS = `select set_config('role', 'complex_workflows_app', false) from pg_roles
  where rolname = session_user and (rolsuper or rolbypassrls)`;

/**
 * Never synchronizes: the schema comes from migrations. Sessions run in UTC, so that `date_trunc` and `extract` mean
 * the same on every server.
 */
export function dataSourceOptions({
  url,
  pool_size = 10,
  tenant_id,
  as_owner = false,
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
    extra: {
      types: numericTypes,
      options: tenant_id === undefined ? SESSION : `${SESSION} -c app.tenant_id=${tenant_id}`,
      pipeline: true,
      tenant_id,
      ...(!as_owner && { onConnect: (client: ClientBase) => client.query(WITHOUT_BYPASS) }),
    },
  };
}

/** A connection pool with all entities; not yet connected. */
export const createDataSource = (options: DatabaseOptions): DataSource =>
  new DataSource(dataSourceOptions(options));
