import { Injectable } from '@nestjs/common';

import type { CompiledDefinition } from '#engine/definition';
import { type CompiledTree, compileTree, type TreeNode } from '#engine/routing';
import { statement, type Tx } from '#persistence';
import { ofPresentTenant } from '#platform/tenancy';

interface TreeRow {
  tree_id: string;
  version_number: number;
  tree_name: string;
  root_node_id: string;
  tree_structure: { nodes: TreeNode[] };
}

const readTrees = statement<TreeRow, [tree_ids: readonly string[], workflow_id: string]>(
  'read_active_trees',
  `select tree_id, version_number, tree_name, root_node_id, tree_structure
   from decision_trees
   where tree_id = any($1) and is_active and (workflow_id is null or workflow_id = $2)`,
);

const CAPACITY = 500;
const NO_TREES: ReadonlyMap<string, CompiledTree> = new Map();

/** The active decision trees that a definition's conditional steps name, compiled; a version never changes. */
@Injectable()
export class TreeStore {
  private readonly compiled = new Map<string, CompiledTree>();

  async load(tx: Tx, definition: CompiledDefinition): Promise<ReadonlyMap<string, CompiledTree>> {
    const named = definition.steps.flatMap(({ decision_tree_id: id }) => (id === null ? [] : [id]));
    if (named.length === 0) return NO_TREES;
    const rows = await readTrees(tx, [named, definition.workflow_id]);
    return new Map(rows.map((row) => [row.tree_id, this.compile(row)]));
  }

  private compile(row: TreeRow): CompiledTree {
    const key = ofPresentTenant(`${row.tree_id}/${row.version_number}`);
    const known = this.compiled.get(key);
    if (known) return known;
    const tree = compileTree({ ...row, nodes: row.tree_structure.nodes });
    if (this.compiled.size >= CAPACITY) this.compiled.clear();
    this.compiled.set(key, tree);
    return tree;
  }
}
