import { Check, Entity, ForeignKey, Index } from 'typeorm';
import {
  Id,
  Instant,
  Int,
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
import {
  INCIDENT_ACTIONS,
  INCIDENT_BATCH_STATUSES,
  INCIDENT_KINDS,
  INCIDENT_STATUSES,
  type IncidentAction,
  type IncidentBatchStatus,
  type IncidentKind,
  type IncidentStatus,
} from './words.js';

/** One decision on all open incidents that a filter finds. */
@Entity('incident_batches')
@Check('incident_batches_status_check', oneOf('status', INCIDENT_BATCH_STATUSES))
@Check('incident_batches_action_check', oneOf('action', INCIDENT_ACTIONS))
@Index('incident_batches_running', ['updated_at'], { where: "status = 'running'" })
export class IncidentBatchEntity {
  @UuidKey() batch_id: string;
  @Word({ default: 'running' }) status: IncidentBatchStatus;
  @Word() action: IncidentAction;
  @Json() filter: JsonObject;
  /** Of `skip`. */
  @Json(optional) output_data: JsonObject | null;
  @Text(optional) note: string | null;
  /** Open incidents that the filter found when it was asked for. */
  @Int() matched: number;
  @Int({ default: 0 }) refused: number;
  /** The first of them, with why. */
  @Json({ default: [] }) refusals: unknown[];
  /** The last one looked at; newest first. */
  @Uuid(optional) last_incident_id: string | null;
  @Text() requested_by: string;
  @Instant(now) created_at: Date;
  @Instant(now) updated_at: Date;
  @Instant(optional) ended_at: Date | null;
}

/** Work that stands still until somebody decides what is to become of it. */
@Entity('incidents')
@ForeignKey(() => IncidentBatchEntity, ['batch_id'], ['batch_id'])
@Check('incidents_kind_check', oneOf('kind', INCIDENT_KINDS))
@Check('incidents_status_check', oneOf('status', INCIDENT_STATUSES))
@Index('incidents_open_of_task', ['task_execution_id'], {
  unique: true,
  where: "status = 'open' and kind = 'task_failed'",
})
@Index('incidents_open', ['incident_id'], { where: "status = 'open'" })
@Index('incidents_of_execution', ['execution_id'], { where: 'execution_id is not null' })
@Index('incidents_by_workflow', ['workflow_id', 'incident_id'])
@Index('incidents_of_batch', ['batch_id'], { where: 'batch_id is not null' })
export class IncidentEntity {
  @UuidKey() incident_id: string;
  @Word() kind: IncidentKind;
  @Word({ default: 'open' }) status: IncidentStatus;
  @Uuid() workflow_id: string;
  @Id() workflow_instance_id: string;
  @Uuid(optional) instance_id: string | null;
  /** The step whose work failed. */
  @Uuid(optional) step_execution_id: string | null;
  /** Where the instance goes on, or the step that the task is of. */
  @Id(optional) step_id: string | null;
  @Id(optional) execution_id: string | null;
  @Uuid(optional) task_execution_id: string | null;
  @Id(optional) task_id: string | null;
  @Id(optional) task_type: string | null;
  /** Begun until it was raised. */
  @Int({ default: 0 }) attempts: number;
  @Id(optional) error_code: string | null;
  @Text() error_message: string;
  @Json(optional) error: JsonObject | null;
  @Text(optional) correlation_id: string | null;
  @Instant(now) created_at: Date;
  @Instant(optional) resolved_at: Date | null;
  @Text(optional) resolved_by: string | null;
  @Text(optional) resolution_note: string | null;
  /** Given by hand when it was skipped. */
  @Json(optional) output_data: JsonObject | null;
  @Uuid(optional) batch_id: string | null;
}
