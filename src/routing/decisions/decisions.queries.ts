import type { InstanceStatus } from '#engine/instance';
import { type PersonChoice, statement } from '#persistence';

import { IS_AWAITED } from './choices.queries.js';

export interface StoredRuleRow {
  /** Of this version of the rule. */
  business_rule_id: string;
  rule_id: string;
  rule_name: string;
  condition_type: string;
  condition_expression: string;
  target_action: string;
  target_step_id: string | null;
  priority: number;
}

export interface DecisionRow {
  decision_id: string;
  request_id: string;
  workflow_id: string;
  version_number: number;
  instance_id: string;
  workflow_instance_id: string;
  current_step_id: string;
  routing_action: string;
  target_step_id: string | null;
  decided_by: string;
  decided_by_id: string;
  confidence_score: number | null;
  confidence_cases: number;
  execution_time_ms: number;
  applied_rules: string[];
  reasoning: string[];
  alternative_paths: unknown[];
  decision_tree_used: string | null;
  context_data: Record<string, unknown>;
  evaluation: Record<string, unknown>;
  correlation_id: string | null;
  routing_timestamp: Date;
  instance_status: InstanceStatus | null;
  instance_outcome: string | null;
  person_choice: PersonChoice | null;
  is_awaited: boolean | null;
  chosen_target_step_id: string | null;
  chosen_by: string | null;
  choice_comment: string | null;
  chosen_at: Date | null;
}

const DECISION = `
  select d.decision_id, d.request_id, d.workflow_id, d.version_number, d.instance_id, d.workflow_instance_id,
    d.current_step_id, d.routing_action, d.target_step_id, d.decided_by, d.decided_by_id, d.confidence_score,
    d.confidence_cases, d.execution_time_ms, d.applied_rules, d.reasoning, d.alternative_paths, d.decision_tree_used,
    d.context_data, d.evaluation, d.correlation_id, d.routing_timestamp,
    i.status as instance_status, i.outcome as instance_outcome, d.person_choice, ${IS_AWAITED} as is_awaited,
    d.chosen_target_step_id, d.chosen_by, d.choice_comment, d.chosen_at
  from routing_analytics d left join workflow_instances i using (instance_id)`;

interface ActiveRulesRow {
  workflow_id: string;
  /** Versions of rules: of the workflow by priority, then those for all; one of its own takes the place of one for all with its id. */
  stored_ids: string[];
}

/** Of each of these workflows. */
export const readActiveRules = statement<ActiveRulesRow, [workflow_ids: readonly string[]]>(
  'read_active_rules',
  `select w.workflow_id, coalesce((
     select jsonb_agg(r.business_rule_id order by r.workflow_id nulls last, r.priority, r.created_at, r.business_rule_id)
     from business_rules r
     where r.is_active and (r.workflow_id = w.workflow_id or r.workflow_id is null)
       and not (r.workflow_id is null and exists (
         select from business_rules own
         where own.is_active and own.workflow_id = w.workflow_id and own.rule_id = r.rule_id))), '[]') as stored_ids
   from unnest($1::uuid[]) as w (workflow_id)`,
);

/** What versions of rules say. */
export const findRuleVersions = statement<StoredRuleRow, [business_rule_ids: readonly string[]]>(
  'find_rule_versions',
  `select business_rule_id, rule_id, rule_name, condition_type, condition_expression, target_action, target_step_id,
     priority
   from business_rules where business_rule_id = any($1::uuid[])`,
);

/** Columns of decisions as a JSON list. */
export const insertDecisions = statement<never, [decisions: string]>(
  'insert_decisions',
  `insert into routing_analytics (
     analytics_id, decision_id, request_id, workflow_id, version_number, instance_id, workflow_instance_id,
     current_step_id, routing_action, target_step_id, decided_by, decided_by_id, question_hash, instance_sequence,
     confidence_score, confidence_cases, execution_time_ms, rules_evaluated, applied_rules, reasoning,
     alternative_paths, decision_tree_used, decision_table_used, context_data, evaluation, correlation_id, person_choice,
     routing_timestamp)
   select analytics_id, decision_id, request_id, workflow_id, version_number, instance_id, workflow_instance_id,
     current_step_id, routing_action, target_step_id, decided_by, decided_by_id, question_hash, instance_sequence,
     confidence_score, confidence_cases, execution_time_ms, rules_evaluated, applied_rules, reasoning,
     alternative_paths, decision_tree_used, decision_table_used, context_data, evaluation, correlation_id, person_choice,
     routing_timestamp
   from jsonb_to_recordset($1) as d (
     analytics_id uuid, decision_id uuid, request_id uuid, workflow_id uuid, version_number int, instance_id uuid,
     workflow_instance_id text, current_step_id text, routing_action text, target_step_id text, decided_by text,
     decided_by_id text, question_hash text, instance_sequence int, confidence_score float8, confidence_cases int,
     execution_time_ms float8, rules_evaluated jsonb, applied_rules jsonb, reasoning jsonb, alternative_paths jsonb,
     decision_tree_used text, decision_table_used text, context_data jsonb, evaluation jsonb, correlation_id text,
     person_choice text, routing_timestamp timestamptz)`,
);

/** The answers already given to these questions, where the instance has not changed since: each by the question's place. */
export const findSameDecisions = statement<
  DecisionRow & { place: number },
  [
    workflow_ids: readonly string[],
    workflow_instance_ids: readonly string[],
    question_hashes: readonly string[],
  ]
>(
  'find_same_decisions',
  `select same.*, q.place::int
   from unnest($1::uuid[], $2::text[], $3::text[]) with ordinality
     as q (workflow_id, workflow_instance_id, question_hash, place)
   join workflow_instances w using (workflow_id, workflow_instance_id)
   cross join lateral (
     ${DECISION}
     where d.instance_id = w.instance_id and d.question_hash = q.question_hash
       and d.instance_sequence = w.last_sequence
     order by d.routing_timestamp desc
     limit 1) same`,
);

export const findDecision = statement<DecisionRow, [decision_id: string]>(
  'find_decision',
  `${DECISION} where d.decision_id = $1`,
);
