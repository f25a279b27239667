import type { TreeNode } from '#engine/routing';
import { statement } from '#persistence';

export interface DecisionTreeRow {
  tree_id: string;
  version_number: number;
  workflow_id: string | null;
  tree_name: string;
  root_node_id: string;
  tree_structure: { nodes: TreeNode[]; metadata: Record<string, unknown> };
  is_active: boolean;
  usage_count: number;
  accuracy_score: number | null;
  created_at: Date;
}

const TREE = `tree_id, version_number, workflow_id, tree_name, root_node_id, tree_structure, is_active, usage_count,
  accuracy_score, created_at`;

/** The version that decides; none when the tree is not active. */
export const findActiveTree = statement<DecisionTreeRow, [tree_id: string]>(
  'find_active_tree',
  `select ${TREE} from decision_trees where tree_id = $1 and is_active`,
);

/** The active version of a tree, else its latest. */
export const findTree = statement<DecisionTreeRow, [tree_id: string]>(
  'find_tree',
  `select ${TREE} from decision_trees where tree_id = $1
   order by is_active desc, version_number desc limit 1`,
);

/** As `findTree`, and no other version is made until the transaction ends. */
export const lockTree = statement<{ version_number: number }, [tree_id: string]>(
  'lock_tree',
  `select version_number from decision_trees where tree_id = $1
   order by version_number limit 1 for no key update`,
);

export const insertTree = statement<
  DecisionTreeRow,
  [
    tree_id: string,
    workflow_id: string | null,
    tree_name: string,
    root_node_id: string,
    tree_structure: string,
  ]
>(
  'insert_tree',
  `insert into decision_trees (tree_id, version_number, workflow_id, tree_name, root_node_id, tree_structure)
   select $1::varchar, coalesce(max(version_number), 0) + 1, $2::uuid, $3, $4, $5::jsonb
   from decision_trees where tree_id = $1::varchar
   returning ${TREE}`,
);

export const deactivateTree = statement<{ version_number: number }, [tree_id: string]>(
  'deactivate_tree',
  `update decision_trees set is_active = false where tree_id = $1 and is_active returning version_number`,
);

/** Trees by their active or latest version, in the order of their ids. */
export const listTrees = statement<
  DecisionTreeRow,
  [
    after_tree_id: string | null,
    workflow_id: string | null,
    is_active: boolean | null,
    limit: number,
  ]
>(
  'list_trees',
  `select ${TREE}
   from (
     select distinct on (tree_id) * from decision_trees
     where $1::text is null or tree_id > $1
     order by tree_id, is_active desc, version_number desc
   ) t
   where ($2::uuid is null or workflow_id = $2) and ($3::boolean is null or is_active = $3)
   order by tree_id
   limit $4`,
);
