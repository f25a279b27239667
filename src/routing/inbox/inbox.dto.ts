import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsUUID } from 'class-validator';

import { IsText, PageQuery, QueryBoolean } from '#platform/http';

import type { OpenStepRow } from './inbox.queries.js';

const INBOX_TYPES = ['user_task', 'approval'] as const;

export class PersonQuery {
  @ApiPropertyOptional({
    example: 'E-17',
    description:
      'Somebody else, by subject or external id: for operators and administrators. Left out: the caller.',
  })
  @IsOptional()
  @IsText({ min: 1, max: 100 })
  person?: string;
}

export class InboxQuery extends PageQuery {
  @ApiPropertyOptional({
    example: 'E-17',
    description:
      'Somebody else, by subject or external id: for operators and administrators. Left out: the caller.',
  })
  @IsOptional()
  @IsText({ min: 1, max: 100 })
  person?: string;

  @ApiPropertyOptional({ description: 'Of this workflow alone.' })
  @IsOptional()
  @IsUUID()
  workflow_id?: string;

  @ApiPropertyOptional({ enum: INBOX_TYPES })
  @IsOptional()
  @IsIn(INBOX_TYPES)
  step_type?: (typeof INBOX_TYPES)[number];

  @ApiPropertyOptional({ description: 'Only what is past its deadline, or only what is not.' })
  @IsOptional()
  @QueryBoolean()
  overdue?: boolean;
}

/** Something that a person may act on now. */
export class InboxItem {
  @ApiProperty() workflow_id: string;
  @ApiProperty({ example: 'Leave request' }) workflow_name: string;
  @ApiProperty({ example: 'leave-2026-0042' }) workflow_instance_id: string;
  @ApiProperty({ example: 'user:ben' }) started_by: string;
  @ApiProperty() step_execution_id: string;
  @ApiProperty({ example: 'approve' }) step_id: string;
  @ApiProperty({ example: 'Approve the leave' }) step_name: string;
  @ApiProperty({ enum: INBOX_TYPES }) step_type: string;
  @ApiProperty({
    type: [String],
    nullable: true,
    example: null,
    description: 'For whom they would act, by external id, as a substitute; null: for themselves.',
  })
  on_behalf_of: string[] | null;
  @ApiProperty({ format: 'date-time' }) entered_at: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Its deadline.' })
  due_at: string | null;
  @ApiProperty({ example: false }) overdue: boolean;

  static of(row: OpenStepRow, on_behalf_of: string[] | null): InboxItem {
    return {
      workflow_id: row.workflow_id,
      workflow_name: row.workflow_name,
      workflow_instance_id: row.workflow_instance_id,
      started_by: row.started_by,
      step_execution_id: row.step_execution_id,
      step_id: row.step_id,
      step_name: row.step_name,
      step_type: row.step_type,
      on_behalf_of,
      entered_at: row.entered_at.toISOString(),
      due_at: row.due_at?.toISOString() ?? null,
      overdue: row.is_overdue,
    };
  }
}

export class InboxPage {
  @ApiProperty({ type: [InboxItem] }) items: InboxItem[];
  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description:
      'Null: there is no more. A page may hold fewer items than its limit and still have one.',
  })
  next_cursor: string | null;
}

/** Why somebody may not act, in one capacity. */
export class Hindrance {
  @ApiProperty({ example: 'approver_not_entitled', description: 'As the refusal would be.' })
  code: string;
  @ApiProperty({ example: 'Level 1 needs the role manager.' }) detail: string;
  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'As the substitute of this person; null: as themselves.',
  })
  on_behalf_of: string | null;
}

export class CanActAnswer {
  @ApiProperty({ example: false }) may_act: boolean;
  @ApiProperty({
    type: [String],
    nullable: true,
    example: null,
    description: 'For whom, by external id, as a substitute; null: for themselves, or not at all.',
  })
  on_behalf_of: string[] | null;
  @ApiProperty({
    type: [Hindrance],
    description: 'Where they may not: why, as themselves and for each person whom they substitute.',
  })
  reasons: Hindrance[];
}
