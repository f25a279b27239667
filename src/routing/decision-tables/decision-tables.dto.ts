import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsObject,
  IsOptional,
  IsUUID,
  ValidateNested,
} from 'class-validator';

import { AGGREGATIONS, type Aggregation, HIT_POLICIES, type HitPolicy } from '#engine/table';
import { IsClientId, IsJsonObject, IsText } from '#platform/http';

import { ListTreesQuery } from '../decision-trees/decision-trees.dto.js';
import type { DecisionTableRow } from './decision-tables.queries.js';
import { LowerCase } from '../decisions/decisions.dto.js';
import { MAX_EXPRESSION } from '../expression.validator.js';

const MAX_COLUMNS = 50;
const MAX_RULES = 2_000;
const MAX_VALUES = 200;
const ANY_OBJECT = { type: 'object', additionalProperties: true } as const;

export class TableInputRequest {
  @ApiProperty({ minLength: 1, maxLength: 100, example: 'Amount' })
  @IsText({ min: 1, max: 100 })
  label: string;

  @ApiProperty({ description: 'FEEL over the data: what the column tests.', example: 'amount' })
  @IsText({ min: 1, max: MAX_EXPRESSION })
  expression: string;
}

export class TableOutputRequest {
  @ApiProperty({
    description: 'A table routes by the outputs `target_step_id` and, if it has one, `action`.',
    example: 'target_step_id',
  })
  @IsClientId()
  name: string;

  @ApiPropertyOptional({
    type: [String],
    description: 'FEEL values, highest priority first; for `priority` and `output_order`.',
  })
  @IsArray()
  @ArrayMaxSize(MAX_VALUES)
  @IsText({ min: 1, max: MAX_EXPRESSION }, { each: true })
  values: string[] = [];

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'FEEL: what it is when no rule matches.',
  })
  @IsOptional()
  @IsText({ min: 1, max: MAX_EXPRESSION })
  default_value: string | null = null;
}

export class TableRuleRequest {
  @ApiProperty({ example: 'large' })
  @IsClientId()
  rule_id: string;

  @ApiProperty({
    type: [String],
    description: 'FEEL unary tests, one for each input; `-` holds always.',
    example: ['> 1000'],
  })
  @IsArray()
  @ArrayMaxSize(MAX_COLUMNS)
  @IsText({ min: 1, max: MAX_EXPRESSION }, { each: true })
  inputs: string[];

  @ApiProperty({
    type: [String],
    description: 'FEEL, one for each output.',
    example: ['"director_approval"'],
  })
  @IsArray()
  @ArrayMaxSize(MAX_COLUMNS)
  @IsText({ min: 1, max: MAX_EXPRESSION }, { each: true })
  outputs: string[];

  @ApiPropertyOptional({ maxLength: 500 })
  @IsText({ max: 500 })
  annotation: string = '';
}

export class StoreTableRequest {
  @ApiProperty({ example: 'purchase_levels' })
  @IsClientId()
  table_id: string;

  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'Left out: the table may decide for all workflows.',
  })
  @IsOptional()
  @IsUUID()
  @LowerCase()
  workflow_id: string | null = null;

  @ApiProperty({ minLength: 1, maxLength: 200, example: 'Who approves a purchase' })
  @IsText({ min: 1, max: 200 })
  table_name: string;

  @ApiProperty({ enum: HIT_POLICIES, description: 'DMN 1.5 §8.2.10.' })
  @IsIn(HIT_POLICIES)
  hit_policy: HitPolicy;

  @ApiPropertyOptional({ enum: AGGREGATIONS, nullable: true, description: 'Of `collect`.' })
  @IsOptional()
  @IsIn(AGGREGATIONS)
  aggregation: Aggregation | null = null;

  @ApiProperty({ type: [TableInputRequest], minItems: 1 })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_COLUMNS)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => TableInputRequest)
  inputs: TableInputRequest[];

  @ApiProperty({ type: [TableOutputRequest], minItems: 1 })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_COLUMNS)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => TableOutputRequest)
  outputs: TableOutputRequest[];

  @ApiProperty({ type: [TableRuleRequest], minItems: 1, maxItems: MAX_RULES })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_RULES)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => TableRuleRequest)
  rules: TableRuleRequest[];

  @ApiPropertyOptional(ANY_OBJECT)
  @IsJsonObject()
  metadata: Record<string, unknown> = {};
}

export class ReplaceTableRequest extends OmitType(StoreTableRequest, ['table_id'] as const) {}

export class ListTablesQuery extends ListTreesQuery {}

export class TableView extends StoreTableRequest {
  @ApiProperty({ description: '1, 2, 3, …: every replacement is a new version.' })
  version_number: number;
  @ApiProperty() is_active: boolean;
  @ApiProperty({ format: 'date-time' }) created_at: string;

  static of(row: DecisionTableRow): TableView {
    return { ...row, created_at: row.created_at.toISOString() };
  }
}

export class TableWarningView {
  @ApiProperty({ example: '/rules' }) pointer: string;
  @ApiProperty({ example: 'gap' }) code: string;
  @ApiProperty({
    example: 'No rule matches where Amount: between 10 and 40, such as {"Amount":25}.',
  })
  message: string;
}

export class CheckedTableView extends TableView {
  @ApiProperty({
    type: [TableWarningView],
    description: 'Inputs that no rule matches, each with an example; what could not be looked at.',
  })
  warnings: TableWarningView[];
}

export class TablePage {
  @ApiProperty({ type: [TableView] }) items: TableView[];
  @ApiProperty({ type: String, nullable: true }) next_cursor: string | null;
}
