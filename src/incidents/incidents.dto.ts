import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsISO8601, IsOptional, IsUUID } from 'class-validator';

import {
  INCIDENT_KINDS,
  INCIDENT_STATUSES,
  type IncidentKind,
  type IncidentStatus,
} from '#persistence';
import { IsClientId, IsJsonObject, IsText, PageQuery } from '#platform/http';

import type { IncidentDetailRow, IncidentFilter, IncidentRow } from './incidents.queries.js';

const ANY_OBJECT = { type: 'object', additionalProperties: true } as const;
const INSTANT = { type: String, format: 'date-time' } as const;
const LowerCase = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? value.toLowerCase() : value,
  );

const FILTERS = {
  workflow_id: 'Of this workflow alone.',
  search: 'Part of the error message, the task id or the instance id, in any letter case.',
  kind: '`task_failed`: a task is out of attempts. `step_failed`: the work of a step failed and no rule takes it. `step_entry_limit`: rules run in a loop. `step_missing`: there is no such step in its version.',
};

export class ListIncidentsQuery extends PageQuery {
  @ApiPropertyOptional({ description: FILTERS.workflow_id })
  @IsOptional()
  @IsUUID()
  workflow_id?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsClientId()
  workflow_instance_id?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsClientId()
  execution_id?: string;

  @ApiPropertyOptional({ example: 'validation' })
  @IsOptional()
  @IsClientId()
  task_type?: string;

  @ApiPropertyOptional({ enum: INCIDENT_KINDS, description: FILTERS.kind })
  @IsOptional()
  @IsIn(INCIDENT_KINDS)
  kind?: IncidentKind;

  @ApiPropertyOptional({ example: 'http_status' })
  @IsOptional()
  @IsText({ min: 1, max: 100 })
  error_code?: string;

  @ApiPropertyOptional({ description: FILTERS.search, example: 'refused' })
  @IsOptional()
  @IsText({ min: 1, max: 200 })
  search?: string;

  @ApiPropertyOptional({ ...INSTANT, description: 'Raised at that time or later.' })
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  @IsText({ max: 40 })
  created_from?: string;

  @ApiPropertyOptional({ ...INSTANT, description: 'Raised before that time.' })
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  @IsText({ max: 40 })
  created_to?: string;

  @ApiPropertyOptional({ enum: INCIDENT_STATUSES, description: 'All of them when left out.' })
  @IsOptional()
  @IsIn(INCIDENT_STATUSES)
  status?: IncidentStatus;
}

/** Of a bulk call. */
export class IncidentFilterRequest implements IncidentFilter {
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    nullable: true,
    description: FILTERS.workflow_id,
  })
  @IsOptional()
  @IsUUID()
  @LowerCase()
  workflow_id: string | null = null;

  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsClientId()
  workflow_instance_id: string | null = null;

  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsClientId()
  execution_id: string | null = null;

  @ApiPropertyOptional({ type: String, nullable: true, example: 'validation' })
  @IsOptional()
  @IsClientId()
  task_type: string | null = null;

  @ApiPropertyOptional({ enum: INCIDENT_KINDS, nullable: true, description: FILTERS.kind })
  @IsOptional()
  @IsIn(INCIDENT_KINDS)
  kind: IncidentKind | null = null;

  @ApiPropertyOptional({ type: String, nullable: true, example: 'http_status' })
  @IsOptional()
  @IsText({ min: 1, max: 100 })
  error_code: string | null = null;

  @ApiPropertyOptional({ type: String, nullable: true, description: FILTERS.search })
  @IsOptional()
  @IsText({ min: 1, max: 200 })
  search: string | null = null;

  @ApiPropertyOptional({ ...INSTANT, nullable: true })
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  @IsText({ max: 40 })
  created_from: string | null = null;

  @ApiPropertyOptional({ ...INSTANT, nullable: true })
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  @IsText({ max: 40 })
  created_to: string | null = null;
}

export class ResolveIncidentRequest {
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Why; kept with the incident.',
    example: 'The registry answers again.',
  })
  @IsOptional()
  @IsText({ min: 1, max: 2_000 })
  note: string | null = null;
}

export class SkipIncidentRequest extends ResolveIncidentRequest {
  @ApiPropertyOptional({
    ...ANY_OBJECT,
    description: 'What the task, or the step, is to have returned.',
    example: { cleared: true, checked_by: 'ada' },
  })
  @IsJsonObject()
  output_data: Record<string, unknown> = {};
}

export class IncidentSummary {
  @ApiProperty({ format: 'uuid' }) incident_id: string;
  @ApiProperty({ enum: INCIDENT_KINDS, description: FILTERS.kind }) kind: IncidentKind;
  @ApiProperty({
    enum: INCIDENT_STATUSES,
    description:
      '`open` until it is `retried`, `skipped` or `failed` by somebody; `cancelled` with its execution, or when its instance was cancelled or timed out; `superseded` when its step has ended, so that the instance goes on, or failed and has an incident of its own.',
  })
  status: IncidentStatus;
  @ApiProperty() workflow_id: string;
  @ApiProperty() workflow_instance_id: string;
  @ApiProperty({ type: String, nullable: true }) instance_id: string | null;
  @ApiProperty({ type: String, nullable: true }) step_id: string | null;
  @ApiProperty({ type: String, nullable: true }) execution_id: string | null;
  @ApiProperty({ type: String, nullable: true }) task_execution_id: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'background_check' }) task_id:
    string | null;
  @ApiProperty({ type: String, nullable: true }) task_type: string | null;
  @ApiProperty({
    description:
      'Begun until then, since they last began anew: with a round of `retry_all`, or a retry by hand.',
  })
  attempts: number;
  @ApiProperty({ type: String, nullable: true, example: 'http_status' }) error_code: string | null;
  @ApiProperty({ example: 'The answer was 503.' }) error_message: string;
  @ApiProperty({ format: 'date-time' }) created_at: string;
  @ApiProperty({ ...INSTANT, nullable: true }) resolved_at: string | null;
  @ApiProperty({ type: String, nullable: true }) resolved_by: string | null;
  @ApiProperty({ type: String, nullable: true }) note: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'The bulk call that resolved it.' })
  batch_id: string | null;

  static of({ created_at, resolved_at, resolution_note, ...row }: IncidentRow): IncidentSummary {
    return {
      ...row,
      created_at: created_at.toISOString(),
      resolved_at: resolved_at?.toISOString() ?? null,
      note: resolution_note,
    };
  }
}

export class IncidentPage {
  @ApiProperty({ type: [IncidentSummary] }) items: IncidentSummary[];
  @ApiProperty({ type: String, nullable: true }) next_cursor: string | null;
}

export class IncidentTask {
  @ApiProperty({ description: 'Now.', example: 'failed' }) status: string;
  @ApiProperty() attempt: number;
  @ApiProperty() max_retry_attempts: number;
  @ApiProperty({ ...ANY_OBJECT, description: 'With its expressions filled in.' })
  handler: Record<string, unknown>;
  @ApiProperty(ANY_OBJECT) input_data: Record<string, unknown>;
  @ApiProperty({ type: [String] }) dependencies: string[];
}

export class IncidentView extends IncidentSummary {
  @ApiProperty({ ...ANY_OBJECT, nullable: true, example: { code: 'http_status', status: 503 } })
  error: Record<string, unknown> | null;
  @ApiProperty({ ...ANY_OBJECT, nullable: true, description: 'Given when it was skipped.' })
  output_data: Record<string, unknown> | null;
  @ApiProperty({ type: String, nullable: true }) correlation_id: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'Of its execution, now.' })
  overall_status: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'Of its instance, now.' })
  instance_status: string | null;
  @ApiProperty({ type: IncidentTask, nullable: true }) task: IncidentTask | null;

  static override of(row: IncidentDetailRow): IncidentView {
    const {
      error,
      output_data,
      correlation_id,
      overall_status,
      instance_status,
      task,
      ...summary
    } = row;
    return {
      ...IncidentSummary.of(summary),
      error,
      output_data,
      correlation_id,
      overall_status,
      instance_status,
      task,
    };
  }
}
