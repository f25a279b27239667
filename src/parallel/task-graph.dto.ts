import { ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsOptional,
  IsPositive,
  Max,
  Min,
  ValidateNested,
  IsObject,
} from 'class-validator';

import {
  FAILURE_STRATEGIES,
  type FailureStrategy,
  type Handler,
  LOAD_BALANCING_STRATEGIES,
  type LoadBalancing,
  type LoadBalancingStrategy,
  SYNCHRONIZATION_FAILURE_STRATEGIES,
  type SynchronizationFailureStrategy,
  type SynchronizationPointDefinition,
  SYNCHRONIZATION_TYPES,
  type SynchronizationType,
  TASK_TYPES,
  type TaskDefinition,
  type TaskGraphDefinition,
} from '#engine/graph';
import { IsClientId, IsJsonObject, IsText } from '#platform/http';

import { CompensationRequest } from './compensation.dto.js';
import { ForEachRequest } from './for-each.dto.js';
import { HANDLER_REQUESTS, handlerType } from './handler.dto.js';
import { RetryPolicyRequest } from './retry-policy.dto.js';

/** One body holds at most 1 MiB; these bounds keep a single request's graph within what one transaction writes fast. */
const MAX_TASKS = 10_000;
const MAX_POINTS = 1_000;
const MAX_EXPRESSION = 10_000;
const MINUTES_OF_A_YEAR = 527_040;
const MOST = 1_000_000_000;
const ANY_OBJECT = { type: 'object', additionalProperties: true } as const;

export class TaskRequest implements TaskDefinition {
  @ApiProperty({ example: 'background_check' })
  @IsClientId()
  task_id: string;

  @ApiProperty({ minLength: 1, maxLength: 200, example: 'Background check' })
  @IsText({ min: 1, max: 200 })
  task_name: string;

  @ApiProperty({
    description: `${TASK_TYPES.join(', ')}, or a name of your own; workers claim by it.`,
    example: 'validation',
  })
  @IsClientId()
  task_type: string;

  @ApiProperty({ example: 'hr_processing' })
  @IsClientId()
  step_id: string;

  @ApiPropertyOptional({ description: 'A weight: the larger starts first.' })
  @IsInt()
  @Min(-MOST)
  @Max(MOST)
  priority: number = 100;

  @ApiPropertyOptional()
  @IsNumber()
  @Min(0)
  @Max(MINUTES_OF_A_YEAR)
  estimated_duration_minutes: number = 15;

  @ApiPropertyOptional({ description: 'Further attempts after the first.' })
  @IsInt()
  @Min(0)
  @Max(1_000)
  max_retry_attempts: number = 3;

  @ApiPropertyOptional({
    type: RetryPolicyRequest,
    nullable: true,
    description: 'How it is tried again; how often says `max_retry_attempts`.',
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => RetryPolicyRequest)
  retry_policy?: RetryPolicyRequest | null;

  @ApiPropertyOptional({ description: 'Of one attempt, from its claim.' })
  @IsNumber()
  @IsPositive()
  @Max(MINUTES_OF_A_YEAR)
  timeout_minutes: number = 60;

  @ApiPropertyOptional({ type: [String], description: 'Tasks that must complete before.' })
  @IsArray()
  @ArrayMaxSize(MAX_TASKS)
  @IsClientId({ each: true })
  dependencies: string[] = [];

  @ApiPropertyOptional({ ...ANY_OBJECT, description: 'Expressions see it as `input`.' })
  @IsJsonObject()
  input_data: Record<string, unknown> = {};

  @ApiPropertyOptional({
    ...ANY_OBJECT,
    description:
      'Amounts by the names of resources; they count under `resource_aware`, which takes only numbers of 0 or more here.',
    example: { cpu: 2, memory_mb: 512 },
  })
  @IsJsonObject()
  resource_requirements: Record<string, unknown> = {};

  @ApiPropertyOptional({
    nullable: true,
    description: 'Who does it. Left out: a worker that claims it.',
    oneOf: HANDLER_REQUESTS.map((handler) => ({ $ref: getSchemaPath(handler) })),
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(handlerType)
  handler?: Handler | null;

  @ApiPropertyOptional({
    type: ForEachRequest,
    nullable: true,
    description:
      'Makes this a template: its handler, timeouts and attempts are those of a task for each item, named `task_id:0` and so on. The task itself ends when all of them have: with `results`, in the order of the list, and `failed`; or, with more failures than are tolerated, as failed.',
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => ForEachRequest)
  for_each?: ForEachRequest | null;

  @ApiPropertyOptional({
    type: CompensationRequest,
    nullable: true,
    description: 'What undoes it, once completed, when a graph with `compensate` fails.',
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => CompensationRequest)
  compensation?: CompensationRequest | null;
}

export class SynchronizationPointRequest implements SynchronizationPointDefinition {
  @ApiProperty({ example: 'checks_done' })
  @IsClientId()
  sync_id: string;

  @ApiProperty({ minLength: 1, maxLength: 200, example: 'All checks done' })
  @IsText({ min: 1, max: 200 })
  sync_name: string;

  @ApiProperty({
    enum: SYNCHRONIZATION_TYPES,
    description:
      '`barrier`: all required tasks completed. `join`: `minimum_completion_percentage` of them. `conditional_join`: all ended, and the condition holds. `partial_completion`: at its timeout, or when all ended, the percentage completed.',
  })
  @IsIn(SYNCHRONIZATION_TYPES)
  sync_type: SynchronizationType;

  @ApiProperty({ type: [String], example: ['background_check', 'equipment'] })
  @IsArray()
  @ArrayMaxSize(MAX_TASKS)
  @IsClientId({ each: true })
  required_tasks: string[];

  @ApiPropertyOptional({ minimum: 0, maximum: 100 })
  @IsNumber()
  @Min(0)
  @Max(100)
  minimum_completion_percentage: number = 100;

  @ApiPropertyOptional({ description: 'From the start of the execution.' })
  @IsNumber()
  @IsPositive()
  @Max(MINUTES_OF_A_YEAR)
  timeout_minutes: number = 120;

  @ApiPropertyOptional({
    enum: SYNCHRONIZATION_FAILURE_STRATEGIES,
    description:
      'When the point is missed: `fail_fast` fails the execution, `best_effort` goes on without it, `continue_partial` takes it as reached with what is there.',
  })
  @IsIn(SYNCHRONIZATION_FAILURE_STRATEGIES)
  failure_strategy: SynchronizationFailureStrategy = 'fail_fast';

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description:
      'Of a `conditional_join`: FEEL over `results` (task_id → output), `completed` and `failed` (task ids), and each output under its task_id.',
    example: 'background_check.clear = true and count(failed) = 0',
  })
  @IsOptional()
  @IsText({ min: 1, max: MAX_EXPRESSION })
  condition_expression?: string | null;
}

export class LoadBalancingRequest implements LoadBalancing {
  @ApiPropertyOptional({
    enum: LOAD_BALANCING_STRATEGIES,
    description:
      'Which of the tasks that wait is handed out next. `priority_based`: the larger priority, then the older, whatever execution it is of. `round_robin`: one of each execution in turn, in each its largest priority first. `least_loaded`: to the worker with the most free capacity; what it has not taken after a second is for any. `resource_aware`: only what fits into `resource_constraints` beside what runs, and into the `resources` that a worker names.',
  })
  @IsIn(LOAD_BALANCING_STRATEGIES)
  strategy: LoadBalancingStrategy = 'round_robin';

  @ApiPropertyOptional({ description: 'Tasks of this execution handed out at a time.' })
  @IsInt()
  @Min(1)
  @Max(10_000)
  max_concurrent_tasks: number = 10;

  @ApiPropertyOptional({
    ...ANY_OBJECT,
    description:
      'Of `resource_aware`, which takes only numbers of 0 or more here: how much of each resource all tasks in hand may need together. A task that needs more of one than there is at all runs when no other task in hand needs any of it.',
    example: { cpu: 8 },
  })
  @IsJsonObject()
  resource_constraints: Record<string, unknown> = {};

  @ApiPropertyOptional({
    description:
      'Of no effect: every value of `priority` is a level of its own, and fewer would take from it what it says. Kept and given back as it was sent.',
  })
  @IsInt()
  @Min(1)
  @Max(100)
  queue_priority_levels: number = 3;

  @ApiPropertyOptional({
    description:
      'Processes that do built-in tasks take on fewer at a time when their event loop is late or results take long to record, and more when all is well.',
  })
  @IsBoolean()
  adaptive_scaling: boolean = true;
}

/** A task graph: of `POST /parallel/execute`, and of a `parallel` step. */
export class TaskGraphRequest implements TaskGraphDefinition {
  @ApiProperty({ type: [TaskRequest] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_TASKS)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => TaskRequest)
  tasks: TaskRequest[];

  @ApiPropertyOptional({ type: [SynchronizationPointRequest] })
  @IsArray()
  @ArrayMaxSize(MAX_POINTS)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => SynchronizationPointRequest)
  synchronization_points: SynchronizationPointRequest[] = [];

  @ApiPropertyOptional({ type: () => LoadBalancingRequest })
  @IsObject()
  @ValidateNested()
  @Type(() => LoadBalancingRequest)
  load_balancing: LoadBalancingRequest = new LoadBalancingRequest();

  @ApiPropertyOptional()
  @IsNumber()
  @IsPositive()
  @Max(MINUTES_OF_A_YEAR)
  global_timeout_minutes: number = 240;

  @ApiPropertyOptional({
    enum: FAILURE_STRATEGIES,
    description:
      '`fail_fast`: the first task out of attempts ends the execution. `partial_success`: what depends on a failed task is skipped, the rest goes on. `retry_all`: then failed and skipped tasks run again, up to three rounds.',
  })
  @IsIn(FAILURE_STRATEGIES)
  failure_strategy: FailureStrategy = 'partial_success';

  @ApiPropertyOptional({
    description:
      'How often the stream of its events tells how the execution stands, and its estimate and figures in `parallel_executions` are refreshed, while it runs.',
  })
  @IsNumber()
  @IsPositive()
  @Max(86_400)
  monitoring_interval_seconds: number = 30;

  @ApiPropertyOptional({
    description:
      'All or nothing: when the execution fails, times out, is cancelled or leaves a task undone, the completed tasks that have a `compensation` are undone one after the other, the last to complete first, by an execution of their own.',
  })
  @IsBoolean()
  compensate?: boolean = false;
}
