import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsInt,
  IsNumber,
  IsOptional,
  IsUUID,
  Max,
  Min,
  ValidateNested,
  IsObject,
} from 'class-validator';

import { IsAmounts, IsClientId, IsJsonObject, IsText } from '#platform/http';

const MAX_TASKS = 500;
const MAX_LOCK_SECONDS = 3_600;
/** Of 1,024 cores. */
const MAX_CPU_PERCENTAGE = 102_400;
/** 1 PiB. */
const MAX_MEMORY_MB = 2 ** 30;
const ANY_OBJECT = { type: 'object', additionalProperties: true } as const;

class WorkerUsageRequest {
  @ApiPropertyOptional({
    type: Number,
    nullable: true,
    description:
      'What your worker uses, of one core: two that are used fully are 200. Shows in `thread_management`; left out: as it last said.',
    minimum: 0,
    maximum: MAX_CPU_PERCENTAGE,
  })
  @IsOptional()
  @IsNumber()
  @Min(0)
  @Max(MAX_CPU_PERCENTAGE)
  cpu_usage_percentage?: number | null;

  @ApiPropertyOptional({
    type: Number,
    nullable: true,
    description: 'The same, of memory.',
    minimum: 0,
    maximum: MAX_MEMORY_MB,
  })
  @IsOptional()
  @IsNumber()
  @Min(0)
  @Max(MAX_MEMORY_MB)
  memory_usage_mb?: number | null;
}

export class ClaimTasksRequest extends WorkerUsageRequest {
  @ApiProperty({
    description: 'Your name for the worker; it shows in the task and in `thread_management`.',
    example: 'checks-1',
  })
  @IsClientId()
  worker_id: string;

  @ApiProperty({ type: [String], example: ['validation'] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @IsClientId({ each: true })
  task_types: string[];

  @ApiPropertyOptional({ minimum: 1, maximum: MAX_TASKS })
  @IsInt()
  @Min(1)
  @Max(MAX_TASKS)
  max_tasks: number = 1;

  @ApiPropertyOptional({
    description: 'The task is yours for so long; extend it while you work.',
    minimum: 1,
    maximum: MAX_LOCK_SECONDS,
  })
  @IsInt()
  @Min(1)
  @Max(MAX_LOCK_SECONDS)
  lock_seconds: number = 30;

  @ApiPropertyOptional({
    description: 'Holds the call open until there is work, at most so long.',
    minimum: 0,
    maximum: 30,
  })
  @IsNumber()
  @Min(0)
  @Max(30)
  wait_seconds: number = 0;

  @ApiPropertyOptional({
    type: 'object',
    nullable: true,
    additionalProperties: { type: 'number', minimum: 0 },
    description:
      'What you have for the tasks that you ask for. Of an execution under `resource_aware` you then get only tasks whose `resource_requirements` fit, all of them together; resources that you do not name do not count.',
    example: { cpu: 4, memory_mb: 8_192 },
  })
  @IsOptional()
  @IsAmounts()
  resources?: Record<string, number> | null;
}

export class ClaimedTaskView {
  @ApiProperty() task_execution_id: string;
  @ApiProperty({ description: 'Send it with every answer for this attempt.' }) lock_token: string;
  @ApiProperty() execution_id: string;
  @ApiProperty() workflow_id: string;
  @ApiProperty() workflow_instance_id: string;
  @ApiProperty() step_id: string;
  @ApiProperty() task_id: string;
  @ApiProperty() task_name: string;
  @ApiProperty() task_type: string;
  @ApiProperty(ANY_OBJECT) input_data: Record<string, unknown>;
  @ApiProperty({
    ...ANY_OBJECT,
    description:
      'The outputs of the tasks in its `dependencies`, by `task_id`; each may be as large as a result can be, so where they are, claim fewer at a time.',
    example: { check: { granted: true } },
  })
  dependency_results: Record<string, unknown>;
  @ApiProperty({ description: 'From 1.' }) attempt: number;
  @ApiProperty({ type: String, format: 'date-time' }) lock_expires_at: Date;
}

export class ClaimedTasks {
  @ApiProperty({ type: [ClaimedTaskView] }) tasks: ClaimedTaskView[];
}

export class CompleteTaskRequest {
  @ApiProperty({ format: 'uuid' })
  @IsUUID()
  lock_token: string;

  @ApiPropertyOptional(ANY_OBJECT)
  @IsJsonObject()
  output_data: Record<string, unknown> = {};

  @ApiPropertyOptional({
    type: 'object',
    nullable: true,
    additionalProperties: { type: 'number', minimum: 0 },
    description: 'What this attempt used, in amounts by names of your own; kept with the task.',
    example: { cpu_seconds: 1.5, memory_mb: 210 },
  })
  @IsOptional()
  @IsAmounts()
  resource_usage?: Record<string, number> | null;
}

export class CompletedTask extends CompleteTaskRequest {
  @ApiProperty({ format: 'uuid' })
  @IsUUID()
  task_execution_id: string;
}

export class CompleteTasksRequest {
  @ApiProperty({ type: [CompletedTask] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_TASKS)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => CompletedTask)
  tasks: CompletedTask[];
}

export class FailTaskRequest {
  @ApiProperty({ format: 'uuid' })
  @IsUUID()
  lock_token: string;

  @ApiProperty({ maxLength: 10_000 })
  @IsText({ min: 1, max: 10_000 })
  error_message: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Which error it is, as `non_retryable_errors` of a `retry_policy` names it.',
    example: 'card_declined',
  })
  @IsOptional()
  @IsClientId()
  error_code?: string | null;

  @ApiPropertyOptional({ description: 'False: no further attempt, whatever is left of them.' })
  @IsBoolean()
  retryable: boolean = true;

  @ApiPropertyOptional({
    description: 'Instead of the growing pause between attempts.',
    minimum: 0,
    maximum: 86_400,
  })
  @IsOptional()
  @IsNumber()
  @Min(0)
  @Max(86_400)
  retry_after_seconds?: number | null;
}

export class ExtendTaskRequest extends WorkerUsageRequest {
  @ApiProperty({ format: 'uuid' })
  @IsUUID()
  lock_token: string;

  @ApiProperty({ description: 'From now.', minimum: 1, maximum: MAX_LOCK_SECONDS })
  @IsInt()
  @Min(1)
  @Max(MAX_LOCK_SECONDS)
  lock_seconds: number;
}

const RESULTS = ['recorded', 'repeated', 'task_cancelled', 'lock_lost', 'task_not_found'] as const;

export class TaskAnswer {
  @ApiProperty() task_execution_id: string;
  @ApiProperty({
    enum: RESULTS,
    description:
      '`repeated`: this attempt had completed, or failed with this error, before. `task_cancelled`, `lock_lost` and `task_not_found` only in a list.',
  })
  result: (typeof RESULTS)[number];
}

export class TaskAnswers {
  @ApiProperty({ type: [TaskAnswer] }) results: TaskAnswer[];
}

export class TaskExtension {
  @ApiProperty() task_execution_id: string;
  @ApiProperty({ type: String, format: 'date-time' }) lock_expires_at: Date;
}
