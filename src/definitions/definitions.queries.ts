import { statement } from '#persistence';

/** Fields of one version and its parts as JSON text, ids included. */
type InsertVersion = [
  workflow_id: string,
  version_number: number,
  definition: string,
  steps: string,
  routing_rules: string,
  approval_hierarchies: string,
  created_by: string,
  modification_id: string | null,
];

/** One version, whole, in one statement; inactive or active as the definition says. */
export const insertVersion = statement<{ created_at: Date }, InsertVersion>(
  'insert_definition_version',
  `with version as (
     insert into workflow_definitions (
       workflow_id, version_number, version, workflow_name, workflow_description, category, is_active,
       global_timeout_hours, retry_configuration, notification_escalation, minimum_confidence, created_by,
       modification_id)
     select $1, $2, d.version, d.workflow_name, d.workflow_description, d.category, d.is_active,
       d.global_timeout_hours, d.retry_configuration, d.notification_escalation, d.minimum_confidence, $7, $8
     from jsonb_to_record($3) as d (
       version text, workflow_name text, workflow_description text, category text, is_active boolean,
       global_timeout_hours float8, retry_configuration jsonb, notification_escalation jsonb,
       minimum_confidence float8)
     returning created_at
   ), steps as (
     insert into step_configurations (
       step_config_id, workflow_id, version_number, step_id, step_name, step_type, order_sequence, required_roles,
       estimated_duration_minutes, auto_escalation_hours, conditions, form_schema, notification_settings, handler,
       parallel, decision_tree_id, different_person_from, working_time)
     select s.step_config_id, $1, $2, s.step_id, s.step_name, s.step_type, s.order_sequence, s.required_roles,
       s.estimated_duration_minutes, s.auto_escalation_hours, s.conditions, s.form_schema, s.notification_settings,
       s.handler, s.parallel, s.decision_tree_id, coalesce(s.different_person_from, '[]'),
       coalesce(s.working_time, false)
     from jsonb_to_recordset($4) as s (
       step_config_id uuid, step_id text, step_name text, step_type text, order_sequence int, required_roles jsonb,
       estimated_duration_minutes float8, auto_escalation_hours float8, conditions jsonb, form_schema jsonb,
       notification_settings jsonb, handler jsonb, parallel jsonb, decision_tree_id text,
       different_person_from jsonb, working_time boolean)
   ), rules as (
     insert into routing_rules (
       workflow_id, version_number, rule_id, condition_expression, target_step_id, source_step_id, priority, position,
       description)
     select $1, $2, r.rule_id, r.condition_expression, r.target_step_id, r.source_step_id, r.priority, r.position,
       r.description
     from jsonb_to_recordset($5) as r (
       rule_id text, condition_expression text, target_step_id text, source_step_id text, priority int, position int,
       description text)
   ), levels as (
     insert into approval_hierarchies (
       hierarchy_id, workflow_id, version_number, level, role_required, department_required, minimum_level,
       parallel_approval, bypass_conditions, policy)
     select a.hierarchy_id, $1, $2, a.level, a.role_required, a.department_required, a.minimum_level,
       a.parallel_approval, a.bypass_conditions, a.policy
     from jsonb_to_recordset($6) as a (
       hierarchy_id uuid, level int, role_required text, department_required text, minimum_level int,
       parallel_approval boolean, bypass_conditions jsonb, policy jsonb)
   )
   select created_at from version`,
);

/** Holds back other changes of the workflow's versions until the transaction ends; instances may still be started. */
export const lockWorkflow = statement<{ version_number: number }, [workflow_id: string]>(
  'lock_workflow',
  `select version_number from workflow_definitions where workflow_id = $1
   order by version_number limit 1 for no key update`,
);

/** The other workflow that is active under this name, in any letter case. */
export const findActiveName = statement<
  { workflow_id: string },
  [workflow_name: string, but_workflow_id: string | null]
>(
  'find_active_workflow_name',
  `select workflow_id from workflow_definitions
   where is_active and lower(workflow_name) = lower($1) and ($2::uuid is null or workflow_id <> $2)`,
);

export const listLabels = statement<{ version_number: number; version: string }, [string]>(
  'list_definition_labels',
  `select version_number, version from workflow_definitions where workflow_id = $1`,
);

/** Before `activate`: at most one version of a workflow is active at any moment. */
export const deactivate = statement<
  { version_number: number },
  [workflow_id: string, but_version_number: number | null]
>(
  'deactivate_definition',
  `update workflow_definitions set is_active = false, updated_at = now()
   where workflow_id = $1 and is_active and ($2::int is null or version_number <> $2)
   returning version_number`,
);

/** No row: there is no such version. */
export const activate = statement<
  { version_number: number },
  [workflow_id: string, version_number: number]
>(
  'activate_definition',
  `update workflow_definitions
   set is_active = true, updated_at = case when is_active then updated_at else now() end
   where workflow_id = $1 and version_number = $2
   returning version_number`,
);

export interface WorkflowSummaryRow {
  workflow_id: string;
  workflow_name: string;
  workflow_description: string;
  category: string;
  version: string;
  version_number: number;
  is_active: boolean;
  steps_configured: number;
  modification_id: string | null;
  created_at: Date;
  updated_at: Date;
  created_by: string;
}

const SUMMARY = `
  d.workflow_id, d.workflow_name, d.workflow_description, d.category, d.version, d.version_number, d.is_active,
  (select count(*) from step_configurations s
    where s.workflow_id = d.workflow_id and s.version_number = d.version_number)::int as steps_configured,
  d.modification_id, d.created_at, d.updated_at, d.created_by`;

/** Workflows by their current version, newest first (an id of ours begins with its time). */
export const listWorkflows = statement<
  WorkflowSummaryRow,
  [
    before_workflow_id: string | null,
    category: string | null,
    is_active: boolean | null,
    name_part: string | null,
    limit: number,
  ]
>(
  'list_workflows',
  `select ${SUMMARY}
   from (
     select distinct on (workflow_id) *
     from workflow_definitions
     where $1::uuid is null or workflow_id < $1
     order by workflow_id desc, is_active desc, version_number desc
   ) d
   where ($2::text is null or d.category = $2)
     and ($3::boolean is null or d.is_active = $3)
     and ($4::text is null or position(lower($4) in lower(d.workflow_name)) > 0)
   order by d.workflow_id desc
   limit $5`,
);

export const listVersions = statement<
  WorkflowSummaryRow,
  [workflow_id: string, before_version_number: number | null, limit: number]
>(
  'list_definition_versions',
  `select ${SUMMARY}
   from workflow_definitions d
   where d.workflow_id = $1 and ($2::int is null or d.version_number < $2)
   order by d.version_number desc
   limit $3`,
);
