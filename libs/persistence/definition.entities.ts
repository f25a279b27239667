import { Check, Entity, ForeignKey, Index, Unique } from 'typeorm';
import { STEP_TYPES, type StepType } from '#engine/definition';
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
} from './columns.js';

/**
 * One version of a workflow. Its rows here and in the three tables below never change after they were
 * inserted, but for `is_active` and `updated_at`: instances are pinned to the version they started with.
 */
@Entity('workflow_definitions')
@Unique(['workflow_id', 'version'])
@Index('workflow_definitions_active', ['workflow_id'], { unique: true, where: 'is_active' })
// on lower(workflow_name), which TypeORM cannot express: the migration has it
@Index('workflow_definitions_active_name', { synchronize: false })
export class WorkflowDefinitionEntity {
  @UuidKey() workflow_id: string;
  /** 1, 2, 3, … in the order in which versions were made. */
  @IntKey() version_number: number;
  /** The author's label, such as `1.0`. */
  @Id() version: string;
  @Id() workflow_name: string;
  @Text({ default: '' }) workflow_description: string;
  @Word() category: string;
  @Flag({ default: true }) is_active: boolean;
  @Figure() global_timeout_hours: number;
  @Json({ default: {} }) retry_configuration: JsonObject;
  @Json({ default: {} }) notification_escalation: JsonObject;
  /** 0–1: decisions less certain than this are left to a person. */
  @Figure(optional) minimum_confidence: number | null;
  /** The modification that made this version; null for one that an author made. */
  @Id(optional) modification_id: string | null;
  @Instant(now) created_at: Date;
  @Instant(now) updated_at: Date;
  @Text() created_by: string;
}

const VERSION = ['workflow_id', 'version_number'] as const;

@Entity('step_configurations')
@ForeignKey(() => WorkflowDefinitionEntity, VERSION, VERSION)
@Unique(['workflow_id', 'version_number', 'step_id'])
@Unique('step_configurations_order_key', ['workflow_id', 'version_number', 'order_sequence'])
@Check('step_configurations_step_type_check', oneOf('step_type', STEP_TYPES))
export class StepConfigurationEntity {
  @UuidKey() step_config_id: string;
  @Uuid() workflow_id: string;
  @Int() version_number: number;
  @Id() step_id: string;
  @Text() step_name: string;
  @Word() step_type: StepType;
  @Int() order_sequence: number;
  @Json({ default: [] }) required_roles: string[];
  @Figure() estimated_duration_minutes: number;
  @Figure(optional) auto_escalation_hours: number | null;
  @Json({ default: {} }) conditions: JsonObject;
  @Json({ default: {} }) form_schema: JsonObject;
  @Json({ default: {} }) notification_settings: JsonObject;
  /** Of an `automated` step: who does the work. */
  @Json(optional) handler: JsonObject | null;
  /** Of a `parallel` step: the task graph it runs on entry. */
  @Json(optional) parallel: JsonObject | null;
  /** Of a `conditional` step: the stored tree that decides. */
  @Id(optional) decision_tree_id: string | null;
  /** Steps that need other people than this one. */
  @Json({ default: [] }) different_person_from: string[];
  /** Its escalation is counted in working hours. */
  @Flag({ default: false }) working_time: boolean;
  @Instant(now) created_at: Date;
}

@Entity('routing_rules')
@ForeignKey(() => WorkflowDefinitionEntity, VERSION, VERSION)
export class RoutingRuleEntity {
  @UuidKey() workflow_id: string;
  @IntKey() version_number: number;
  @IdKey() rule_id: string;
  @Text() condition_expression: string;
  @Id() target_step_id: string;
  /** Applies only after this step; null: after any. */
  @Id(optional) source_step_id: string | null;
  /** Lower is tried first. */
  @Int({ default: 100 }) priority: number;
  /** As written in the definition, from 0: decides between rules of the same priority. */
  @Int({ default: 0 }) position: number;
  @Text({ default: '' }) description: string;
  @Flag({ default: true }) is_active: boolean;
  @Instant(now) created_at: Date;
}

@Entity('approval_hierarchies')
@ForeignKey(() => WorkflowDefinitionEntity, VERSION, VERSION)
@Unique(['workflow_id', 'version_number', 'level'])
export class ApprovalHierarchyEntity {
  @UuidKey() hierarchy_id: string;
  @Uuid() workflow_id: string;
  @Int() version_number: number;
  /** Consecutive from 1. */
  @Int() level: number;
  @Text() role_required: string;
  @Text(optional) department_required: string | null;
  @Int({ default: 1 }) minimum_level: number;
  @Flag({ default: false }) parallel_approval: boolean;
  /** Expressions; the level is skipped when one holds. */
  @Json({ default: [] }) bypass_conditions: string[];
  /** How several people decide it. */
  @Json(optional) policy: JsonObject | null;
  @Instant(now) created_at: Date;
}
