import { ApiExtraModels, ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
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
  ValidateIf,
  ValidateNested,
  IsObject,
} from 'class-validator';

import { STEP_TYPES, type StepType } from '#engine/definition';
import type { Handler } from '#engine/graph';
import {
  IsClientId,
  IsJsonObject,
  IsText,
  PageQuery,
  QueryBoolean,
  QueryInteger,
} from '#platform/http';

import { HANDLER_REQUESTS, handlerType } from '../parallel/handler.dto.js';
import { TaskGraphRequest } from '../parallel/task-graph.dto.js';
import { LevelPolicyRequest } from './level-policy.dto.js';

/** Bounds of what may be asked for; one body holds at most 1 MiB in any case. */
export const MAX_STEPS = 1_000;
const MAX_RULES = 500;
const MAX_LEVELS = 100;
const MAX_EXPRESSION = 10_000;
const HOURS_OF_TEN_YEARS = 87_600;
const MINUTES_OF_A_YEAR = 527_040;
const MOST = 1_000_000_000;

const EXPRESSION = 'FEEL over the data of the instance.';
const ANY_OBJECT = { type: 'object', additionalProperties: true } as const;

@ApiExtraModels(...HANDLER_REQUESTS)
export class StepRequest {
  @ApiProperty({ example: 'manager_approval' })
  @IsClientId()
  step_id: string;

  @ApiProperty({ minLength: 1, maxLength: 200, example: 'Manager approval' })
  @IsText({ min: 1, max: 200 })
  step_name: string;

  @ApiProperty({ enum: STEP_TYPES })
  @IsIn(STEP_TYPES)
  step_type: StepType;

  @ApiProperty({ description: 'Steps follow each other in this order.', example: 2 })
  @IsInt()
  @Min(-MOST)
  @Max(MOST)
  order_sequence: number;

  @ApiPropertyOptional({ type: [String], description: 'Any one of them.', example: ['manager'] })
  @IsArray()
  @ArrayMaxSize(100)
  @IsText({ min: 1, max: 100 }, { each: true })
  required_roles: string[] = [];

  @ApiPropertyOptional({ example: 30 })
  @IsNumber()
  @Min(0)
  @Max(MINUTES_OF_A_YEAR)
  estimated_duration_minutes: number = 30;

  @ApiPropertyOptional({ type: Number, nullable: true, example: 24 })
  @IsOptional()
  @IsNumber()
  @IsPositive()
  @Max(HOURS_OF_TEN_YEARS)
  auto_escalation_hours: number | null = null;

  @ApiPropertyOptional({
    ...ANY_OBJECT,
    description: '`expression`: the step is skipped unless it holds. Other keys are your own.',
    example: { expression: 'days > 2' },
  })
  @IsJsonObject()
  conditions: Record<string, unknown> = {};

  @ApiPropertyOptional({
    ...ANY_OBJECT,
    description:
      'What the output of a user task, or of the approval, has to fit: `fields` (a list of `{name, type, required, …}`, or types by their names), or a JSON Schema 2020-12 that refers to nothing outside itself. Empty: anything.',
    example: { fields: [{ name: 'amount', type: 'number', required: true, min: 0 }] },
  })
  @IsJsonObject()
  form_schema: Record<string, unknown> = {};

  @ApiPropertyOptional({
    ...ANY_OBJECT,
    description:
      'Where people are told of this step: `channel` (`webhook`, `log`), `to` (URLs or names), and `on`, a list of `asked`, `reminded`, `escalated`, `sent_back`, `question` (all of them when left out). `message` is text with `{{ expression }}` in place of a sentence of ours, `recipients` people in place of those who may act. Other keys are your own.',
    example: { channel: 'webhook', to: ['https://mail-gateway.example.com/tasks'] },
  })
  @IsJsonObject()
  notification_settings: Record<string, unknown> = {};

  @ApiPropertyOptional({
    nullable: true,
    description: 'Of an `automated` step: who does the work. Left out: a worker claims it.',
    oneOf: HANDLER_REQUESTS.map((handler) => ({ $ref: getSchemaPath(handler) })),
    example: { type: 'delay', duration_ms: 0 },
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(handlerType)
  handler: Handler | null = null;

  @ApiPropertyOptional({
    type: () => TaskGraphRequest,
    nullable: true,
    description:
      'Of a `parallel` step: the task graph it runs on entry, as `POST /parallel/execute` takes it. Left out: it waits for such a call.',
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => TaskGraphRequest)
  parallel: TaskGraphRequest | null = null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Of a `conditional` step: decide by this stored tree instead of by routing rules.',
  })
  @IsOptional()
  @IsClientId()
  decision_tree_id: string | null = null;

  @ApiPropertyOptional({
    type: [String],
    description:
      'Steps of which nobody who acted on them may act on this one, nor the other way round (four eyes).',
    example: ['enter_invoice'],
  })
  @IsArray()
  @ArrayMaxSize(50)
  @IsClientId({ each: true })
  different_person_from: string[] = [];

  @ApiPropertyOptional({
    description:
      '`auto_escalation_hours` are working hours: of the calendar of the department that is asked, else of the default calendar.',
  })
  @IsBoolean()
  working_time: boolean = false;
}

export class ApprovalLevelRequest {
  @ApiProperty({ description: 'Consecutive from 1.', example: 1 })
  @IsInt()
  @Min(1)
  @Max(MAX_LEVELS)
  level: number;

  @ApiProperty({ example: 'manager' })
  @IsText({ min: 1, max: 100 })
  role_required: string;

  @ApiPropertyOptional({ type: String, nullable: true, example: 'HR' })
  @IsOptional()
  @IsText({ min: 1, max: 100 })
  department_required: string | null = null;

  @ApiPropertyOptional({
    description: "The approver's own management level must be at least this.",
  })
  @IsInt()
  @Min(0)
  @Max(100)
  minimum_level: number = 1;

  @ApiPropertyOptional({ description: 'Asked together with the next level instead of before it.' })
  @IsBoolean()
  parallel_approval: boolean = false;

  @ApiPropertyOptional({
    type: [String],
    description: `${EXPRESSION} The level is skipped when one holds.`,
    example: ['amount < 100'],
  })
  @IsArray()
  @ArrayMaxSize(50)
  @IsText({ min: 1, max: MAX_EXPRESSION }, { each: true })
  bypass_conditions: string[] = [];

  @ApiPropertyOptional({
    type: () => LevelPolicyRequest,
    nullable: true,
    description: 'How several people decide the level. Left out: the first decision counts.',
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => LevelPolicyRequest)
  policy: LevelPolicyRequest | null = null;
}

export class RoutingRuleRequest {
  @ApiProperty({ example: 'large_amounts' })
  @IsClientId()
  rule_id: string;

  @ApiProperty({ description: EXPRESSION, example: 'amount > 1000' })
  @IsText({ min: 1, max: MAX_EXPRESSION })
  condition_expression: string;

  @ApiProperty({ example: 'director_approval' })
  @IsClientId()
  target_step_id: string;

  @ApiPropertyOptional({ description: 'Lower is tried first.' })
  @IsInt()
  @Min(-MOST)
  @Max(MOST)
  priority: number = 100;

  @ApiPropertyOptional({ maxLength: 500 })
  @IsText({ max: 500 })
  description: string = '';

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description:
      'Only after this step, and then also back to a step entered before. Left out: after any step, never back.',
  })
  @IsOptional()
  @IsClientId()
  source_step_id: string | null = null;
}

/** contract.md §66. */
export class CreateWorkflowRequest {
  @ApiProperty({ minLength: 3, maxLength: 100, example: 'Employee onboarding' })
  @IsText({ min: 3, max: 100 })
  workflow_name: string;

  @ApiPropertyOptional({ maxLength: 500 })
  @IsText({ max: 500 })
  workflow_description: string = '';

  @ApiProperty({ maxLength: 50, example: 'hr' })
  @IsText({ min: 1, max: 50 })
  category: string;

  @ApiPropertyOptional({ description: "The author's label of this version.", example: '1.0' })
  @IsText({ min: 1, max: 50 })
  version: string = '1.0';

  @ApiPropertyOptional({ description: 'Whether instances may be started with it.' })
  @IsBoolean()
  is_active: boolean = true;

  @ApiProperty({ type: [StepRequest], minItems: 1 })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_STEPS)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => StepRequest)
  steps: StepRequest[];

  @ApiPropertyOptional({ type: [ApprovalLevelRequest] })
  @IsArray()
  @ArrayMaxSize(MAX_LEVELS)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => ApprovalLevelRequest)
  approval_hierarchies: ApprovalLevelRequest[] = [];

  @ApiPropertyOptional({ type: [RoutingRuleRequest] })
  @IsArray()
  @ArrayMaxSize(MAX_RULES)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => RoutingRuleRequest)
  routing_rules: RoutingRuleRequest[] = [];

  @ApiPropertyOptional({ description: 'DEFAULT_TIMEOUT_HOURS when left out.', example: 168 })
  @ValidateIf(
    ({ global_timeout_hours }: CreateWorkflowRequest) => global_timeout_hours !== undefined,
  )
  @IsNumber()
  @IsPositive()
  @Max(HOURS_OF_TEN_YEARS)
  global_timeout_hours?: number;

  @ApiPropertyOptional(ANY_OBJECT)
  @IsJsonObject()
  retry_configuration: Record<string, unknown> = {};

  @ApiPropertyOptional({
    ...ANY_OBJECT,
    description:
      "As a step's `notification_settings`, for all steps: `on` is `escalated` and `rolled_back` (a modification was taken back by itself) when left out.",
    example: { channel: 'webhook', to: 'https://mail-gateway.example.com/operations' },
  })
  @IsJsonObject()
  notification_escalation: Record<string, unknown> = {};

  @ApiPropertyOptional({
    type: Number,
    nullable: true,
    minimum: 0,
    maximum: 1,
    description:
      'A decision whose confidence is known and below this is left to a person: see `GET /conditional/decisions`. One whose confidence is not known yet (too little evidence) is carried out, or there would never be any evidence. 0 leaves none to a person, and tells how certain automatic decisions are. Null: decisions are carried out whatever their confidence is.',
    example: 0.8,
  })
  @IsOptional()
  @IsNumber()
  @Min(0)
  @Max(1)
  minimum_confidence: number | null = null;
}

export class ListWorkflowsQuery extends PageQuery {
  @ApiPropertyOptional({ example: 'hr' })
  @IsOptional()
  @IsText({ min: 1, max: 50 })
  category?: string;

  @ApiPropertyOptional({ type: Boolean })
  @IsOptional()
  @QueryBoolean()
  is_active?: boolean;

  @ApiPropertyOptional({ description: 'Part of the name, in any letter case.', example: 'onboard' })
  @IsOptional()
  @IsText({ min: 1, max: 100 })
  name?: string;
}

export class ReadWorkflowQuery {
  @ApiPropertyOptional({ description: 'The current version when left out.', example: 1 })
  @IsOptional()
  @QueryInteger(1, MOST)
  version_number?: number;
}

export class ActivateWorkflowRequest {
  @ApiPropertyOptional({ description: 'The latest version when left out.', example: 1 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MOST)
  version_number?: number;
}
