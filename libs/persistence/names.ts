import { DefaultNamingStrategy, type Table } from 'typeorm';

/**
 * PostgreSQL's own names for unnamed constraints, so that migrations can be plain SQL
 * (`unique (a, b)`, `references …`) and still agree with the entities.
 */
export class PostgresNames extends DefaultNamingStrategy {
  override primaryKeyName(table: Table | string): string {
    return `${this.getTableName(table)}_pkey`;
  }

  override uniqueConstraintName(table: Table | string, columns: string[]): string {
    return [this.getTableName(table), ...columns, 'key'].join('_');
  }

  override foreignKeyName(table: Table | string, columns: string[]): string {
    return [this.getTableName(table), ...columns, 'fkey'].join('_');
  }
}
