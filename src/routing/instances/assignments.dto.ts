import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsObject, IsOptional, IsUUID, ValidateNested } from 'class-validator';

import { IsJsonObject, IsText } from '#platform/http';

import { ApproverContext } from './approvals.dto.js';
import type { CommentRow } from './assignments.queries.js';

/** Who acts, and on which entry of the step. */
class AtStepRequest {
  @ApiPropertyOptional({ description: 'Who does it; the caller when left out.', example: 'ada' })
  @IsOptional()
  @IsText({ min: 1, max: 200 })
  performed_by?: string;

  @ApiPropertyOptional({
    description:
      'This entry of the step alone: refused when the instance has left it and come back.',
  })
  @IsOptional()
  @IsUUID()
  step_execution_id?: string;
}

class EntitledRequest extends AtStepRequest {
  @ApiPropertyOptional({
    type: ApproverContext,
    description:
      'What entitles them. Believed of callers who speak for others; left out, it is what the directory says of them.',
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => ApproverContext)
  user_context?: ApproverContext;

  @ApiPropertyOptional({
    description: 'At an approval: an absent person whose substitute they are now.',
    example: 'E-17',
  })
  @IsOptional()
  @IsText({ min: 1, max: 200 })
  on_behalf_of?: string;
}

export class ClaimRequest extends EntitledRequest {}

export class FormDataRequest extends EntitledRequest {
  @ApiProperty({
    description: 'The form as it is so far, in place of what was saved before.',
    type: 'object',
    additionalProperties: true,
    example: { days: 3, cover: 'E-17' },
  })
  @IsJsonObject()
  form_data: Record<string, unknown>;
}

export class GiveBackRequest extends AtStepRequest {
  @ApiPropertyOptional({ example: 'I am away until Monday.', description: 'Kept in the history.' })
  @IsText({ max: 2_000 })
  comment: string = '';
}

export class DelegateRequest extends GiveBackRequest {
  @ApiProperty({
    example: 'E-17',
    description: 'To whom, by subject or external id of the directory.',
  })
  @IsText({ min: 1, max: 200 })
  assignee: string;

  @ApiPropertyOptional({
    type: ApproverContext,
    description:
      'Of callers who speak for others: what that person is. Then the directory need not have them.',
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => ApproverContext)
  user_context?: ApproverContext;
}

export class AssignRequest extends DelegateRequest {}

export class CommentRequest {
  @ApiPropertyOptional({ description: 'Who says it; the caller when left out.', example: 'ada' })
  @IsOptional()
  @IsText({ min: 1, max: 200 })
  performed_by?: string;

  @ApiProperty({ example: 'The invoice is in the archive.' })
  @IsText({ min: 1, max: 2_000 })
  comment: string;
}

export class StepComment {
  @ApiProperty({ description: 'Of the event in the history of the instance.' }) sequence: number;
  @ApiProperty({ example: 'approve' }) step_id: string;
  @ApiProperty({ description: 'On the how-many-eth entry into the step.' }) entry: number;
  @ApiProperty({ example: 'user:ada' }) author: string;
  @ApiProperty({ example: 'The invoice is in the archive.' }) comment: string;
  @ApiProperty({ format: 'date-time' }) created_at: string;

  static of({ created_at, ...comment }: CommentRow): StepComment {
    return { ...comment, created_at: created_at.toISOString() };
  }
}

export class StepCommentPage {
  @ApiProperty({ type: [StepComment] }) items: StepComment[];
  @ApiProperty({ type: String, nullable: true }) next_cursor: string | null;
}
