import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsDefined,
  IsIn,
  IsInt,
  IsISO8601,
  IsOptional,
  IsUUID,
  Max,
  Min,
  ValidateNested,
  IsObject,
} from 'class-validator';

import {
  CONDITION_TYPES,
  type ConditionType,
  ROUTING_ACTIONS,
  type RoutingAction,
} from '#engine/routing';
import { IsClientId, IsJsonObject, IsText } from '#platform/http';

import { CHOICE_STATUSES, type ChoiceStatus } from './choice-status.js';
import { IsExpression, MAX_EXPRESSION } from '../expression.validator.js';

const MAX_RULES = 100;
const MAX_EVALUATIONS = 100;
const MOST = 1_000_000_000;
const ANY_OBJECT = { type: 'object', additionalProperties: true } as const;

/** Ids are compared as PostgreSQL writes them. */
export function LowerCase(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? value.toLowerCase() : value,
  );
}

/** A business rule, sent along or stored: contract.md §67. */
export class BusinessRuleRequest {
  @ApiProperty({ example: 'large_purchases' })
  @IsClientId()
  rule_id: string;

  @ApiProperty({ minLength: 1, maxLength: 200, example: 'Large purchases go to the director' })
  @IsText({ min: 1, max: 200 })
  rule_name: string;

  @ApiProperty({
    enum: CONDITION_TYPES,
    description: 'What kind of question it asks; for reports.',
  })
  @IsIn(CONDITION_TYPES)
  condition_type: ConditionType;

  @ApiProperty({
    description:
      'FEEL over `workflow_data`; also `user.…` and `system.…`. Anything but true does not apply.',
    example: "amount > 1000 and priority = 'high'",
  })
  @IsText({ min: 1, max: MAX_EXPRESSION })
  @IsExpression()
  condition_expression: string;

  @ApiProperty({ enum: ROUTING_ACTIONS })
  @IsIn(ROUTING_ACTIONS)
  target_action: RoutingAction;

  @ApiPropertyOptional({ type: String, nullable: true, description: '`route_to_step` needs one.' })
  @IsOptional()
  @IsClientId()
  target_step_id: string | null = null;

  @ApiPropertyOptional({ description: 'Lower is tried first.' })
  @IsInt()
  @Min(-MOST)
  @Max(MOST)
  priority: number = 100;

  @ApiPropertyOptional()
  @IsBoolean()
  is_active: boolean = true;

  @ApiPropertyOptional(ANY_OBJECT)
  @IsJsonObject()
  metadata: Record<string, unknown> = {};
}

export class RoutingContextRequest {
  @ApiProperty({
    description: 'An instance that is not known yet is made, standing at `current_step_id`.',
    example: 'purchase-2026-0042',
  })
  @IsClientId()
  workflow_instance_id: string;

  @ApiProperty({ example: 'request' })
  @IsClientId()
  current_step_id: string;

  @ApiPropertyOptional({ ...ANY_OBJECT, example: { amount: 4200, priority: 'high' } })
  @IsJsonObject()
  workflow_data: Record<string, unknown> = {};

  @ApiPropertyOptional({ ...ANY_OBJECT, example: { department: 'IT' } })
  @IsJsonObject()
  user_context: Record<string, unknown> = {};

  @ApiPropertyOptional(ANY_OBJECT)
  @IsJsonObject()
  system_context: Record<string, unknown> = {};

  @ApiPropertyOptional({ description: 'What `now()` is; the time of the call when left out.' })
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  @IsText({ max: 40 })
  timestamp?: string | null;
}

export class RouteRequest {
  @ApiProperty({ format: 'uuid' })
  @IsUUID()
  @LowerCase()
  workflow_id: string;

  @ApiProperty({ type: RoutingContextRequest })
  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => RoutingContextRequest)
  context: RoutingContextRequest;

  @ApiPropertyOptional({ type: [BusinessRuleRequest], description: 'Tried before stored ones.' })
  @IsArray()
  @ArrayMaxSize(MAX_RULES)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => BusinessRuleRequest)
  business_rules: BusinessRuleRequest[] = [];

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'A stored tree; decides first.',
  })
  @IsOptional()
  @IsClientId()
  decision_tree_id: string | null = null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description:
      'A stored decision table with the outputs `target_step_id` and, if it has one, `action`; decides where no tree does.',
  })
  @IsOptional()
  @IsClientId()
  decision_table_id: string | null = null;

  @ApiPropertyOptional({
    description:
      'Decide anew. Without it the same question about an instance that has not changed since is answered with the recorded decision, so that a repeated call does nothing twice.',
  })
  @IsBoolean()
  force_evaluation: boolean = false;

  @ApiPropertyOptional({ description: 'Say what would be decided; change and record nothing.' })
  @IsBoolean()
  dry_run: boolean = false;
}

export class AlternativePathView {
  @ApiProperty({ type: String, nullable: true }) rule_id: string | null;
  @ApiProperty({ enum: ROUTING_ACTIONS }) routing_action: RoutingAction;
  @ApiProperty({ type: String, nullable: true }) target_step_id: string | null;
  @ApiProperty() reason: string;
}

export class RoutingDecisionView {
  @ApiProperty({ format: 'uuid' }) decision_id: string;
  @ApiProperty({ enum: ROUTING_ACTIONS }) routing_action: RoutingAction;
  @ApiProperty({ type: String, nullable: true, example: 'director_approval' })
  target_step_id: string | null;
  @ApiProperty({ type: [String], description: 'How it came about, in sentences.' })
  reasoning: string[];
  @ApiProperty({
    type: Number,
    nullable: true,
    minimum: 0,
    maximum: 1,
    description:
      'Share of like decisions (same rule or leaf, same target) whose instance then went well; null while there are too few of them.',
  })
  confidence_score: number | null;
  @ApiProperty({ type: [String] }) applied_rules: string[];
  @ApiProperty() execution_time_ms: number;
  @ApiProperty({ type: [AlternativePathView] }) alternative_paths: AlternativePathView[];
}

export class RouteResponse {
  @ApiProperty({ format: 'uuid' }) request_id: string;
  @ApiProperty({ format: 'uuid' }) workflow_id: string;
  @ApiProperty() workflow_instance_id: string;
  @ApiProperty({ type: RoutingDecisionView }) routing_decision: RoutingDecisionView;
  @ApiProperty({ format: 'date-time' }) timestamp: string;
  @ApiProperty() is_dry_run: boolean;
  @ApiProperty({
    ...ANY_OBJECT,
    description:
      'What it rests on: `rules_evaluated`, `rules_matched`, `decided_by`, `decision_tree_used`, `confidence` (cases, interval, reason, and its `basis`: `history` or `model`), `minimum_confidence` of the workflow, `awaits_person` (it is less certain than that, so the instance stays where it is until a person chooses), `instance` (where it stands now).',
  })
  routing_analytics: Record<string, unknown>;
}

/** What a person made of a decision that was left to them. */
export class ChoiceView {
  @ApiProperty({ enum: CHOICE_STATUSES }) status: ChoiceStatus;
  @ApiProperty({ type: String, nullable: true }) target_step_id: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'grace' }) chosen_by: string | null;
  @ApiProperty({ type: String, nullable: true }) comment: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) chosen_at: string | null;
}

/** A recorded decision and why it came out so. */
export class RecordedDecision extends RouteResponse {
  @ApiProperty() current_step_id: string;
  @ApiProperty({ ...ANY_OBJECT, description: 'The data it was decided on, and what `now` was.' })
  context: object;
  @ApiProperty({
    type: 'array',
    items: ANY_OBJECT,
    description:
      'Every rule in the order tried: whether it `matched`, the `value` of its condition, the `reason` why it did not apply, and in `parts` what each sub-expression was.',
  })
  rules_tried: object[];
  @ApiProperty({
    type: 'array',
    items: ANY_OBJECT,
    description: 'The way through the decision tree, with the `parts` of each condition.',
  })
  tree_path: object[];
  @ApiProperty({ type: String, nullable: true }) tree_undecided_because: string | null;
  @ApiProperty({
    ...ANY_OBJECT,
    nullable: true,
    description:
      'What the decision table said: the values of its inputs, the rules that matched, its output, and in `rules` the `parts` of each cell of those rules.',
  })
  decision_table: object | null;
  @ApiProperty({ type: String, nullable: true, description: 'Of its instance, now.' })
  instance_status: string | null;
  @ApiProperty({ type: String, nullable: true }) instance_outcome: string | null;
  @ApiProperty({ type: String, nullable: true }) correlation_id: string | null;
  @ApiProperty({ type: ChoiceView, nullable: true, description: 'Null: none was asked for.' })
  choice: ChoiceView | null;
}

/** Names one of the three. */
export class EvaluationRequest {
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'FEEL. Either this, or a table, or a tree.',
    example: 'amount > 1000 and user.department = "IT"',
  })
  @IsOptional()
  @IsText({ min: 1, max: MAX_EXPRESSION })
  expression: string | null = null;

  @ApiPropertyOptional({ type: String, nullable: true, description: 'A stored decision table.' })
  @IsOptional()
  @IsClientId()
  decision_table_id: string | null = null;

  @ApiPropertyOptional({ type: String, nullable: true, description: 'A stored decision tree.' })
  @IsOptional()
  @IsClientId()
  decision_tree_id: string | null = null;

  @ApiPropertyOptional({ ...ANY_OBJECT, example: { amount: 4200, user: { department: 'IT' } } })
  @IsJsonObject()
  context: Record<string, unknown> = {};
}

export class EvaluateRequest {
  @ApiProperty({ type: [EvaluationRequest], minItems: 1, maxItems: MAX_EVALUATIONS })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_EVALUATIONS)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => EvaluationRequest)
  evaluations: EvaluationRequest[];
}

export class EvaluationFault {
  @ApiProperty({ example: 'expression_syntax' }) code: string;
  @ApiProperty() message: string;
  @ApiPropertyOptional({ ...ANY_OBJECT, description: 'offset, line, column of a syntax error.' })
  position?: { offset: number; line: number; column: number };
}

export class EvaluationResult {
  @ApiProperty({
    description: 'Null where it could not be told. Dates, times and durations as ISO 8601 text.',
    nullable: true,
  })
  value: unknown;
  @ApiProperty({ type: String, nullable: true, example: 'boolean' }) type: string | null;
  @ApiProperty({ type: [String], description: 'Why parts of it became null.' }) warnings: string[];
  @ApiPropertyOptional({
    type: [String],
    description:
      'Of a table: the rules that matched, in the order in which its hit policy takes them.',
  })
  matched_rules?: string[];
  @ApiPropertyOptional({
    type: 'array',
    items: ANY_OBJECT,
    description: 'Of a tree: the nodes on the way through it.',
  })
  path?: object[];
  @ApiPropertyOptional({ type: EvaluationFault }) error?: EvaluationFault;
}

export class EvaluateResponse {
  @ApiProperty({ type: [EvaluationResult] }) results: EvaluationResult[];
}
