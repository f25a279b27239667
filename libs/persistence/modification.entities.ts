import { Check, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
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
import { WorkflowInstanceEntity } from './instance.entities.js';
import {
  APPROVAL_STATUSES,
  type ApprovalStatus,
  MOVE_DIRECTIONS,
  MOVE_OUTCOMES,
  MOVE_STATUSES,
  type MoveDirection,
  type MoveOutcome,
  type MoveStatus,
  MODIFICATION_STATUSES,
  type ModificationStatus,
  CANARY_ARMS,
  REVIEW_VERDICTS,
  type ReviewVerdict,
  type CanaryArm,
  ROLLBACK_STATUSES,
  type RollbackStatus,
} from './words.js';

/** One change of a running workflow, from request to roll-back. */
@Entity('runtime_modifications')
@Check('runtime_modifications_status_check', oneOf('status', MODIFICATION_STATUSES))
@Check('runtime_modifications_approval_status_check', oneOf('approval_status', APPROVAL_STATUSES))
@Check('runtime_modifications_rollback_status_check', oneOf('rollback_status', ROLLBACK_STATUSES))
@Check('runtime_modifications_move_status_check', oneOf('move_status', MOVE_STATUSES))
@Check('runtime_modifications_review_verdict_check', oneOf('review_verdict', REVIEW_VERDICTS))
@Index('runtime_modifications_to_review', ['review_due_at'], {
  where: 'review_due_at is not null and reviewed_at is null',
})
@Index('runtime_modifications_by_workflow', ['workflow_id', 'created_at'])
@Index('runtime_modifications_by_time', ['created_at', 'modification_id'])
@Index('runtime_modifications_moving', ['modification_id'], {
  where: "move_status = 'in_progress'",
})
@Index('runtime_modifications_one_canary', ['workflow_id'], {
  unique: true,
  where: 'canary_percentage is not null',
})
@Index('runtime_modifications_monitored', ['monitoring_until'], { where: 'monitoring_active' })
export class RuntimeModificationEntity {
  @IdKey() modification_id: string;
  @TenantKey() tenant_id: string;
  @Uuid() request_id: string;
  @Uuid() workflow_id: string;
  @Word() modification_type: string;
  @Word() status: ModificationStatus;
  @Word() approval_status: ApprovalStatus;
  @Text() requested_by: string;
  @Text() reason: string;
  @Flag({ default: false }) emergency_change: boolean;
  @Flag({ default: false }) approval_override: boolean;
  /** What was asked for. */
  @Json() modification_details: JsonObject;
  @Json(optional) impact_analysis: JsonObject | null;
  @Int() from_version: number;
  /** The version it made; null until it is applied. */
  @Int(optional) to_version: number | null;
  /** Whom it is for: `new_instances`, or `all` running ones too, or those that a `filter` lets through. */
  @Word({ default: 'new_instances' }) apply_to: string;
  /** Where instances go that stand at a step: as asked for. */
  @Json({ default: {} }) step_mapping: Record<string, string | null>;
  /** How else they are moved. */
  @Json({ default: {} }) migration: JsonObject;
  /** What it changes: `DefinitionDiff`. */
  @Json({ default: {} }) definition_diff: JsonObject;
  /** Of the moves of instances that it asks for, there and back; null: none. */
  @Word(optional) move_status: MoveStatus | null;
  /** Odd: to the new version (or past a step); even: back; 0: none has been moved yet. */
  @Int({ default: 0 }) move_round: number;
  /** When the first batch of the round began. */
  @Instant(optional) moving_since: Date | null;
  @Int({ default: 0 }) instances_moved: number;
  @Int({ default: 0 }) instances_moved_back: number;
  @Int({ default: 0 }) instances_left_out: number;
  @Int({ default: 0 }) instances_failed: number;
  /** Of the time that its roll-back took back: how many effects outside there were. Null: it was not rolled back. */
  @Json(optional) taken_back_effects: JsonObject | null;
  /** Its plan, and how far it has come; null: it is not tried on a share first. */
  @Json(optional) canary: JsonObject | null;
  /** Of running instances, those that are moved while it is tried; null: it is not. */
  @Figure(optional) canary_percentage: number | null;
  @Text(optional) applied_by: string | null;
  @Text(optional) error_message: string | null;
  @Uuid(optional) snapshot_id: string | null;
  @Instant(optional) execution_timestamp: Date | null;
  @Word() rollback_strategy: string;
  @Word(optional) rollback_status: RollbackStatus | null;
  @Text(optional) rollback_reason: string | null;
  @Text(optional) rolled_back_by: string | null;
  @Instant(optional) rollback_scheduled_at: Date | null;
  @Instant(optional) rollback_timestamp: Date | null;
  @Flag({ default: false }) monitoring_active: boolean;
  @Figure({ default: 30 }) monitoring_duration_minutes: number;
  @Instant(optional) monitoring_until: Date | null;
  @Json({ default: {} }) auto_rollback_conditions: JsonObject;
  /** Who sent it, where that is known for certain; else as `requested_by`. */
  @Text(optional) proposed_by: string | null;
  /** Of what passed as an emergency. */
  @Instant(optional) review_due_at: Date | null;
  @Word(optional) review_verdict: ReviewVerdict | null;
  @Text(optional) reviewed_by: string | null;
  @Instant(optional) reviewed_at: Date | null;
  @Text(optional) review_comments: string | null;
  @Instant(now) created_at: Date;
  @Instant(now) updated_at: Date;
}

const MODIFICATION = ['modification_id', 'tenant_id'] as const;

@Entity('change_requests')
@ForeignKey(() => RuntimeModificationEntity, MODIFICATION, MODIFICATION)
@Check('change_requests_approval_status_check', oneOf('approval_status', APPROVAL_STATUSES))
@Index('change_requests_of_modification', ['modification_id'])
export class ChangeRequestEntity {
  @UuidKey() change_request_id: string;
  @Id() modification_id: string;
  @Uuid() workflow_id: string;
  @Word() change_type: string;
  @Word(optional) impact_level: string | null;
  @Word() approval_status: ApprovalStatus;
  @Text() requested_by: string;
  @Text(optional) approved_by: string | null;
  @Instant(optional) approval_timestamp: Date | null;
  @Text(optional) approval_comments: string | null;
  @Instant(optional) scheduled_execution_time: Date | null;
  @Json({ default: {} }) auto_rollback_conditions: JsonObject;
  @Instant(now) created_at: Date;
}

/** A temporary override, tried before the workflow's own rules. */
@Entity('dynamic_routing')
@Index('dynamic_routing_active', ['workflow_id', 'priority'], { where: 'is_active' })
export class DynamicRoutingEntity {
  @UuidKey() routing_id: string;
  @Uuid() workflow_id: string;
  @Id(optional) modification_id: string | null;
  @Id() routing_rule_id: string;
  @Text() condition_expression: string;
  @Id() target_step_id: string;
  /** Applies only after this step; null: after any. */
  @Id(optional) source_step_id: string | null;
  /** Lower is tried first. */
  @Int({ default: 100 }) priority: number;
  @Flag({ default: true }) is_active: boolean;
  @Flag({ default: true }) is_temporary: boolean;
  @Instant(optional) expiry_time: Date | null;
  @Instant(now) created_at: Date;
}

/** A definition as it stood before a modification. */
@Entity('rollback_snapshots')
@ForeignKey(() => RuntimeModificationEntity, MODIFICATION, MODIFICATION)
@Index('rollback_snapshots_of_modification', ['modification_id'])
export class RollbackSnapshotEntity {
  @UuidKey() snapshot_id: string;
  @Uuid() workflow_id: string;
  @Id() modification_id: string;
  @Word() snapshot_type: string;
  @Json() workflow_definition: JsonObject;
  @Json({ default: [] }) step_configurations: unknown[];
  @Json({ default: [] }) routing_rules: unknown[];
  @Json({ default: [] }) approval_hierarchies: unknown[];
  @Instant(now) created_at: Date;
  @Flag({ default: true }) is_valid: boolean;
}

/** What monitoring saw of an applied modification at one moment. */
@Entity('modification_observations')
@ForeignKey(() => RuntimeModificationEntity, MODIFICATION, MODIFICATION)
@Index('modification_observations_of_modification', ['modification_id', 'observed_at'])
export class ModificationObservationEntity {
  @UuidKey() observation_id: string;
  @Id() modification_id: string;
  @Instant(now) observed_at: Date;
  @Json() metrics: JsonObject;
  /** The roll-back conditions that held. */
  @Json({ default: [] }) breached: unknown[];
}

/** One instance moved, or not: the memory from which a move goes on after a kill, and its speed is known. */
@Entity('modification_moves')
@ForeignKey(() => RuntimeModificationEntity, MODIFICATION, MODIFICATION)
@ForeignKey(() => WorkflowInstanceEntity, ['instance_id'], ['instance_id'])
@Check('modification_moves_direction_check', oneOf('direction', MOVE_DIRECTIONS))
@Check('modification_moves_outcome_check', oneOf('outcome', MOVE_OUTCOMES))
@Index('modification_moves_of_instance', ['instance_id'])
@Index('modification_moves_failed', ['modification_id', 'moved_at'], {
  where: "outcome = 'failed'",
})
export class ModificationMoveEntity {
  @IdKey() modification_id: string;
  @IntKey() round: number;
  @UuidKey() instance_id: string;
  @Word() direction: MoveDirection;
  @Word() outcome: MoveOutcome;
  @Int() from_version: number;
  @Int() to_version: number;
  @Id(optional) from_step_id: string | null;
  @Id(optional) to_step_id: string | null;
  /** What it was before: data, step, entries, deadlines. */
  @Json(optional) snapshot: JsonObject | null;
  /** The instance's `last_sequence` after the move: unchanged as long as nothing has happened to it since. */
  @Int(optional) sequence: number | null;
  @Figure(optional) elapsed_ms: number | null;
  /** Why it stayed where it was; null: it moved. */
  @Text(optional) error_message: string | null;
  @Instant(now) moved_at: Date;
}

/** An instance that is compared with others while a change is tried on some. */
@Entity('canary_cases')
@ForeignKey(() => RuntimeModificationEntity, MODIFICATION, MODIFICATION)
@ForeignKey(() => WorkflowInstanceEntity, ['instance_id'], ['instance_id'])
@Check('canary_cases_arm_check', oneOf('arm', CANARY_ARMS))
@Index('canary_cases_of_instance', ['instance_id'])
export class CanaryCaseEntity {
  @IdKey() modification_id: string;
  @UuidKey() instance_id: string;
  @Word() arm: CanaryArm;
  @Instant(now) assigned_at: Date;
}

/** One of those who approve a modification. */
@Entity('modification_approvals')
@ForeignKey(() => RuntimeModificationEntity, MODIFICATION, MODIFICATION)
export class ModificationApprovalEntity {
  @IdKey() modification_id: string;
  @PrimaryColumn({ type: 'text' }) approved_by: string;
  @TenantKey() tenant_id: string;
  @Text() comments: string;
  @Instant(now) approved_at: Date;
}
