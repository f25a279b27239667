import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { IsIn, IsISO8601, IsOptional, IsUUID, Matches } from 'class-validator';

import { IsText, PageQuery, QueryBoolean } from '#platform/http';
import { NEVER } from '#runtime';

import { type InboxSort, type OpenStepRow, SORTS } from './inbox.queries.js';

const INBOX_TYPES = ['user_task', 'approval'] as const;
const ASSIGNMENTS = ['all', 'mine', 'unassigned'] as const;

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

  @ApiPropertyOptional({
    enum: SORTS,
    description:
      'The oldest instance first, or what is due first; what has no deadline comes last then.',
  })
  @IsIn(SORTS)
  sort: InboxSort = 'oldest';

  @ApiPropertyOptional({
    enum: ASSIGNMENTS,
    description:
      '`mine`: what they have, or have delegated and get back. `unassigned`: what nobody has.',
  })
  @IsIn(ASSIGNMENTS)
  assignment: (typeof ASSIGNMENTS)[number] = 'all';

  @ApiPropertyOptional({ description: 'Of this workflow alone.' })
  @IsOptional()
  @IsUUID()
  workflow_id?: string;

  @ApiPropertyOptional({ enum: INBOX_TYPES })
  @IsOptional()
  @IsIn(INBOX_TYPES)
  step_type?: (typeof INBOX_TYPES)[number];

  @ApiPropertyOptional({
    example: 'finance',
    description: 'Approvals that ask somebody of this department.',
  })
  @IsOptional()
  @IsText({ min: 1, max: 100 })
  department?: string;

  @ApiPropertyOptional({ description: 'Only what is past its deadline, or only what is not.' })
  @IsOptional()
  @QueryBoolean()
  overdue?: boolean;

  @ApiPropertyOptional({
    format: 'date-time',
    example: '2026-12-24T12:00:00Z',
    description: 'Only what is due before that time.',
  })
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  @Matches(/^[1-9]\d{3}-\d\d-\d\dT/, { message: 'due_before must be a date with a time' })
  @IsText({ max: 40 })
  due_before?: string;
}

export class InboxCountsQuery extends OmitType(InboxQuery, ['limit', 'cursor', 'sort'] as const) {}

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
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'user:ada',
    description: 'Who has it; null: nobody.',
  })
  assignee: string | null;
  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'Who has delegated it to the assignee.',
  })
  owner: string | null;
  @ApiProperty({ format: 'date-time' }) entered_at: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Its deadline.' })
  due_at: string | null;
  @ApiProperty({ example: false }) overdue: boolean;

  static of(row: OpenStepRow, on_behalf_of: string[] | null): InboxItem {
    const due_at = row.due_at.toISOString();
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
      assignee: row.assignee,
      owner: row.owner,
      entered_at: row.entered_at.toISOString(),
      due_at: due_at === NEVER ? null : due_at,
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

export class WorkflowCount {
  @ApiProperty() workflow_id: string;
  @ApiProperty({ example: 'Leave request' }) workflow_name: string;
  @ApiProperty({ example: 12 }) count: number;
}

export class StepCount extends WorkflowCount {
  @ApiProperty({ example: 'approve' }) step_id: string;
  @ApiProperty({ example: 'Approve the leave' }) step_name: string;
}

export class StepTypeCount {
  @ApiProperty({ enum: INBOX_TYPES }) step_type: string;
  @ApiProperty({ example: 12 }) count: number;
}

export class InboxCounts {
  @ApiProperty({ example: 12, description: 'What they may act on now.' }) total: number;
  @ApiProperty({
    example: false,
    description:
      'There is more than was looked at: all counts are what was found, and there may be more.',
  })
  at_least: boolean;
  @ApiProperty({ example: 2 }) overdue: number;
  @ApiProperty({ example: 3, description: 'What they have themselves.' }) assigned_to_me: number;
  @ApiProperty({ type: [StepTypeCount] }) by_step_type: StepTypeCount[];
  @ApiProperty({ type: [WorkflowCount], description: 'Most first.' }) by_workflow: WorkflowCount[];
  @ApiProperty({ type: [StepCount], description: 'Most first.' }) by_step: StepCount[];
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

export class Verdict {
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

export class CanActAnswer extends Verdict {
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'user:ada',
    description: 'Who has claimed the step, or was given it; null: nobody.',
  })
  assignee: string | null;
  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'Who has delegated it to the assignee.',
  })
  owner: string | null;
}
