import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsDefined,
  IsIn,
  IsISO8601,
  IsNumber,
  IsObject,
  IsOptional,
  IsUUID,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';

import { MODIFICATION_TYPES, type ModificationType } from '#engine/definition';
import {
  MODIFICATION_STATUSES,
  type ModificationStatus,
  REVIEW_VERDICTS,
  type ReviewVerdict,
} from '#persistence';
import { IsClientId, IsJsonObject, IsText, PageQuery } from '#platform/http';

import { CanaryRequest } from './canary/canary.dto.js';
import { MigrationRequest } from './moves/migration.dto.js';
import { APPLY_TO, type ApplyTo } from './moves/migration-plan.js';

export const ROLLBACK_STRATEGIES = ['immediate', 'graceful', 'scheduled', 'manual'] as const;
export type RollbackStrategy = (typeof ROLLBACK_STRATEGIES)[number];

const ANY_OBJECT = { type: 'object', additionalProperties: true } as const;
const MAX_STEP_MODIFICATIONS = 200;
const MINUTES_OF_30_DAYS = 43_200;

const STRATEGIES =
  '`immediate`: instances on the new version return at once; `graceful` and `manual`: they finish where they are (`manual`: also never by itself); `scheduled`: as `immediate`, at a time.';

export class StepModificationRequest {
  @ApiProperty({ example: 'document_upload' })
  @IsClientId()
  step_id: string;

  @ApiProperty({ enum: MODIFICATION_TYPES, example: 'add_step' })
  @IsIn(MODIFICATION_TYPES)
  modification_type: ModificationType;

  @ApiPropertyOptional({
    ...ANY_OBJECT,
    nullable: true,
    description: 'Fields of the step, as `POST /multi-step/create` takes them.',
    example: { step_name: 'Document upload', step_type: 'user_task' },
  })
  @IsOptional()
  @IsJsonObject()
  new_configuration: Record<string, unknown> | null = null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Where the step goes; at the end when left out.',
    example: 'hr_processing',
  })
  @IsOptional()
  @IsClientId()
  insert_after_step: string | null = null;

  @ApiPropertyOptional({
    ...ANY_OBJECT,
    nullable: true,
    description:
      'A rule that leads to the step: `condition_expression`, `rule_id`, `priority`, `source_step_id`, `description`. With `update_routing` also `{rule_id, remove: true}`.',
    example: { condition_expression: "contract = 'contractor'", priority: 10 },
  })
  @IsOptional()
  @IsJsonObject()
  routing_conditions: Record<string, unknown> | null = null;
}

export class WorkflowModificationRequest {
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Your own id; the server makes one.',
    example: 'change-2026-17',
  })
  @IsOptional()
  @IsClientId()
  modification_id: string | null = null;

  @ApiProperty({ format: 'uuid' })
  @IsUUID()
  workflow_id: string;

  @ApiProperty({ enum: MODIFICATION_TYPES, example: 'add_step' })
  @IsIn(MODIFICATION_TYPES)
  modification_type: ModificationType;

  @ApiPropertyOptional({ type: [StepModificationRequest] })
  @IsArray()
  @ArrayMaxSize(MAX_STEP_MODIFICATIONS)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => StepModificationRequest)
  step_modifications: StepModificationRequest[] = [];

  @ApiPropertyOptional({
    ...ANY_OBJECT,
    description:
      'Whole fields of the definition: `global_timeout_hours`, `retry_configuration`, `notification_escalation`, `minimum_confidence`, `approval_hierarchies`, `routing_rules`, `workflow_description`, `category`, `version`. Of an emergency bypass: `workflow_instance_ids`, the instances it is for (all when left out).',
    example: { global_timeout_hours: 72 },
  })
  @IsJsonObject()
  global_changes: Record<string, unknown> = {};

  @ApiProperty({
    minLength: 10,
    maxLength: 500,
    example: 'Work permits have to be on file before any access is given.',
  })
  @IsText({ min: 10, max: 500 })
  reason: string;

  @ApiProperty({ example: 'compliance' })
  @IsText({ min: 1, max: 200 })
  requested_by: string;

  @ApiPropertyOptional({
    description: 'Passes without approval, where EMERGENCY_MODIFICATION_ENABLED.',
  })
  @IsBoolean()
  emergency_change: boolean = false;

  @ApiPropertyOptional({ description: 'Only together with `emergency_change`.' })
  @IsBoolean()
  approval_override: boolean = false;
}

/** contract.md §70, with `apply_to` and `migration` of our own. */
export class ModifyRequest {
  @ApiProperty({ type: WorkflowModificationRequest })
  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => WorkflowModificationRequest)
  workflow_modification: WorkflowModificationRequest;

  @ApiPropertyOptional({ description: 'Whether the answer shows the impact.' })
  @IsBoolean()
  impact_analysis_required: boolean = true;

  @ApiPropertyOptional({ description: 'Apply it as soon as it needs no (further) approval.' })
  @IsBoolean()
  auto_apply: boolean = false;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When it is applied, once it is approved; also without `auto_apply`.',
    example: '2026-12-01T06:00:00Z',
  })
  @IsOptional()
  @IsISO8601({ strict: true })
  scheduled_at: string | null = null;

  @ApiPropertyOptional({ enum: ROLLBACK_STRATEGIES, description: STRATEGIES })
  @IsIn(ROLLBACK_STRATEGIES)
  rollback_strategy: RollbackStrategy = 'graceful';

  @ApiPropertyOptional()
  @IsNumber()
  @Min(0)
  @Max(MINUTES_OF_30_DAYS)
  monitoring_duration_minutes: number = 30;

  @ApiPropertyOptional({
    ...ANY_OBJECT,
    description:
      'When it rolls back by itself: `error_rate_percentage`, `avg_duration_minutes`, `deadline_misses` (each: above this), `expression` (FEEL over the metrics), `minimum_ended` (5): instances that must have ended before a rate or a mean counts.',
    example: { error_rate_percentage: 10, minimum_ended: 20 },
  })
  @IsJsonObject()
  auto_rollback_conditions: Record<string, unknown> = {};

  @ApiPropertyOptional({
    enum: APPLY_TO,
    description:
      'Running instances stay on their version (`new_instances`), or all of them (`all`) or those that `migration.filter` lets through (`filter`) are moved as well.',
  })
  @IsIn(APPLY_TO)
  apply_to: ApplyTo = 'new_instances';

  @ApiPropertyOptional({
    type: MigrationRequest,
    description: 'With `apply_to` `all` or `filter`.',
  })
  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => MigrationRequest)
  migration: MigrationRequest = new MigrationRequest();

  @ApiPropertyOptional({
    type: CanaryRequest,
    nullable: true,
    description:
      'With `apply_to` `all`: the change is tried on a share of the running instances first (stable by a hash of instance and modification) and compared with the others by failures, deadline misses and step times. It is widened stage by stage, or stopped by itself and taken back; new instances start as before until it is for all.',
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => CanaryRequest)
  canary: CanaryRequest | null = null;
}

export class DecideModificationRequest {
  @ApiPropertyOptional({ description: 'Who decides; the caller when left out.', example: 'grace' })
  @IsOptional()
  @IsText({ min: 1, max: 200 })
  approved_by?: string;

  @ApiPropertyOptional({ example: 'Agreed with the works council.' })
  @IsText({ max: 2_000 })
  comments: string = '';
}

export class ApplyModificationRequest {
  @ApiPropertyOptional({
    description: 'Who applies it; the caller when left out.',
    example: 'grace',
  })
  @IsOptional()
  @IsText({ min: 1, max: 200 })
  applied_by?: string;
}

export class ReviewModificationRequest {
  @ApiProperty({ enum: REVIEW_VERDICTS, example: 'accepted' })
  @IsIn(REVIEW_VERDICTS)
  verdict: ReviewVerdict;

  @ApiPropertyOptional({
    description: 'Who reviews it; the caller when left out.',
    example: 'grace',
  })
  @IsOptional()
  @IsText({ min: 1, max: 200 })
  reviewed_by?: string;

  @ApiPropertyOptional({ example: 'The step was broken; there was no other way.' })
  @IsText({ max: 2_000 })
  comments: string = '';
}

export class RollbackRequest {
  @ApiPropertyOptional({ example: 'The new step holds everybody up.' })
  @IsText({ max: 500 })
  reason: string = '';

  @ApiPropertyOptional({
    enum: ROLLBACK_STRATEGIES,
    description: `${STRATEGIES} The modification's own when left out.`,
  })
  @IsOptional()
  @IsIn(ROLLBACK_STRATEGIES)
  strategy?: RollbackStrategy;

  @ApiPropertyOptional({
    format: 'date-time',
    description: 'With the strategy `scheduled`: when.',
    example: '2026-12-01T06:00:00Z',
  })
  @IsOptional()
  @IsISO8601({ strict: true })
  scheduled_at?: string;

  @ApiPropertyOptional({ description: 'Who asks for it; the caller when left out.' })
  @IsOptional()
  @IsText({ min: 1, max: 200 })
  requested_by?: string;
}

export class ListModificationsQuery extends PageQuery {
  @ApiPropertyOptional({ format: 'uuid', description: 'Of this workflow alone.' })
  @IsOptional()
  @IsUUID()
  workflow_id?: string;

  @ApiPropertyOptional({ enum: MODIFICATION_STATUSES })
  @IsOptional()
  @IsIn(MODIFICATION_STATUSES)
  status?: ModificationStatus;

  @ApiPropertyOptional({
    enum: ['pending', 'overdue'],
    description: 'Emergency changes that are still to be reviewed, or are overdue for it.',
  })
  @IsOptional()
  @IsIn(['pending', 'overdue'])
  review?: 'pending' | 'overdue';
}
