import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsInt,
  IsObject,
  IsOptional,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';

import { IsClientId, IsJsonObject, IsText } from '#platform/http';

export class ApproverContext {
  @ApiPropertyOptional({
    type: [String],
    description: 'Business roles of the approver.',
    example: ['manager'],
  })
  @IsArray()
  @ArrayMaxSize(100)
  @IsText({ min: 1, max: 100 }, { each: true })
  roles: string[] = [];

  @ApiPropertyOptional({ example: 'HR', type: String, nullable: true })
  @IsOptional()
  @IsText({ min: 1, max: 100 })
  department?: string | null;

  @ApiPropertyOptional({
    description: "The approver's own management level.",
    example: 2,
    type: Number,
    nullable: true,
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(100)
  management_level?: number | null;
}

/** Who acts at an approval. */
export class ApproverRequest {
  @ApiPropertyOptional({ description: 'Who decides; the caller when left out.', example: 'grace' })
  @IsOptional()
  @IsText({ min: 1, max: 200 })
  decided_by?: string;

  @ApiPropertyOptional({
    type: ApproverContext,
    description:
      'What entitles them: checked against the asked level. Believed of callers who speak for others; left out, it is what the directory says of them.',
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => ApproverContext)
  user_context?: ApproverContext;

  @ApiPropertyOptional({
    description:
      'An absent person whose substitute they are now: they act with what entitles that person, and history says so.',
    example: 'E-17',
  })
  @IsOptional()
  @IsText({ min: 1, max: 200 })
  on_behalf_of?: string;
}

export class SendBackRequest extends ApproverRequest {
  @ApiProperty({ example: 'request', description: 'A step that the request has come through.' })
  @IsClientId()
  to_step_id: string;

  @ApiProperty({ example: 'Please add the cost centre.' })
  @IsText({ min: 1, max: 2_000 })
  comment: string;
}

export class QuestionRequest extends ApproverRequest {
  @ApiProperty({ example: 'Which cost centre?' })
  @IsText({ min: 1, max: 2_000 })
  question: string;
}

export class AnswerRequest {
  @ApiProperty({ example: '4711' })
  @IsText({ min: 1, max: 2_000 })
  answer: string;

  @ApiPropertyOptional({ description: 'Who answers; the caller when left out.', example: 'ada' })
  @IsOptional()
  @IsText({ min: 1, max: 200 })
  answered_by?: string;
}

export class DecideApprovalRequest extends ApproverRequest {
  @ApiPropertyOptional({
    description: 'The level decided on; the lowest asked one they are entitled to when left out.',
    example: 1,
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000)
  level?: number;

  @ApiPropertyOptional({ example: 'Cover is arranged.' })
  @IsText({ max: 2_000 })
  comment: string = '';

  @ApiPropertyOptional({
    description: "Laid over the instance's data when this decision ends the step.",
    type: 'object',
    additionalProperties: true,
  })
  @IsJsonObject()
  output_data: Record<string, unknown> = {};
}
