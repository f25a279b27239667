import pg from 'pg';

const { INT8, NUMERIC } = pg.types.builtins;
const AS_NUMBER = new Set<number>([INT8, NUMERIC]);

/**
 * pg gives int8 and numeric as text, as they may exceed a double. Ours are counts, averages and event ids, well
 * below 2^53, so they come as numbers; anything else is parsed as pg does.
 */
export const numericTypes: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    AS_NUMBER.has(oid) && format !== 'binary'
      ? Number
      : (pg.types.getTypeParser(oid, format) as (value: unknown) => unknown),
};
