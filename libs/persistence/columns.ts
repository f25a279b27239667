import { Column, type ColumnOptions, PrimaryColumn } from 'typeorm';

/**
 * The few column types of this schema, one decorator each, so that an entity reads as a list of fields.
 * Properties have the columns' names; every instant is timestamptz, every object or list jsonb.
 */

export type JsonObject = Record<string, unknown>;

type Options = Pick<ColumnOptions, 'nullable' | 'default'>;

/** For a column that may be null: `@Uuid(optional)`. */
export const optional = { nullable: true } as const satisfies Options;

/** For a column that PostgreSQL fills with the transaction's time: `@Instant(now)`. */
export const now = { default: () => 'now()' } as const satisfies Options;

const NAME_LENGTH = 100;

export const UuidKey = () => PrimaryColumn({ type: 'uuid' });
export const IdKey = () => PrimaryColumn({ type: 'varchar', length: NAME_LENGTH });
export const WordKey = () => PrimaryColumn({ type: 'varchar', length: 50 });
export const IntKey = () => PrimaryColumn({ type: 'integer' });

/** In the key of what clients name; last, so that a name is looked up by the index. */
export const TenantKey = () =>
  PrimaryColumn({ type: 'varchar', length: NAME_LENGTH, default: () => 'present_tenant()' });

/** Made by the server. */
export const Uuid = (options?: Options) => Column({ type: 'uuid', ...options });
/** May be made by a client: 1–100 characters. */
export const Id = (options?: Options) =>
  Column({ type: 'varchar', length: NAME_LENGTH, ...options });
/** A word from a fixed set, or a short name. */
export const Word = (options?: Options) => Column({ type: 'varchar', length: 50, ...options });
export const Text = (options?: Options) => Column({ type: 'text', ...options });
export const Int = (options?: Options) => Column({ type: 'integer', ...options });
/** A whole number that may grow for years. */
export const Count = (options?: Options) => Column({ type: 'bigint', ...options });
/** A measured or configured figure that need not be whole. */
export const Figure = (options?: Options) => Column({ type: 'double precision', ...options });
export const Flag = (options?: Options) => Column({ type: 'boolean', ...options });
export const Json = (options?: Options) => Column({ type: 'jsonb', ...options });
export const Instant = (options?: Options) => Column({ type: 'timestamptz', ...options });

/** The SQL condition of a CHECK: the column holds one of these words (or null). */
export const oneOf = (column: string, words: readonly string[]): string =>
  `${column} in (${words.map((word) => `'${word}'`).join(', ')})`;
