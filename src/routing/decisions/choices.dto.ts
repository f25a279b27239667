import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsUUID } from 'class-validator';

import { ROUTING_ACTIONS } from '#engine/routing';
import { IsClientId, IsText, PageQuery, QueryBoolean } from '#platform/http';

import { CHOICE_STATUSES, type ChoiceStatus, choiceStatus } from './choice-status.js';
import { LowerCase } from './decisions.dto.js';
import type { DecisionSummaryRow } from './choices.queries.js';

export class ListDecisionsQuery extends PageQuery {
  @ApiPropertyOptional({ format: 'uuid', description: 'Needed without `awaiting`.' })
  @IsOptional()
  @IsUUID()
  @LowerCase()
  workflow_id?: string;

  @ApiPropertyOptional({ description: 'Of this instance alone. Not with `awaiting`.' })
  @IsOptional()
  @IsClientId()
  workflow_instance_id?: string;

  @ApiPropertyOptional({
    type: Boolean,
    description: 'Those that wait for a person to choose, and no others.',
  })
  @IsOptional()
  @QueryBoolean()
  awaiting: boolean = false;
}

export class ChooseRequest {
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description:
      'Where the instance goes. The decided target, or none: what was decided is carried out as it is.',
    example: 'director_approval',
  })
  @IsOptional()
  @IsClientId()
  target_step_id: string | null = null;

  @ApiPropertyOptional({ maxLength: 2_000, example: 'The supplier is new to us.' })
  @IsText({ max: 2_000 })
  comment: string = '';

  @ApiPropertyOptional({ description: 'Who chooses; the caller when left out.', example: 'grace' })
  @IsOptional()
  @IsText({ min: 1, max: 200 })
  chosen_by?: string;
}

export class DecisionSummary {
  @ApiProperty({ format: 'uuid' }) decision_id: string;
  @ApiProperty({ format: 'uuid' }) workflow_id: string;
  @ApiProperty() workflow_instance_id: string;
  @ApiProperty({ example: 'request' }) current_step_id: string;
  @ApiProperty({ enum: ROUTING_ACTIONS }) routing_action: string;
  @ApiProperty({ type: String, nullable: true }) target_step_id: string | null;
  @ApiProperty({ enum: ['tree', 'table', 'rule', 'sequence'] }) decided_by: string;
  @ApiProperty({ description: 'The rule, the leaf, or the step whose successor follows.' })
  decided_by_id: string;
  @ApiProperty({ type: Number, nullable: true }) confidence_score: number | null;
  @ApiProperty() confidence_cases: number;
  @ApiProperty({
    enum: CHOICE_STATUSES,
    nullable: true,
    description:
      'Null: it was certain enough to be carried out. `awaited`: a person is to choose. `confirmed` or `changed`: one has. `lapsed`: the instance went on otherwise.',
  })
  person_choice: ChoiceStatus | null;
  @ApiProperty({ format: 'date-time' }) timestamp: string;

  static of({
    routing_timestamp,
    is_awaited,
    person_choice,
    ...row
  }: DecisionSummaryRow): DecisionSummary {
    return {
      ...row,
      person_choice: choiceStatus({ person_choice, is_awaited }),
      timestamp: routing_timestamp.toISOString(),
    };
  }
}

export class DecisionPage {
  @ApiProperty({ type: [DecisionSummary] }) items: DecisionSummary[];
  @ApiProperty({ type: String, nullable: true }) next_cursor: string | null;
}
