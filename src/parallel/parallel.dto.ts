import { ApiExtraModels, ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';

import {
  EXECUTION_STATUSES,
  type ExecutionStatus,
  SYNCHRONIZATION_STATUSES,
  type SynchronizationStatus,
  SYNCHRONIZATION_TYPES,
  type SynchronizationType,
  TASK_STATUSES,
  type TaskStatus,
} from '#engine/graph';
import { IsClientId, IsText, PageQuery } from '#platform/http';

import { HANDLER_REQUESTS } from './handler.dto.js';
import { TaskGraphRequest } from './task-graph.dto.js';

/** contract.md §68. */
@ApiExtraModels(...HANDLER_REQUESTS)
export class ExecuteRequest extends TaskGraphRequest {
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Left out: the server makes one.',
  })
  @IsOptional()
  @IsClientId()
  execution_id?: string | null;

  @ApiProperty({ format: 'uuid' })
  @IsClientId()
  workflow_id: string;

  @ApiProperty({
    description:
      'Made when it is first mentioned. Where its current step is a `parallel` one that waits, the execution does the work of that step.',
    example: 'onboarding-2031',
  })
  @IsClientId()
  workflow_instance_id: string;
}

export class CancelExecutionRequest {
  @ApiPropertyOptional({ maxLength: 500, example: 'The order was withdrawn.' })
  @IsText({ min: 1, max: 500 })
  reason: string = 'Cancelled by request.';
}

export class TasksQuery extends PageQuery {}

export class ActiveSynchronizationPoint {
  @ApiProperty() sync_id: string;
  @ApiProperty() sync_name: string;
  @ApiProperty({ enum: SYNCHRONIZATION_TYPES }) sync_type: SynchronizationType;
  @ApiProperty({ enum: SYNCHRONIZATION_STATUSES }) status: SynchronizationStatus;
  @ApiProperty() current_completion_percentage: number;
  @ApiProperty() minimum_completion_percentage: number;
  @ApiProperty({ type: [String] }) required_tasks: string[];
  @ApiProperty({ type: [String] }) completed_tasks: string[];
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) timeout_time: Date | null;
}

/** How a point stands, or was decided. */
export class SynchronizationPointView {
  @ApiProperty() sync_id: string;
  @ApiProperty() sync_name: string;
  @ApiProperty({ enum: SYNCHRONIZATION_TYPES }) sync_type: SynchronizationType;
  @ApiProperty({ enum: SYNCHRONIZATION_STATUSES }) status: SynchronizationStatus;
  @ApiProperty() tasks_required: number;
  @ApiProperty({ description: 'Of these. What ends after the decision does not count.' })
  tasks_completed: number;
  @ApiProperty({ description: 'Failed, skipped or cancelled.' }) tasks_lost: number;
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Why it was missed.',
    example: '1 of its 3 tasks had completed, 0 were still open, and all are needed',
  })
  reason: string | null;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When it was decided; null while it waits.',
  })
  completion_time: Date | null;
}

/** From the rows of the tasks; null where nothing has happened yet that a figure could rest on. */
export class ExecutionPerformance {
  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Since the start, without the time between an end and a retry.',
  })
  elapsed_seconds: number | null;
  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Completed tasks by `elapsed_seconds`.',
  })
  tasks_per_minute: number | null;
  @ApiProperty({ type: Number, nullable: true }) avg_task_seconds: number | null;
  @ApiProperty({ type: Number, nullable: true }) max_task_seconds: number | null;
  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'From being handed out to being claimed, of tasks not yet ended.',
  })
  avg_wait_seconds: number | null;
  @ApiProperty({ description: 'Attempts after the first.' }) retries: number;
  @ApiProperty({
    type: [String],
    description: 'The longest chain of tasks that is left, by their estimates.',
  })
  critical_path: string[];
}

export class LoadBalancingStats {
  @ApiProperty() strategy: string;
  @ApiProperty() max_concurrent_tasks: number;
  @ApiProperty({ description: 'Handed out: waiting for a worker, or running.' })
  tasks_handed_out: number;
  @ApiProperty({ description: 'Ready, but beyond max_concurrent_tasks.' }) tasks_held_back: number;
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    description: 'Tasks in hand by worker.',
  })
  workers: Record<string, number>;
}

export class ExecutionCompensation {
  @ApiProperty({ description: 'An execution like any: its tasks, events and incidents.' })
  execution_id: string;
  @ApiProperty({ enum: EXECUTION_STATUSES }) overall_status: ExecutionStatus;
}

/** The answer of contract.md §68, and of `GET /parallel/executions/{execution_id}`. */
export class ExecutionView {
  @ApiProperty() execution_id: string;
  @ApiProperty() workflow_id: string;
  @ApiProperty() workflow_instance_id: string;
  @ApiProperty() total_tasks: number;
  @ApiProperty() tasks_completed: number;
  @ApiProperty() tasks_failed: number;
  @ApiProperty() tasks_running: number;
  @ApiProperty({ enum: EXECUTION_STATUSES }) overall_status: ExecutionStatus;
  @ApiProperty({ description: 'Completed tasks of all.' }) execution_progress_percentage: number;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'By the estimates of what is left; null when it does not run.',
  })
  estimated_completion_time: Date | null;
  @ApiProperty({ type: [ActiveSynchronizationPoint] })
  active_synchronization_points: ActiveSynchronizationPoint[];
  @ApiProperty({ type: ExecutionPerformance }) performance_metrics: ExecutionPerformance;
  @ApiProperty({ type: LoadBalancingStats }) load_balancing_stats: LoadBalancingStats;
  @ApiPropertyOptional({
    type: ExecutionCompensation,
    description: 'What undoes its completed tasks, where it has failed and says `compensate`.',
  })
  compensation?: ExecutionCompensation;
  @ApiPropertyOptional({ description: 'The execution that this one undoes.' })
  compensates?: string;
}

export class SynchronizationPoints {
  @ApiProperty({ type: [SynchronizationPointView] }) items: SynchronizationPointView[];
}

export class TaskView {
  @ApiProperty() task_execution_id: string;
  @ApiProperty() task_id: string;
  @ApiProperty() task_name: string;
  @ApiProperty() task_type: string;
  @ApiProperty() step_id: string;
  @ApiProperty({ enum: TASK_STATUSES }) status: TaskStatus;
  @ApiProperty() priority: number;
  @ApiProperty({ type: [String] }) dependencies: string[];
  @ApiProperty({ description: 'Attempts begun.' }) attempt: number;
  @ApiProperty() retry_count: number;
  @ApiProperty() max_retry_attempts: number;
  @ApiProperty({ type: String, nullable: true }) worker_id: string | null;
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Parked: the host or task type whose circuit is open. No attempt is spent.',
  })
  waiting_on: string | null;
  @ApiProperty({
    enum: TASK_STATUSES,
    nullable: true,
    description: 'How far its undoing is; null where nothing undoes it.',
  })
  compensation_status: TaskStatus | null;
  @ApiProperty({ type: String, nullable: true }) error_message: string | null;
  @ApiProperty({ type: 'object', additionalProperties: true }) input_data: Record<string, unknown>;
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  output_data: Record<string, unknown> | null;
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description:
      'What the attempt that completed it used: as its worker told; of calls that the service makes `request_bytes` and `response_bytes` of the bodies.',
  })
  resource_usage: Record<string, unknown>;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) start_time: Date | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) end_time: Date | null;
  @ApiProperty({ type: Number, nullable: true }) execution_time_seconds: number | null;
}

export class TaskPage {
  @ApiProperty({ type: [TaskView] }) items: TaskView[];
  @ApiProperty({ type: String, nullable: true }) next_cursor: string | null;
}
