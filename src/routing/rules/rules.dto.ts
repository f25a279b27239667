import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { IsOptional, IsUUID } from 'class-validator';

import { IsText, PageQuery, QueryBoolean } from '#platform/http';

import { BusinessRuleRequest, LowerCase } from '../decisions/decisions.dto.js';
import type { RuleRow } from './rules.queries.js';

export class StoreRuleRequest extends BusinessRuleRequest {
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'Left out: the rule holds for all workflows.',
  })
  @IsOptional()
  @IsUUID()
  @LowerCase()
  workflow_id: string | null = null;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 50, example: 'purchasing' })
  @IsOptional()
  @IsText({ min: 1, max: 50 })
  rule_category: string | null = null;
}

export class ReplaceRuleRequest extends OmitType(StoreRuleRequest, [
  'rule_id',
  'workflow_id',
] as const) {}

export class RuleOwnerQuery {
  @ApiPropertyOptional({
    format: 'uuid',
    description: 'Whose rule; left out: the one for all workflows.',
  })
  @IsOptional()
  @IsUUID()
  @LowerCase()
  workflow_id?: string;
}

export class ListRulesQuery extends PageQuery {
  @ApiPropertyOptional({ format: 'uuid', description: 'Of this workflow alone.' })
  @IsOptional()
  @IsUUID()
  @LowerCase()
  workflow_id?: string;

  @ApiPropertyOptional({ type: Boolean })
  @IsOptional()
  @QueryBoolean()
  is_active?: boolean;
}

export class RuleView extends StoreRuleRequest {
  @ApiProperty({ format: 'uuid', description: 'Of this version of the rule.' })
  business_rule_id: string;
  @ApiProperty({ description: '1, 2, 3, …: every replacement is a new version.' })
  version_number: number;
  @ApiProperty({ description: 'Decisions of this version whose instance then went well.' })
  success_count: number;
  @ApiProperty({ description: 'Decisions of this version whose instance ended otherwise.' })
  failure_count: number;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Last decision.' })
  last_used: string | null;
  @ApiProperty({ format: 'date-time' }) created_at: string;

  static of(row: RuleRow): RuleView {
    return {
      ...row,
      last_used: row.last_used?.toISOString() ?? null,
      created_at: row.created_at.toISOString(),
    };
  }
}

export class RulePage {
  @ApiProperty({ type: [RuleView] }) items: RuleView[];
  @ApiProperty({ type: String, nullable: true }) next_cursor: string | null;
}
