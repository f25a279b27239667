import { Check, Entity, Index, Unique } from 'typeorm';
import { AGGREGATIONS, HIT_POLICIES } from '#engine/table';
import {
  Figure,
  Flag,
  Id,
  IdKey,
  Instant,
  Int,
  IntKey,
  Json,
  type JsonObject,
  now,
  oneOf,
  optional,
  Text,
  Uuid,
  UuidKey,
  Word,
  TenantKey,
} from './columns.js';
import { BACKTEST_STATUSES, PERSON_CHOICES, type PersonChoice } from './words.js';

/** What evaluating one rule's condition within one workflow has come to. */
@Entity('routing_conditions')
@Unique(['workflow_id', 'rule_id', 'condition_type'])
export class RoutingConditionEntity {
  @UuidKey() condition_id: string;
  @Uuid() workflow_id: string;
  @Id() rule_id: string;
  @Text() condition_expression: string;
  @Word() condition_type: string;
  @Json({ default: {} }) evaluation_context: JsonObject;
  @Instant(optional) last_evaluated: Date | null;
  @Int({ default: 0 }) evaluation_count: number;
  /** Share of evaluations in which the condition held, 0–1; null before the first. */
  @Figure(optional) success_rate: number | null;
  @Instant(now) created_at: Date;
}

/** A stored rule; one active version for each `rule_id` of a workflow (or of all workflows). */
@Entity('business_rules')
// on (coalesce(workflow_id, zero uuid), rule_id) where is_active
@Index('business_rules_active', { synchronize: false })
// nulls not distinct
@Index('business_rules_versions', { synchronize: false })
@Index('business_rules_by_priority', ['workflow_id', 'priority'], { where: 'is_active' })
export class BusinessRuleEntity {
  @UuidKey() business_rule_id: string;
  @Id() rule_id: string;
  @Int({ default: 1 }) version_number: number;
  /** Null: for all workflows. */
  @Uuid(optional) workflow_id: string | null;
  @Text() rule_name: string;
  @Word(optional) rule_category: string | null;
  @Word() condition_type: string;
  @Text() condition_expression: string;
  @Word() target_action: string;
  @Id(optional) target_step_id: string | null;
  /** Lower is tried first. */
  @Int({ default: 100 }) priority: number;
  @Flag({ default: true }) is_active: boolean;
  @Int({ default: 0 }) success_count: number;
  @Int({ default: 0 }) failure_count: number;
  @Instant(optional) last_used: Date | null;
  @Instant(now) created_at: Date;
  @Json({ default: {} }) metadata: JsonObject;
}

@Entity('decision_trees')
@Index('decision_trees_active', ['tree_id', 'tenant_id'], { unique: true, where: 'is_active' })
export class DecisionTreeEntity {
  @IdKey() tree_id: string;
  @IntKey() version_number: number;
  @TenantKey() tenant_id: string;
  /** Null: for all workflows. */
  @Uuid(optional) workflow_id: string | null;
  @Text() tree_name: string;
  @Id() root_node_id: string;
  /** `{nodes, metadata}` as the contract's decision tree has them. */
  @Json() tree_structure: JsonObject;
  @Flag({ default: true }) is_active: boolean;
  @Int({ default: 0 }) usage_count: number;
  /** Share of its decisions whose instance then succeeded, 0–1; null before the first ended. */
  @Figure(optional) accuracy_score: number | null;
  /** `accuracy_score` is the quotient of these two. */
  @Int({ default: 0 }) good_count: number;
  @Int({ default: 0 }) judged_count: number;
  @Instant(now) created_at: Date;
}

/** A stored decision table (DMN 1.5 §8.2), by version; one active version for each `table_id`. */
@Entity('decision_tables')
@Check('decision_tables_hit_policy_check', oneOf('hit_policy', HIT_POLICIES))
@Check('decision_tables_aggregation_check', oneOf('aggregation', AGGREGATIONS))
@Index('decision_tables_active', ['table_id', 'tenant_id'], { unique: true, where: 'is_active' })
export class DecisionTableEntity {
  @IdKey() table_id: string;
  @IntKey() version_number: number;
  @TenantKey() tenant_id: string;
  /** Null: for all workflows. */
  @Uuid(optional) workflow_id: string | null;
  @Text() table_name: string;
  @Word() hit_policy: string;
  @Word(optional) aggregation: string | null;
  /** These three as `DecisionTable` of `#engine/table` has them. */
  @Json() inputs: unknown[];
  @Json() outputs: unknown[];
  @Json() rules: unknown[];
  @Json({ default: {} }) metadata: JsonObject;
  @Flag({ default: true }) is_active: boolean;
  @Instant(now) created_at: Date;
}

/** A candidate decided on the recorded decisions of a period: how far it has come, and what came out. */
@Entity('backtests')
@Check('backtests_status_check', oneOf('status', BACKTEST_STATUSES))
@Index('backtests_open', ['updated_at'], { where: "status in ('pending', 'running')" })
export class BacktestEntity {
  @UuidKey() backtest_id: string;
  @Uuid() workflow_id: string;
  @Word({ default: 'pending' }) status: string;
  /** `{business_rules, decision_table, decision_tree}`, each null where it is not part of it. */
  @Json() candidate: JsonObject;
  @Instant() period_start: Date;
  @Instant() period_end: Date;
  @Int({ default: 0 }) decisions_total: number;
  @Int({ default: 0 }) decisions_read: number;
  @Int({ default: 0 }) decisions_changed: number;
  @Int({ default: 0 }) decisions_undecidable: number;
  /** The last decision read; the next batch begins after it. */
  @Instant(optional) next_after: Date | null;
  @Uuid(optional) next_after_id: string | null;
  @Json({ default: [] }) matrix: unknown[];
  @Json({ default: [] }) changes: unknown[];
  @Text(optional) error_message: string | null;
  @Text() requested_by: string;
  @Instant(now) created_at: Date;
  @Instant(now) updated_at: Date;
  @Instant(optional) ended_at: Date | null;
}

/** One routing decision that was carried out, and what it rested on. */
@Entity('routing_analytics')
@Unique(['decision_id'])
@Index('routing_analytics_by_time', ['workflow_id', 'routing_timestamp'])
@Index('routing_analytics_of_instance', ['instance_id', 'instance_sequence'], {
  where: 'instance_id is not null',
})
// outcomes of like decisions
@Index('routing_analytics_like_decisions', [
  'workflow_id',
  'decided_by',
  'decided_by_id',
  'target_step_id',
  'routing_timestamp',
])
@Index('routing_analytics_uncounted', ['routing_timestamp'], { where: 'not counted' })
@Index('routing_analytics_unjudged', ['instance_id'], {
  where: 'went_well is null and instance_id is not null',
})
@Check('routing_analytics_person_choice_check', oneOf('person_choice', PERSON_CHOICES))
@Index('routing_analytics_awaiting', ['decision_id'], { where: "person_choice = 'pending'" })
@Index('routing_analytics_chosen', ['chosen_at'], {
  where: 'went_well is null and chosen_at is not null',
})
export class RoutingAnalyticsEntity {
  @UuidKey() analytics_id: string;
  @Uuid() decision_id: string;
  @Uuid() request_id: string;
  @Uuid() workflow_id: string;
  @Int(optional) version_number: number | null;
  @Uuid(optional) instance_id: string | null;
  @Id() workflow_instance_id: string;
  @Id(optional) current_step_id: string | null;
  @Word() routing_action: string;
  @Id(optional) target_step_id: string | null;
  /** `tree`, `table`, `rule` or `sequence`. */
  @Word(optional) decided_by: string | null;
  /** The rule (of a table as well), or the tree's leaf. */
  @Id(optional) decided_by_id: string | null;
  /** Digest of all that was asked: the same question of an unchanged instance has the same answer. */
  @Id(optional) question_hash: string | null;
  /** `last_sequence` of the instance once the decision was carried out. */
  @Int(optional) instance_sequence: number | null;
  /** 0–1, resting on `confidence_cases` recorded outcomes; null where there are none. */
  @Figure(optional) confidence_score: number | null;
  @Int({ default: 0 }) confidence_cases: number;
  @Figure() execution_time_ms: number;
  /** Ids of the rules that were evaluated, in that order. */
  @Json({ default: [] }) rules_evaluated: unknown[];
  /** Ids of those that decided. */
  @Json({ default: [] }) applied_rules: string[];
  @Json({ default: [] }) reasoning: string[];
  @Json({ default: [] }) alternative_paths: unknown[];
  @Id(optional) decision_tree_used: string | null;
  @Id(optional) decision_table_used: string | null;
  /** The three contexts of the request. */
  @Json({ default: {} }) context_data: JsonObject;
  /** How each condition came out. */
  @Json({ default: {} }) evaluation: unknown;
  @Text(optional) correlation_id: string | null;
  /** Its rules' counters have it. */
  @Flag({ default: false }) counted: boolean;
  /** Null: it was certain enough to be carried out. */
  @Word(optional) person_choice: PersonChoice | null;
  @Id(optional) chosen_target_step_id: string | null;
  @Text(optional) chosen_by: string | null;
  @Text(optional) choice_comment: string | null;
  @Instant(optional) chosen_at: Date | null;
  /**
   * Whether the person confirmed it, where one chose; else whether its instance completed, not rejected, in time and
   * not sent back after it. Null while that is open.
   */
  @Flag(optional) went_well: boolean | null;
  @Instant(now) routing_timestamp: Date;
}

const LIKE = ['workflow_id', 'decided_by', 'decided_by_id', 'used', 'target_step_id'];

/** How many like decisions have an outcome. */
@Entity('decision_evidence')
// nulls not distinct
@Index('decision_evidence_like', { synchronize: false })
export class DecisionEvidenceEntity {
  @UuidKey() evidence_id: string;
  @Uuid() workflow_id: string;
  @Word() decided_by: string;
  @Id() decided_by_id: string;
  /** The table that decided, else the tree that was asked. */
  @Id(optional) used: string | null;
  @Id(optional) target_step_id: string | null;
  @Int({ default: 0 }) labelled_cases: number;
  @Int({ default: 0 }) good_cases: number;
  /** `labelled_cases` when a model was trained last. */
  @Int({ default: 0 }) trained_at_cases: number;
}

/** A version of a logistic model of whether like decisions turn out well. */
@Entity('decision_models')
@Index('decision_models_like', LIKE, { where: 'is_current' })
@Index('decision_models_by_workflow', ['workflow_id', 'model_id'])
export class DecisionModelEntity {
  @UuidKey() model_id: string;
  @Uuid() workflow_id: string;
  @Word() decided_by: string;
  @Id() decided_by_id: string;
  @Id(optional) used: string | null;
  @Id(optional) target_step_id: string | null;
  /** 1, 2, 3, … for the same kind of decision. */
  @Int() version_number: number;
  /** The latest of them. */
  @Flag({ default: true }) is_current: boolean;
  /** It did better on later decisions than their plain share: confidences are its. */
  @Flag() is_better: boolean;
  @Int() cases_trained: number;
  @Int() cases_held_out: number;
  @Instant() first_decision_at: Date;
  @Instant() last_decision_at: Date;
  /** As `DecisionModel` and `ModelCalibration` of `#engine/routing` have them. */
  @Json() model: JsonObject;
  @Json() calibration: JsonObject;
  @Instant(now) created_at: Date;
}
