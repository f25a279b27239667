import { Check, Entity, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';
import {
  EXECUTION_STATUSES,
  type ExecutionStatus,
  type FailureStrategy,
  type LoadBalancingStrategy,
  SYNCHRONIZATION_STATUSES,
  type SynchronizationFailureStrategy,
  type SynchronizationStatus,
  type SynchronizationType,
  TASK_STATUSES,
  type TaskStatus,
} from '#engine/graph';
import {
  Count,
  Figure,
  Flag,
  Id,
  IdKey,
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
  TenantKey,
} from './columns.js';
import { HANDLER_KINDS, type HandlerKind, WORKER_STATUSES, type WorkerStatus } from './words.js';

/** One run of a task graph: of a step, or of a `parallel/execute` call. */
@Entity('parallel_executions')
@Check('parallel_executions_overall_status_check', oneOf('overall_status', EXECUTION_STATUSES))
@Index('parallel_executions_by_workflow', ['workflow_id', 'execution_id'])
@Index('parallel_executions_of_instance', ['instance_id'], { where: 'instance_id is not null' })
@Index('parallel_executions_to_monitor', ['monitor_at'], { where: "overall_status = 'running'" })
@Index('parallel_executions_open', ['timeout_at'], {
  where: "overall_status in ('initializing', 'running')",
})
// ended, but its instance has not been told: the sweeper tells it again
@Index('parallel_executions_unnotified', ['actual_completion_time'], {
  where:
    'step_execution_id is not null and actual_completion_time is not null and instance_notified_at is null',
})
export class ParallelExecutionEntity {
  @IdKey() execution_id: string;
  @TenantKey() tenant_id: string;
  @Uuid() workflow_id: string;
  @Int(optional) version_number: number | null;
  @Id() workflow_instance_id: string;
  @Uuid(optional) instance_id: string | null;
  @Uuid(optional) step_execution_id: string | null;
  @Id(optional) step_id: string | null;
  @Int() total_tasks: number;
  @Int({ default: 0 }) tasks_completed: number;
  @Int({ default: 0 }) tasks_failed: number;
  @Int({ default: 0 }) tasks_running: number;
  @Word() overall_status: ExecutionStatus;
  @Figure({ default: 0 }) execution_progress_percentage: number;
  @Instant(optional) start_time: Date | null;
  @Instant(optional) estimated_completion_time: Date | null;
  @Instant(optional) actual_completion_time: Date | null;
  /** Between its ends and the retries that have opened it again. */
  @Figure({ default: 0 }) idle_seconds: number;
  @Json({ default: {} }) load_balancing_config: JsonObject;
  @Json({ default: {} }) performance_metrics: JsonObject;
  @Word() failure_strategy: FailureStrategy;
  @Int() max_concurrent_tasks: number;
  @Figure() global_timeout_minutes: number;
  @Instant(optional) timeout_at: Date | null;
  @Figure() monitoring_interval_seconds: number;
  /** While it runs: when its estimate and its figures are refreshed next. */
  @Instant(optional) monitor_at: Date | null;
  /** How often `retry_all` has started everything again. */
  @Int({ default: 0 }) retry_round: number;
  /** Of the latest task that was handed out; -1 before. */
  @Count({ default: -1 }) last_turn: number;
  @Flag({ default: false }) synchronization_failed: boolean;
  /** All or nothing: what completed is undone when it fails. */
  @Flag({ default: false }) compensate: boolean;
  /** The execution that undoes this one, and whether its step has to wait for that. */
  @Id(optional) compensated_by: string | null;
  @Flag({ default: false }) compensating: boolean;
  /** The execution that this one undoes. */
  @Id(optional) compensates: string | null;
  @Text(optional) end_reason: string | null;
  @Json(optional) output: JsonObject | null;
  @Instant(optional) instance_notified_at: Date | null;
  @Text(optional) correlation_id: string | null;
  @Instant(now) created_at: Date;
}

@Entity('task_executions')
@Unique(['execution_id', 'task_id', 'tenant_id'])
@Check('task_executions_status_check', oneOf('status', TASK_STATUSES))
@Check('task_executions_handler_kind_check', oneOf('handler_kind', HANDLER_KINDS))
// on (turn, priority desc, available_at, task_execution_id) where claimable, of built-in handlers
@Index('task_executions_for_us', { synchronize: false })
// the same after task_type, of workers: what nobody comes for is not read by those who come for other types
@Index('task_executions_for_workers', { synchronize: false })
// on (execution_id, priority desc, ordinal) where ready and not yet released
@Index('task_executions_unreleased', { synchronize: false })
// the same after needs_key, where that is known
@Index('task_executions_needs', { synchronize: false })
@Index('task_executions_parked', ['parked_on'], {
  where: "parked_on is not null and status in ('ready', 'retrying')",
})
// what is handed out where that is counted against resources
@Index('task_executions_resources', ['execution_id'], {
  where: "strategy = 'resource_aware' and released_at is not null",
})
// which item of a fan-out is next where only so many go at a time
@Index('task_executions_items', ['execution_id', 'fan_out_of', 'item_index'], {
  where: "status = 'pending' and fan_out_concurrency is not null",
})
@Index('task_executions_leases', ['worker_id', 'lock_expires_at'], { where: "status = 'running'" })
export class TaskExecutionEntity {
  @UuidKey() task_execution_id: string;
  @Id() execution_id: string;
  @Uuid() workflow_id: string;
  @Id() step_id: string;
  @Id() task_id: string;
  @Text() task_name: string;
  @Id() task_type: string;
  /** Its place in the request, from 0: breaks ties. */
  @Int() ordinal: number;
  @Word() status: TaskStatus;
  @Json() handler: JsonObject;
  @Word() handler_kind: HandlerKind;
  @Id(optional) worker_id: string | null;
  /** A weight: the larger starts first. */
  @Int({ default: 100 }) priority: number;
  @Json({ default: [] }) dependencies: string[];
  /** Of its execution: how it is handed out. */
  @Word({ default: 'priority_based' }) strategy: LoadBalancingStrategy;
  /** Among what is handed out the lowest goes first; then the heaviest, then the oldest. */
  @Count({ default: 0 }) turn: number;
  /** Of an item of a fan-out: the task_id that gathers it, and its place in the list, from 0. */
  @Id(optional) fan_out_of: string | null;
  @Int(optional) item_index: number | null;
  /** Items of that fan-out that are ready or in hand at a time; the others stay pending. Null: as many as can be. */
  @Int(optional) fan_out_concurrency: number | null;
  /** Dependencies that have not completed yet. */
  @Int({ default: 0 }) unmet_dependencies: number;
  /** Since then it may be claimed: ready, and within its execution's concurrency. */
  @Instant(optional) released_at: Date | null;
  /** Not before then: the backoff of a retry. */
  @Instant(now) available_at: Date;
  /** Since it was last claimed in vain: the target whose circuit is open. */
  @Id(optional) parked_on: string | null;
  /** Names the present lease; an answer with another token is refused. */
  @Uuid(optional) lock_token: string | null;
  @Instant(optional) lock_expires_at: Date | null;
  @Figure() timeout_minutes: number;
  @Instant(optional) timeout_at: Date | null;
  @Figure() estimated_duration_minutes: number;
  @Json({ default: {} }) resource_requirements: JsonObject;
  /** Under `resource_aware`: the same for all that need the same. */
  @Word(optional) needs_key: string | null;
  /** Starts so far. */
  @Int({ default: 0 }) attempt: number;
  @Int({ default: 0 }) retry_count: number;
  @Int({ default: 3 }) max_retry_attempts: number;
  /** Null: as the engine's defaults say. */
  @Json(optional) retry_policy: JsonObject | null;
  /** What undoes it. */
  @Json(optional) compensation: JsonObject | null;
  /** The first attempt of those that count, known once it has failed. */
  @Instant(optional) first_started_at: Date | null;
  @Text(optional) error_message: string | null;
  @Json(optional) last_error: JsonObject | null;
  @Flag(optional) error_retryable: boolean | null;
  @Json({ default: {} }) input_data: JsonObject;
  @Json(optional) output_data: JsonObject | null;
  /** The synchronization points that require it; null where none does. */
  @Json(optional) in_points: string[] | null;
  @Json({ default: {} }) resource_usage: JsonObject;
  @Instant(optional) start_time: Date | null;
  @Instant(optional) end_time: Date | null;
  @Figure(optional) execution_time_seconds: number | null;
  @Text(optional) correlation_id: string | null;
  @Instant(now) created_at: Date;
}

/** An edge of the graph: `task_execution_id` waits for `depends_on`. */
@Entity('task_dependencies')
@Index('task_dependencies_dependents', ['depends_on'])
export class TaskDependencyEntity {
  @UuidKey() task_execution_id: string;
  @UuidKey() depends_on: string;
  @Id() execution_id: string;
}

@Entity('synchronization_points')
@Unique(['execution_id', 'sync_id', 'tenant_id'])
@Check('synchronization_points_status_check', oneOf('status', SYNCHRONIZATION_STATUSES))
@Index('synchronization_points_waiting', ['timeout_time'], { where: "status = 'waiting'" })
export class SynchronizationPointEntity {
  @UuidKey() sync_point_id: string;
  @Id() execution_id: string;
  @Id() sync_id: string;
  @Text() sync_name: string;
  @Word() sync_type: SynchronizationType;
  @Json() required_tasks: string[];
  @Figure({ default: 100 }) minimum_completion_percentage: number;
  @Figure({ default: 0 }) current_completion_percentage: number;
  @Word() status: SynchronizationStatus;
  /** Its required tasks, and how many have completed; failed, were skipped or cancelled. Counted until it is decided. */
  @Int({ default: 0 }) tasks_required: number;
  @Int({ default: 0 }) tasks_completed: number;
  @Int({ default: 0 }) tasks_lost: number;
  /** Why it was missed, which under `continue_partial` its status does not say; null where it was not. */
  @Text(optional) reason: string | null;
  /** Of its required tasks, as they stood when it was decided. */
  @Json({ default: [] }) completed_tasks: string[];
  @Json({ default: [] }) failed_tasks: string[];
  @Figure() timeout_minutes: number;
  @Word() failure_strategy: SynchronizationFailureStrategy;
  /** Of a `conditional_join`. */
  @Text(optional) condition_expression: string | null;
  @Instant(optional) timeout_time: Date | null;
  @Instant(optional) completion_time: Date | null;
  @Instant(now) created_at: Date;
}

/** One worker, ours or somebody's program, as it last showed itself. */
@Entity('thread_management')
@Check('thread_management_status_check', oneOf('status', WORKER_STATUSES))
@Index('thread_management_heartbeat', ['last_heartbeat'])
export class ThreadManagementEntity {
  @IdKey() worker_id: string;
  @TenantKey() tenant_id: string;
  @Id(optional) execution_id: string | null;
  @Word() worker_type: string;
  @Word() status: WorkerStatus;
  @Id(optional) current_task_id: string | null;
  /** How many tasks it could take on as well: as it last asked, and those that it has ended since; null where it never asks. */
  @Int(optional) free_capacity: number | null;
  @Json({ default: [] }) task_types: string[];
  @Int({ default: 0 }) tasks_completed: number;
  @Figure({ default: 0 }) total_execution_time_seconds: number;
  /** As the worker last told, of one core: more than 100 where it uses more than one. Null where it does not tell. */
  @Figure(optional) cpu_usage_percentage: number | null;
  @Figure(optional) memory_usage_mb: number | null;
  @Instant(now) last_heartbeat: Date;
  @Instant(now) created_at: Date;
}

/** What happened to an execution, for its progress stream. Written under the execution's row lock, so ids follow commits. */
@Entity('execution_events')
export class ExecutionEventEntity {
  @IdKey() execution_id: string;
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  event_id: number;
  @Word() event_type: string;
  @Id(optional) task_id: string | null;
  @Json({ default: {} }) payload: JsonObject;
  /** Further events of the same moment, with the ids after this one's (`EVENTS_OF_A_ROW`). */
  @Json(optional) following: JsonObject[] | null;
  @Instant(now) occurred_at: Date;
}
