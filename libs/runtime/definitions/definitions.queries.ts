import { statement } from '#persistence';

/** One version of a workflow with its parts, as the tables hold it; jsonb parts with the columns' names. */
export interface DefinitionRow {
  workflow_id: string;
  version_number: number;
  version: string;
  workflow_name: string;
  workflow_description: string;
  category: string;
  is_active: boolean;
  global_timeout_hours: number;
  retry_configuration: Record<string, unknown>;
  notification_escalation: Record<string, unknown>;
  minimum_confidence: number | null;
  modification_id: string | null;
  created_at: Date;
  updated_at: Date;
  created_by: string;
  steps: Record<string, unknown>[];
  routing_rules: Record<string, unknown>[];
  approval_hierarchies: Record<string, unknown>[];
  /** The asking transaction itself wrote it, so it may never come to be. */
  uncommitted: boolean;
}

export const selectVersion = statement<
  DefinitionRow,
  [workflow_id: string, version_number: number]
>(
  'definition_version',
  `select d.*,
          coalesce(d.xmin = pg_current_xact_id_if_assigned()::xid, false) as uncommitted,
          coalesce((select jsonb_agg(to_jsonb(s) order by s.order_sequence)
                      from step_configurations s
                     where (s.workflow_id, s.version_number) = (d.workflow_id, d.version_number)),
                   '[]') as steps,
          coalesce((select jsonb_agg(to_jsonb(r) order by r.priority, r.position)
                      from routing_rules r
                     where (r.workflow_id, r.version_number) = (d.workflow_id, d.version_number)
                       and r.is_active),
                   '[]') as routing_rules,
          coalesce((select jsonb_agg(to_jsonb(a) order by a.level)
                      from approval_hierarchies a
                     where (a.workflow_id, a.version_number) = (d.workflow_id, d.version_number)),
                   '[]') as approval_hierarchies
     from workflow_definitions d
    where d.workflow_id = $1 and d.version_number = $2`,
);

/** The version that new instances start with: the active one, else the latest. No row: no such workflow. */
export const selectCurrentVersion = statement<
  { version_number: number; is_active: boolean },
  [workflow_id: string]
>(
  'definition_current_version',
  `select version_number, is_active
     from workflow_definitions
    where workflow_id = $1
    order by is_active desc, version_number desc
    limit 1`,
);
