import type { DecisionTable } from '#engine/table';
import { statement } from '#persistence';

export interface DecisionTableRow extends DecisionTable {
  version_number: number;
  workflow_id: string | null;
  metadata: Record<string, unknown>;
  is_active: boolean;
  created_at: Date;
}

const TABLE = `table_id, version_number, workflow_id, table_name, hit_policy, aggregation, inputs, outputs, rules,
  metadata, is_active, created_at`;

/** The version that decides; none when the table is not active. */
export const findActiveTable = statement<DecisionTableRow, [table_id: string]>(
  'find_active_table',
  `select ${TABLE} from decision_tables where table_id = $1 and is_active`,
);

export const findTableVersion = statement<
  DecisionTableRow,
  [table_id: string, version_number: number]
>(
  'find_table_version',
  `select ${TABLE} from decision_tables where table_id = $1 and version_number = $2`,
);

/** The active version of a table, else its latest. */
export const findTable = statement<DecisionTableRow, [table_id: string]>(
  'find_table',
  `select ${TABLE} from decision_tables where table_id = $1
   order by is_active desc, version_number desc limit 1`,
);

/** No other version is made until the transaction ends. */
export const lockTable = statement<{ version_number: number }, [table_id: string]>(
  'lock_decision_table',
  `select version_number from decision_tables where table_id = $1
   order by version_number limit 1 for no key update`,
);

/** Columns of the next version as JSON text. */
export const insertTable = statement<DecisionTableRow, [table_id: string, columns: string]>(
  'insert_decision_table',
  `insert into decision_tables (
     table_id, version_number, workflow_id, table_name, hit_policy, aggregation, inputs, outputs, rules, metadata)
   select $1::varchar, (select coalesce(max(version_number), 0) + 1 from decision_tables where table_id = $1::varchar),
     workflow_id, table_name, hit_policy, aggregation, inputs, outputs, rules, metadata
   from jsonb_to_record($2::jsonb) as t (
     workflow_id uuid, table_name text, hit_policy text, aggregation text, inputs jsonb, outputs jsonb, rules jsonb,
     metadata jsonb)
   returning ${TABLE}`,
);

export const deactivateTable = statement<{ version_number: number }, [table_id: string]>(
  'deactivate_decision_table',
  `update decision_tables set is_active = false where table_id = $1 and is_active returning version_number`,
);

/** Versions of one table, latest first. */
export const listTableVersions = statement<
  DecisionTableRow,
  [table_id: string, before_version: number | null, limit: number]
>(
  'list_table_versions',
  `select ${TABLE} from decision_tables
   where table_id = $1 and ($2::int is null or version_number < $2)
   order by version_number desc limit $3`,
);

/** Tables by their active or latest version, in the order of their ids. */
export const listTables = statement<
  DecisionTableRow,
  [
    after_table_id: string | null,
    workflow_id: string | null,
    is_active: boolean | null,
    limit: number,
  ]
>(
  'list_tables',
  `select ${TABLE}
   from (
     select distinct on (table_id) * from decision_tables
     where $1::text is null or table_id > $1
     order by table_id, is_active desc, version_number desc
   ) t
   where ($2::uuid is null or workflow_id = $2) and ($3::boolean is null or is_active = $3)
   order by table_id
   limit $4`,
);
