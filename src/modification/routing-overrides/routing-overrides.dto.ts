import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsISO8601, IsOptional, IsUUID, Max, Min } from 'class-validator';

import { IsClientId, IsText, PageQuery, QueryBoolean } from '#platform/http';

import type { OverrideRow } from './routing-overrides.queries.js';

const MOST = 1_000_000_000;

export class StoreOverrideRequest {
  @ApiProperty({ format: 'uuid' })
  @IsUUID()
  workflow_id: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Your own id; `override_to_<target_step_id>` when left out.',
    example: 'hr_is_away',
  })
  @IsOptional()
  @IsClientId()
  routing_rule_id: string | null = null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'The modification that it belongs to.',
  })
  @IsOptional()
  @IsClientId()
  modification_id: string | null = null;

  @ApiProperty({
    description: 'FEEL over the data of the instance.',
    example: "department = 'HR'",
  })
  @IsText({ min: 1, max: 10_000 })
  condition_expression: string;

  @ApiProperty({ example: 'deputy_approval' })
  @IsClientId()
  target_step_id: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Only after this step, and then also back. Left out: after any, never back.',
  })
  @IsOptional()
  @IsClientId()
  source_step_id: string | null = null;

  @ApiPropertyOptional({ description: 'Lower is tried first.' })
  @IsInt()
  @Min(-MOST)
  @Max(MOST)
  priority: number = 100;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Until when it holds; until it is deleted when left out.',
    example: '2026-12-24T12:00:00Z',
  })
  @IsOptional()
  @IsISO8601({ strict: true })
  expiry_time: string | null = null;
}

export class ListOverridesQuery extends PageQuery {
  @ApiPropertyOptional({ format: 'uuid', description: 'Of this workflow alone.' })
  @IsOptional()
  @IsUUID()
  workflow_id?: string;

  @ApiPropertyOptional({ type: Boolean, description: 'Those that hold now, or those that do not.' })
  @IsOptional()
  @QueryBoolean()
  is_active?: boolean;
}

export class OverrideView {
  @ApiProperty({ format: 'uuid' }) routing_id: string;
  @ApiProperty({ format: 'uuid' }) workflow_id: string;
  @ApiProperty({ type: String, nullable: true }) modification_id: string | null;
  @ApiProperty() routing_rule_id: string;
  @ApiProperty() condition_expression: string;
  @ApiProperty() target_step_id: string;
  @ApiProperty({ type: String, nullable: true }) source_step_id: string | null;
  @ApiProperty() priority: number;
  @ApiProperty({ description: 'It holds now.' }) is_active: boolean;
  @ApiProperty() is_temporary: boolean;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) expiry_time: string | null;
  @ApiProperty({ format: 'date-time' }) created_at: string;

  static of(row: OverrideRow): OverrideView {
    const { expiry_time, created_at, ...same } = row;
    return {
      ...same,
      expiry_time: expiry_time?.toISOString() ?? null,
      created_at: created_at.toISOString(),
    };
  }
}

export class OverridePage {
  @ApiProperty({ type: [OverrideView] }) items: OverrideView[];
  @ApiProperty({ type: String, nullable: true }) next_cursor: string | null;
}
