import type { InstanceStatus } from '#engine/instance';
import { statement } from '#persistence';

export interface DecisionInstanceRow {
  instance_id: string;
  version_number: number;
  status: InstanceStatus;
  current_step_id: string | null;
  data: Record<string, unknown>;
  step_entries: Record<string, number>;
  last_sequence: number;
}

type InstanceKey = [workflow_id: string, workflow_instance_id: string];

const INSTANCE = `
  select instance_id, version_number, status, current_step_id, data, step_entries, last_sequence
  from workflow_instances where workflow_id = $1 and workflow_instance_id = $2`;

export const findInstance = statement<DecisionInstanceRow, InstanceKey>(
  'find_instance_to_decide',
  INSTANCE,
);

/** Held to the end of the transaction: what is decided on stays as it is until it is carried out. */
export const lockInstance = statement<DecisionInstanceRow, InstanceKey>(
  'lock_instance_to_decide',
  `${INSTANCE} for update`,
);

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

/**
 * Active rules of the workflow, then those for all workflows; one of its own takes the place of one for all with the
 * same id.
 */
export const readStoredRules = statement<StoredRuleRow, [workflow_id: string]>(
  'read_stored_rules',
  `select business_rule_id, rule_id, rule_name, condition_type, condition_expression, target_action, target_step_id,
     priority
   from business_rules r
   where is_active and (workflow_id = $1 or workflow_id is null)
     and not (workflow_id is null and exists (
       select from business_rules own
       where own.is_active and own.workflow_id = $1 and own.rule_id = r.rule_id))
   order by workflow_id nulls last, priority, created_at, business_rule_id`,
);

export interface OverrideRow {
  routing_rule_id: string;
  source_step_id: string | null;
  condition_expression: string;
  target_step_id: string;
  priority: number;
}

export const readOverrides = statement<OverrideRow, [workflow_id: string]>(
  'read_overrides_to_decide',
  `select routing_rule_id, source_step_id, condition_expression, target_step_id, priority
   from dynamic_routing
   where workflow_id = $1 and is_active and (expiry_time is null or expiry_time > now())
   order by priority, created_at`,
);

interface OutcomeRow {
  good: number;
  total: number;
  /** Like decisions, those included whose instance is still open. */
  looked_at: number;
}

/** How many like decisions are looked at: the latest, since what was right years ago may not be now. */
const LATEST = 1_000;

const likeOutcomes = (target: string): string =>
  `select count(*) filter (where i.status = 'completed' and i.outcome is distinct from 'rejected')::int as good,
          count(*) filter (where i.ended_at is not null)::int as total,
          count(*)::int as looked_at
   from (
     select instance_id from routing_analytics
     where workflow_id = $1 and decided_by = $2 and decided_by_id = $3 and ${target}
       and decision_tree_used is not distinct from $4
     order by routing_timestamp desc
     limit ${LATEST}
   ) d
   join workflow_instances i using (instance_id)`;

type LikeKey = [
  workflow_id: string,
  decided_by: string,
  decided_by_id: string,
  decision_tree_used: string | null,
];

/** What became of the instances of like decisions: same rule, leaf or step in order, and same target. */
export const countLikeOutcomes = statement<OutcomeRow, [...LikeKey, target_step_id: string]>(
  'count_like_outcomes',
  likeOutcomes('target_step_id = $5'),
);
export const countLikeOutcomesWithoutTarget = statement<OutcomeRow, LikeKey>(
  'count_like_outcomes_without_target',
  likeOutcomes('target_step_id is null'),
);

/** Columns of one decision as JSON text. */
export const insertDecision = statement<Record<string, never>, [decision: string]>(
  'insert_decision',
  `insert into routing_analytics (
     analytics_id, decision_id, request_id, workflow_id, version_number, instance_id, workflow_instance_id,
     current_step_id, routing_action, target_step_id, decided_by, decided_by_id, question_hash, instance_sequence,
     confidence_score, confidence_cases, execution_time_ms, rules_evaluated, applied_rules, reasoning,
     alternative_paths, decision_tree_used, context_data, evaluation, correlation_id, routing_timestamp)
   select analytics_id, decision_id, request_id, workflow_id, version_number, instance_id, workflow_instance_id,
     current_step_id, routing_action, target_step_id, decided_by, decided_by_id, question_hash, instance_sequence,
     confidence_score, confidence_cases, execution_time_ms, rules_evaluated, applied_rules, reasoning,
     alternative_paths, decision_tree_used, context_data, evaluation, correlation_id, routing_timestamp
   from jsonb_to_record($1) as d (
     analytics_id uuid, decision_id uuid, request_id uuid, workflow_id uuid, version_number int, instance_id uuid,
     workflow_instance_id text, current_step_id text, routing_action text, target_step_id text, decided_by text,
     decided_by_id text, question_hash text, instance_sequence int, confidence_score float8, confidence_cases int,
     execution_time_ms float8, rules_evaluated jsonb, applied_rules jsonb, reasoning jsonb, alternative_paths jsonb,
     decision_tree_used text, context_data jsonb, evaluation jsonb, correlation_id text,
     routing_timestamp timestamptz)`,
);

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
}

const DECISION = `
  select d.decision_id, d.request_id, d.workflow_id, d.version_number, d.instance_id, d.workflow_instance_id,
    d.current_step_id, d.routing_action, d.target_step_id, d.decided_by, d.decided_by_id, d.confidence_score,
    d.confidence_cases, d.execution_time_ms, d.applied_rules, d.reasoning, d.alternative_paths, d.decision_tree_used,
    d.context_data, d.evaluation, d.correlation_id, d.routing_timestamp,
    i.status as instance_status, i.outcome as instance_outcome
  from routing_analytics d left join workflow_instances i using (instance_id)`;

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
