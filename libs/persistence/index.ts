export * from './access.entities.js';
export * from './analytics.entities.js';
export * from './breaker.entities.js';
export { type JsonObject } from './columns.js';
export { createDataSource, type DatabaseOptions } from './data-source.js';
export {
  afterCommit,
  afterRollback,
  unawaited,
  Database,
  isFollowUp,
  sqlState,
  type TransactionOptions,
  type Tx,
} from './database.js';
export * from './definition.entities.js';
export { entities } from './entities.js';
export * from './idempotency.entities.js';
export { newId } from './ids.js';
export * from './incident.entities.js';
export * from './instance.entities.js';
export { migrate } from './migrate.js';
export * from './modification.entities.js';
export * from './notification.entities.js';
export * from './parallel.entities.js';
export * from './people.entities.js';
export { PersistenceModule } from './persistence.module.js';
export * from './routing.entities.js';
export { columnsOf, insertRows, updateRows } from './rows.js';
export { statement } from './statement.js';
export * from './words.js';
