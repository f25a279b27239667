import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsDefined,
  IsInt,
  IsISO8601,
  IsObject,
  IsOptional,
  IsUUID,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';

import { IsClientId, IsText } from '#platform/http';

import type { BacktestRow } from './backtests.queries.js';
import { StoreTableRequest } from '../decision-tables/decision-tables.dto.js';
import { StoreTreeRequest } from '../decision-trees/decision-trees.dto.js';
import { BusinessRuleRequest, LowerCase } from '../decisions/decisions.dto.js';

const MAX_RULES = 100;
const MAX_DECISIONS = 100_000;

export class CandidateTree extends OmitType(StoreTreeRequest, ['workflow_id'] as const) {}
export class CandidateTable extends OmitType(StoreTableRequest, ['workflow_id'] as const) {}

export class BacktestCandidateRequest {
  @ApiPropertyOptional({ type: [BusinessRuleRequest] })
  @IsArray()
  @ArrayMaxSize(MAX_RULES)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => BusinessRuleRequest)
  business_rules: BusinessRuleRequest[] = [];

  @ApiPropertyOptional({ type: CandidateTree, nullable: true })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => CandidateTree)
  decision_tree: CandidateTree | null = null;

  @ApiPropertyOptional({ type: CandidateTable, nullable: true })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => CandidateTable)
  decision_table: CandidateTable | null = null;

  @ApiPropertyOptional({ type: String, nullable: true, description: 'The active version of it.' })
  @IsOptional()
  @IsClientId()
  decision_tree_id: string | null = null;

  @ApiPropertyOptional({ type: String, nullable: true, description: 'The active version of it.' })
  @IsOptional()
  @IsClientId()
  decision_table_id: string | null = null;
}

export class BacktestRequest {
  @ApiProperty({ format: 'uuid' })
  @IsUUID()
  @LowerCase()
  workflow_id: string;

  @ApiProperty({ type: BacktestCandidateRequest })
  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => BacktestCandidateRequest)
  candidate: BacktestCandidateRequest;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    nullable: true,
    description: '30 days before `to` when left out.',
  })
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  @IsText({ max: 40 })
  from: string | null = null;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'The time of the call when left out.',
  })
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  @IsText({ max: 40 })
  to: string | null = null;

  @ApiPropertyOptional({
    minimum: 1,
    maximum: MAX_DECISIONS,
    description: 'The latest so many decisions of the period.',
  })
  @IsInt()
  @Min(1)
  @Max(MAX_DECISIONS)
  limit: number = 10_000;
}

export class DestinationView {
  @ApiProperty({ example: 'route_to_step' }) routing_action: string;
  @ApiProperty({ type: String, nullable: true, example: 'director_approval' })
  target_step_id: string | null;
}

export class CandidateDestinationView extends DestinationView {
  @ApiProperty({ enum: ['tree', 'table', 'rule', 'sequence'] }) decided_by: string;
  @ApiProperty({ type: String, nullable: true }) decided_by_id: string | null;
}

export class BacktestCellView {
  @ApiProperty({ type: DestinationView }) old: DestinationView;
  @ApiProperty({ type: DestinationView }) new: DestinationView;
  @ApiProperty() decisions: number;
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    description: 'How the instances ended after the decision that was taken.',
    example: { completed: 12, rejected: 3, open: 1 },
  })
  outcomes: Record<string, number>;
}

export class BacktestChangeView {
  @ApiProperty({ format: 'uuid' }) decision_id: string;
  @ApiProperty({ description: 'Path of the recorded decision, below the base path.' }) href: string;
  @ApiProperty() workflow_instance_id: string;
  @ApiProperty({ type: DestinationView }) old: DestinationView;
  @ApiProperty({ type: CandidateDestinationView }) new: CandidateDestinationView;
  @ApiProperty({ example: 'completed' }) outcome: string;
}

export class BacktestView {
  @ApiProperty({ format: 'uuid' }) backtest_id: string;
  @ApiProperty({ format: 'uuid' }) workflow_id: string;
  @ApiProperty({ enum: ['pending', 'running', 'completed', 'failed'] }) status: string;
  @ApiProperty({ format: 'date-time' }) from: string;
  @ApiProperty({ format: 'date-time' }) to: string;
  @ApiProperty() decisions_total: number;
  @ApiProperty() decisions_read: number;
  @ApiProperty() decisions_changed: number;
  @ApiProperty({ description: 'Of versions or with data that are not there any more.' })
  decisions_undecidable: number;
  @ApiProperty({ minimum: 0, maximum: 100 }) progress_percentage: number;
  @ApiProperty({ type: [BacktestCellView], description: 'Most decisions first.' })
  matrix: BacktestCellView[];
  @ApiProperty({
    type: [BacktestChangeView],
    description: 'The latest 200 decisions that the candidate takes otherwise.',
  })
  changes: BacktestChangeView[];
  @ApiProperty({ type: String, nullable: true }) error_message: string | null;
  @ApiProperty({ format: 'date-time' }) created_at: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) ended_at: string | null;

  static of(row: BacktestRow): BacktestView {
    const { decisions_total, decisions_read } = row;
    return {
      backtest_id: row.backtest_id,
      workflow_id: row.workflow_id,
      status: row.status,
      from: row.period_start.toISOString(),
      to: row.period_end.toISOString(),
      decisions_total,
      decisions_read,
      decisions_changed: row.decisions_changed,
      decisions_undecidable: row.decisions_undecidable,
      progress_percentage:
        row.status === 'completed'
          ? 100
          : Math.floor((100 * decisions_read) / Math.max(1, decisions_total)),
      matrix: [...row.matrix].sort((a, b) => b.decisions - a.decisions),
      changes: row.changes.map((change) => ({
        ...change,
        href: `/conditional/decisions/${change.decision_id}`,
      })),
      error_message: row.error_message,
      created_at: row.created_at.toISOString(),
      ended_at: row.ended_at?.toISOString() ?? null,
    };
  }
}
