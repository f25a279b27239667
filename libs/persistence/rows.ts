import {
  type EntityTarget,
  type FindOptionsWhere,
  getMetadataArgsStorage,
  type ObjectLiteral,
} from 'typeorm';
import type { Tx } from './database.js';

/** PostgreSQL takes 65,535 parameters a statement; the widest table has some 40 columns. */
const ROWS_A_STATEMENT = 1_000;

/**
 * Inserts rows; a column left out takes its default. TypeORM's own `insert` does the same, but its parameter type
 * refuses a `Record<string, unknown>` in a jsonb column.
 */
export async function insertRows<Entity extends ObjectLiteral>(
  tx: Tx,
  entity: EntityTarget<Entity>,
  rows: readonly Partial<Entity>[],
): Promise<void> {
  for (let start = 0; start < rows.length; start += ROWS_A_STATEMENT) {
    const chunk = rows.slice(start, start + ROWS_A_STATEMENT);
    await tx.insert(entity, chunk);
  }
}

/** Updates the rows that match; as `insertRows` for the types. @returns how many; zero is a conflict, to be said so */
export async function updateRows<Entity extends ObjectLiteral>(
  tx: Tx,
  entity: EntityTarget<Entity>,
  where: FindOptionsWhere<Entity>,
  changes: Partial<Entity>,
): Promise<number> {
  const { affected } = await tx.update(entity, where, changes);
  return affected ?? 0;
}

/** The columns that an entity declares, by their names. */
export function columnsOf(entity: new () => object): string[] {
  return getMetadataArgsStorage()
    .columns.filter(({ target }) => target === entity)
    .map(({ propertyName }) => propertyName);
}
