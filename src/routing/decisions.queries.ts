import type { InstanceStatus } from '#engine/instance';
import { type PersonChoice, statement } from '#persistence';

import { IS_AWAITED } from './choices.queries.js';

export interface DecisionInstanceRow {
  instance_id: string;
  version_number: number;
  status: InstanceStatus;
  current_step_id: string | null;
  data: Record<string, unknown>;
  step_entries: Record<string, number>;
  last_sequence: number;
}

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

export interface OverrideRow {
  routing_rule_id: string;
  source_step_id: string | null;
  condition_expression: string;
  target_step_id: string;
  priority: number;
}

export interface DecisionFactsRow {
  /** Null: no such instance yet. */
  instance: DecisionInstanceRow | null;
  /** The version that a new instance would start with; null: no such workflow. */
  current: { version_number: number; is_active: boolean } | null;
  /** Versions of rules: of the workflow by priority, then those for all; one of its own takes the place of one for all with its id. */
  stored_ids: string[];
  /** By priority. */
  overrides: OverrideRow[];
  /** `last_sequence` before another's transaction was waited for: what stands beside it here is of that time. */
  seen_sequence: number | null;
  /** The answer already given to this question, when the instance has not changed since. */
  same: (Omit<DecisionRow, 'routing_timestamp'> & { routing_timestamp: string }) | null;
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

/** All in one: a decision spends its time on the way to the database and back. */
const facts = (lock: string): string => `
  with instance as (
    select instance_id, version_number, status, current_step_id, data, step_entries, last_sequence
    from workflow_instances where workflow_id = $1 and workflow_instance_id = $2 ${lock}
  )
  select
    (select to_jsonb(instance) from instance) as instance,
    (select jsonb_build_object('version_number', d.version_number, 'is_active', d.is_active)
       from workflow_definitions d where d.workflow_id = $1
      order by d.is_active desc, d.version_number desc limit 1) as current,
    coalesce((
      select jsonb_agg(r.business_rule_id order by r.workflow_id nulls last, r.priority, r.created_at, r.business_rule_id)
      from business_rules r
      where r.is_active and (r.workflow_id = $1 or r.workflow_id is null)
        and not (r.workflow_id is null and exists (
          select from business_rules own
          where own.is_active and own.workflow_id = $1 and own.rule_id = r.rule_id))), '[]') as stored_ids,
    coalesce((
      select jsonb_agg(jsonb_build_object(
        'routing_rule_id', o.routing_rule_id, 'source_step_id', o.source_step_id,
        'condition_expression', o.condition_expression, 'target_step_id', o.target_step_id, 'priority', o.priority)
        order by o.priority, o.created_at)
      from dynamic_routing o
      where o.workflow_id = $1 and o.is_active and (o.expiry_time is null or o.expiry_time > now())),
      '[]') as overrides,
    seen.last_sequence as seen_sequence,
    (select to_jsonb(same) from (
      ${DECISION}
      where d.instance_id = seen.instance_id and d.question_hash = $3 and d.instance_sequence = seen.last_sequence
      order by d.routing_timestamp desc limit 1) same) as same
  from (values (1)) one
  left join workflow_instances seen on seen.workflow_id = $1 and seen.workflow_instance_id = $2`;

type FactsKey = [workflow_id: string, workflow_instance_id: string, question_hash: string];

export const readDecisionFacts = statement<DecisionFactsRow, FactsKey>(
  'read_decision_facts',
  facts(''),
);

/** As `readDecisionFacts`; the instance stays as it is until the transaction ends. */
export const lockDecisionFacts = statement<DecisionFactsRow, FactsKey>(
  'lock_decision_facts',
  facts('for update'),
);

/** What versions of rules say. */
export const findRuleVersions = statement<StoredRuleRow, [business_rule_ids: readonly string[]]>(
  'find_rule_versions',
  `select business_rule_id, rule_id, rule_name, condition_type, condition_expression, target_action, target_step_id,
     priority
   from business_rules where business_rule_id = any($1::uuid[])`,
);

/** Columns of one decision as JSON text. */
export const insertDecision = statement<Record<string, never>, [decision: string]>(
  'insert_decision',
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
   from jsonb_to_record($1) as d (
     analytics_id uuid, decision_id uuid, request_id uuid, workflow_id uuid, version_number int, instance_id uuid,
     workflow_instance_id text, current_step_id text, routing_action text, target_step_id text, decided_by text,
     decided_by_id text, question_hash text, instance_sequence int, confidence_score float8, confidence_cases int,
     execution_time_ms float8, rules_evaluated jsonb, applied_rules jsonb, reasoning jsonb, alternative_paths jsonb,
     decision_tree_used text, decision_table_used text, context_data jsonb, evaluation jsonb, correlation_id text,
     person_choice text, routing_timestamp timestamptz)`,
);

/** The answer already given to this question, when the instance has not changed since. */
export const findSameDecision = statement<
  DecisionRow,
  [instance_id: string, question_hash: string, instance_sequence: number]
>(
  'find_same_decision',
  `${DECISION}
   where d.instance_id = $1 and d.question_hash = $2 and d.instance_sequence = $3
   order by d.routing_timestamp desc limit 1`,
);

export const findDecision = statement<DecisionRow, [decision_id: string]>(
  'find_decision',
  `${DECISION} where d.decision_id = $1`,
);
