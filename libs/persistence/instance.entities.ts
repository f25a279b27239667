import { Check, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import type { StepType } from '#engine/definition';
import {
  INSTANCE_STATUSES,
  type InstanceStatus,
  STEP_STATUSES,
  type StepStatus,
} from '#engine/instance';
import {
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
import { WorkflowDefinitionEntity } from './definition.entities.js';
import { type Vote, VOTES } from './words.js';

/** Where an instance stands: the outcome of all its events, kept so that it need not be computed again. */
@Entity('workflow_instances')
@ForeignKey(
  () => WorkflowDefinitionEntity,
  ['workflow_id', 'version_number'],
  ['workflow_id', 'version_number'],
)
@Unique(['workflow_id', 'workflow_instance_id'])
@Check('workflow_instances_status_check', oneOf('status', INSTANCE_STATUSES))
// listings by keyset: of a workflow, of a status, of both
@Index('workflow_instances_by_workflow', ['workflow_id', 'instance_id'])
@Index('workflow_instances_by_workflow_status', ['workflow_id', 'status', 'instance_id'])
@Index('workflow_instances_by_status', ['tenant_id', 'status', 'instance_id'])
// impact of a modification: which are open. Without the step, so that a move from step to step changes no index
@Index('workflow_instances_open', ['workflow_id', 'version_number'], {
  where: "status in ('running', 'suspended')",
})
// the sweep of global timeouts
@Index('workflow_instances_due', ['due_at'], { where: "status in ('running', 'suspended')" })
@Index('workflow_instances_by_start', ['workflow_id', 'started_at'])
@Index('workflow_instances_by_end', ['ended_at'], { where: 'ended_at is not null' })
export class WorkflowInstanceEntity {
  @UuidKey() instance_id: string;
  @Uuid() workflow_id: string;
  /** The version it runs on; a modification may move it. */
  @Int() version_number: number;
  /** The client's own name for it, or `instance_id` where the client gave none. */
  @Id() workflow_instance_id: string;
  @Word() status: InstanceStatus;
  /** How it ended in business terms, such as `completed` or `rejected`; null while it is open. */
  @Word(optional) outcome: string | null;
  @Json({ default: {} }) data: JsonObject;
  @Id(optional) current_step_id: string | null;
  /** The step it stands at as the engine sees it, so that locking this one row reads the whole state. */
  @Json(optional) current_step: JsonObject | null;
  /** step_id → times entered. */
  @Json({ default: {} }) step_entries: Record<string, number>;
  @Int({ default: 0 }) total_entries: number;
  /** The `sequence` of its latest event. */
  @Int({ default: 0 }) last_sequence: number;
  @Text() started_by: string;
  @Instant(optional) suspended_at: Date | null;
  @Text(optional) end_reason: string | null;
  @Instant(optional) due_at: Date | null;
  @Instant() started_at: Date;
  @Instant(optional) ended_at: Date | null;
  @Instant(now) created_at: Date;
  @Instant(now) updated_at: Date;
}

/** One entry of an instance into one step. */
@Entity('step_executions')
@Unique(['instance_id', 'step_id', 'entry'])
@Check('step_executions_status_check', oneOf('status', STEP_STATUSES))
@Index('step_executions_by_entry', ['workflow_id', 'entered_at'])
export class StepExecutionEntity {
  @UuidKey() step_execution_id: string;
  @Uuid() instance_id: string;
  @Uuid() workflow_id: string;
  @Int() version_number: number;
  @Id() step_id: string;
  @Text() step_name: string;
  @Word() step_type: StepType;
  /** The how-many-eth entry into this step, from 1. */
  @Int() entry: number;
  @Word() status: StepStatus;
  /** What ended it, such as `completed`, `approved`, `rejected`, `routed`; null while it is open. */
  @Word(optional) outcome: string | null;
  @Json(optional) output: JsonObject | null;
  @Text(optional) error_message: string | null;
  @Text(optional) completed_by: string | null;
  /** Who has it, or had it when it ended, and who has delegated it to them. */
  @Text(optional) assignee: string | null;
  @Text(optional) owner: string | null;
  @Json({ default: [] }) required_roles: string[];
  /** Of an approval step: its levels as the engine sees them. */
  @Json(optional) approval_state: unknown;
  /** When it escalates. */
  @Instant(optional) due_at: Date | null;
  @Instant(optional) escalated_at: Date | null;
  @Instant() entered_at: Date;
  /** When work began: a person's first action, a task's first start. */
  @Instant(optional) started_at: Date | null;
  @Instant(optional) ended_at: Date | null;
}

/**
 * A step at which a running instance waits for people: written with each move, so that an inbox reads what is asked
 * without looking through all instances.
 */
@Entity('work_items')
@Index('work_items_of_role', ['tenant_id', 'role', 'instance_id'])
@Index('work_items_of_role_by_due', ['tenant_id', 'role', 'due_at', 'instance_id'])
@Index('work_items_of_assignee', ['assignee', 'tenant_id'], { where: 'assignee is not null' })
@Index('work_items_of_owner', ['owner', 'tenant_id'], { where: 'owner is not null' })
export class WorkItemEntity {
  @UuidKey() instance_id: string;
  @Uuid() step_execution_id: string;
  @Uuid() workflow_id: string;
  @Id() step_id: string;
  @Word() step_type: StepType;
  /** Where one role alone is asked: it. */
  @Text(optional) role: string | null;
  /** Somebody with one of these is asked; empty: anybody. */
  @Json() roles: string[];
  /** Of these departments somebody is asked. */
  @Json() departments: string[];
  /** Also somebody of whatever department. */
  @Flag() of_any_department: boolean;
  @Text(optional) assignee: string | null;
  @Text(optional) owner: string | null;
  @Instant() entered_at: Date;
  /** To the millisecond, as cursors have it; `NEVER`: it has no deadline. */
  @Instant() due_at: Date;
}

/** The history of an instance. Append-only: a trigger refuses to update or delete. */
@Entity('instance_events')
export class InstanceEventEntity {
  @UuidKey() instance_id: string;
  /** From 1, without gaps. */
  @IntKey() sequence: number;
  @Uuid() workflow_id: string;
  @Word() event_type: string;
  @Id(optional) step_id: string | null;
  @Json({ default: {} }) payload: JsonObject;
  @Text() actor: string;
  @Text(optional) correlation_id: string | null;
  @Instant() occurred_at: Date;
}

/** One person's decision on one level of an approval step. */
@Entity('approval_votes')
@ForeignKey(() => StepExecutionEntity, ['step_execution_id'], ['step_execution_id'])
@Check('approval_votes_decision_check', oneOf('decision', VOTES))
// one vote a person and level, also where there is no level: on coalesce(level, 0)
@Index('approval_votes_once', { synchronize: false })
// nor two by a person under several names, nor for one; on expressions, and in the migration
@Index('approval_votes_once_a_person', { synchronize: false })
@Index('approval_votes_once_for_a_person', { synchronize: false })
export class ApprovalVoteEntity {
  @UuidKey() vote_id: string;
  @Uuid() step_execution_id: string;
  @Uuid() instance_id: string;
  @Int(optional) level: number | null;
  @Word() decision: Vote;
  @Text() decided_by: string;
  @Text(optional) comment: string | null;
  @Json({ default: {} }) user_context: JsonObject;
  /** Whom a substitute acted for. */
  @Text(optional) on_behalf_of: string | null;
  /** The same whatever name they go by: a trigger fills them in, and refuses whoever wants it approved. */
  @Text(optional) person_key: string | null;
  @Text(optional) behalf_key: string | null;
  @Instant(now) decided_at: Date;
}

/** Who acted on a step that needs other people than another one; a trigger refuses who acted on that. */
@Entity('step_acts')
@ForeignKey(() => WorkflowInstanceEntity, ['instance_id'], ['instance_id'])
export class StepActEntity {
  @UuidKey() instance_id: string;
  @IdKey() step_id: string;
  @PrimaryColumn({ type: 'text' }) person_key: string;
  @Json() apart_from: string[];
  @Instant(now) acted_at: Date;
}

/** Something to do at a time. Its row is deleted when it fired or was cancelled. */
@Entity('timers')
@Index('timers_due', ['due_at'])
@Index('timers_of_instance', ['instance_id'], { where: 'instance_id is not null' })
@Index('timers_of_execution', ['execution_id'], { where: 'execution_id is not null' })
export class TimerEntity {
  @UuidKey() timer_id: string;
  @Word() kind: string;
  @Instant() due_at: Date;
  @Uuid(optional) instance_id: string | null;
  @Uuid(optional) step_execution_id: string | null;
  @Id(optional) execution_id: string | null;
  @Json({ default: {} }) payload: JsonObject;
  /** Since when it rests; it then fires so much later. */
  @Instant(optional) paused_at: Date | null;
  @Instant(now) created_at: Date;
}
