import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsOptional,
  IsUUID,
  ValidateNested,
  IsObject,
} from 'class-validator';

import { NODE_TYPES, type NodeType, ROUTING_ACTIONS } from '#engine/routing';
import { IsClientId, IsJsonObject, IsText, PageQuery, QueryBoolean } from '#platform/http';

import { LowerCase } from '../decisions/decisions.dto.js';
import type { DecisionTreeRow } from './decision-trees.queries.js';
import { MAX_EXPRESSION } from '../expression.validator.js';

const MAX_NODES = 1_000;
const ANY_OBJECT = { type: 'object', additionalProperties: true } as const;

export class TreeNodeRequest {
  @ApiProperty({ example: 'is_large' })
  @IsClientId()
  node_id: string;

  @ApiProperty({
    enum: NODE_TYPES,
    description:
      '`condition` goes on by `true_path` or `false_path`; `action` decides; `fork` starts parallel work with its branches (its two paths and `action_parameters.branches`), which meet at a `join`: each is an `automated` step (`action_parameters.target_step_id`) or a task for workers (`action_parameters.task_type`), and they run at the `parallel` step without a task graph that the fork or the join names as its `target_step_id`.',
  })
  @IsIn(NODE_TYPES)
  node_type: NodeType;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'FEEL.',
    example: 'amount > 1000',
  })
  @IsOptional()
  @IsText({ min: 1, max: MAX_EXPRESSION })
  condition_expression: string | null = null;

  @ApiPropertyOptional({ type: String, nullable: true, example: 'to_director' })
  @IsOptional()
  @IsClientId()
  true_path: string | null = null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Also followed when the condition cannot be told, as by FEEL’s `if`.',
  })
  @IsOptional()
  @IsClientId()
  false_path: string | null = null;

  @ApiPropertyOptional({ type: String, nullable: true, enum: ROUTING_ACTIONS })
  @IsOptional()
  @IsText({ min: 1, max: 50 })
  action_type: string | null = null;

  @ApiPropertyOptional({ ...ANY_OBJECT, example: { target_step_id: 'director_approval' } })
  @IsJsonObject()
  action_parameters: Record<string, unknown> = {};
}

export class StoreTreeRequest {
  @ApiProperty({ example: 'purchase_approval' })
  @IsClientId()
  tree_id: string;

  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'Left out: the tree may decide for all workflows.',
  })
  @IsOptional()
  @IsUUID()
  @LowerCase()
  workflow_id: string | null = null;

  @ApiProperty({ minLength: 1, maxLength: 200, example: 'Who approves a purchase' })
  @IsText({ min: 1, max: 200 })
  tree_name: string;

  @ApiProperty({ example: 'is_large' })
  @IsClientId()
  root_node_id: string;

  @ApiProperty({ type: [TreeNodeRequest], minItems: 1 })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_NODES)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => TreeNodeRequest)
  nodes: TreeNodeRequest[];

  @ApiPropertyOptional(ANY_OBJECT)
  @IsJsonObject()
  metadata: Record<string, unknown> = {};
}

export class ReplaceTreeRequest extends OmitType(StoreTreeRequest, ['tree_id'] as const) {}

export class ListTreesQuery extends PageQuery {
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

export class TreeView extends StoreTreeRequest {
  @ApiProperty({ description: '1, 2, 3, …: every replacement is a new version.' })
  version_number: number;
  @ApiProperty() is_active: boolean;
  @ApiProperty({ description: 'Decisions that this version was asked for.' }) usage_count: number;
  @ApiProperty({
    type: Number,
    nullable: true,
    description:
      'Share of its decisions whose instance then went well; null before the first ended.',
  })
  accuracy_score: number | null;
  @ApiProperty({ format: 'date-time' }) created_at: string;

  static of({ tree_structure, ...row }: DecisionTreeRow): TreeView {
    return {
      ...row,
      nodes: tree_structure.nodes,
      metadata: tree_structure.metadata,
      created_at: row.created_at.toISOString(),
    };
  }
}

export class TreePage {
  @ApiProperty({ type: [TreeView] }) items: TreeView[];
  @ApiProperty({ type: String, nullable: true }) next_cursor: string | null;
}
