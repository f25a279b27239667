import { compileTree, type CompiledTree } from '#engine/routing';
import { compileTable, type CompiledTable } from '#engine/table';

import type { DecisionTableRow } from './decision-tables/decision-tables.queries.js';
import type { DecisionTreeRow } from './decision-trees/decision-trees.queries.js';
import { ofPresentTenant } from '#platform/tenancy';

const CAPACITY = 200;

/** A stored table made ready to decide. */
export const compiledTable = kept<DecisionTableRow, CompiledTable>(
  ({ table_id, version_number }) => `${table_id}@${version_number}`,
  compileTable,
);

/** A stored tree made ready to decide. */
export const compiledTree = kept<DecisionTreeRow, CompiledTree>(
  ({ tree_id, version_number }) => `${tree_id}@${version_number}`,
  (row) => compileTree({ ...row, nodes: row.tree_structure.nodes }),
);

/** Kept, the latest used: a version never changes, and making it ready takes longer than a decision. */
function kept<Row, Compiled>(
  keyOf: (row: Row) => string,
  compile: (row: Row) => Compiled,
): (row: Row) => Compiled {
  const known = new Map<string, Compiled>();
  return (row) => {
    const key = ofPresentTenant(keyOf(row));
    const compiled = known.get(key) ?? compile(row);
    known.delete(key);
    known.set(key, compiled);
    const [oldest] = known.keys();
    if (known.size > CAPACITY && oldest !== undefined) known.delete(oldest);
    return compiled;
  };
}
