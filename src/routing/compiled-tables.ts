import { compileTable, type CompiledTable } from '#engine/table';

import type { DecisionTableRow } from './decision-tables.queries.js';

const CAPACITY = 200;
const compiled = new Map<string, CompiledTable>();

/** A stored table made ready to decide. Kept: a version never changes, and its index takes longer than a decision. */
export function compiledTable(row: DecisionTableRow): CompiledTable {
  const key = `${row.table_id}@${row.version_number}`;
  const table = compiled.get(key) ?? compileTable(row);
  compiled.delete(key);
  compiled.set(key, table);
  const [oldest] = compiled.keys();
  if (compiled.size > CAPACITY && oldest !== undefined) compiled.delete(oldest);
  return table;
}
