import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsUUID } from 'class-validator';

import type { LevelState } from '#engine/approval';
import {
  type FormDraft,
  INSTANCE_STATUSES,
  type InstanceStatus,
  STEP_STATUSES,
} from '#engine/instance';
import { IsClientId, IsJsonObject, IsText, PageQuery } from '#platform/http';

import type {
  EventRow,
  InstanceDetailRow,
  InstanceSummaryRow,
  StepExecutionRow,
} from './instances.queries.js';

export class StartInstanceRequest {
  @ApiPropertyOptional({
    description:
      "The client's own id of the instance, unique in its workflow. The server makes one when it is left out.",
    example: 'leave-2026-0042',
  })
  @IsOptional()
  @IsClientId()
  workflow_instance_id?: string;

  @ApiPropertyOptional({
    description: 'What the process is about. Expressions name its fields directly.',
    type: 'object',
    additionalProperties: true,
    example: { employee: 'E-17', days: 3 },
  })
  @IsJsonObject()
  data: Record<string, unknown> = {};

  @ApiPropertyOptional({ description: 'Who starts it; the caller when left out.', example: 'ada' })
  @IsOptional()
  @IsText({ min: 1, max: 200 })
  started_by?: string;
}

export class CompleteStepRequest {
  @ApiPropertyOptional({
    description: "The step's result; its fields are laid over the instance's data.",
    type: 'object',
    additionalProperties: true,
    example: { documents_received: true },
  })
  @IsJsonObject()
  output_data: Record<string, unknown> = {};

  @ApiPropertyOptional({
    description: 'Who completes it; the caller when left out.',
    example: 'ada',
  })
  @IsOptional()
  @IsText({ min: 1, max: 200 })
  completed_by?: string;

  @ApiPropertyOptional({
    description:
      'Answer this entry of the step alone: refused when the instance has left it and come back.',
  })
  @IsOptional()
  @IsUUID()
  step_execution_id?: string;
}

export class ReasonRequest {
  @ApiPropertyOptional({
    description: 'Kept in the history.',
    example: 'The requester is on leave.',
  })
  @IsText({ max: 500 })
  reason: string = '';
}

export class ListInstancesQuery extends PageQuery {
  @ApiPropertyOptional({ enum: INSTANCE_STATUSES })
  @IsOptional()
  @IsIn(INSTANCE_STATUSES)
  status?: InstanceStatus;
}

export class ListAllInstancesQuery extends ListInstancesQuery {
  @ApiPropertyOptional({ description: 'Of this workflow alone.' })
  @IsOptional()
  @IsUUID()
  workflow_id?: string;
}

export class InstanceSummary {
  @ApiProperty({ description: "The server's id." }) instance_id: string;
  @ApiProperty() workflow_id: string;
  @ApiProperty({ example: 'Leave request' }) workflow_name: string;
  @ApiProperty({ description: 'The version that it runs on.', example: 1 }) version_number: number;
  @ApiProperty({ example: '1.0' }) version: string;
  @ApiProperty({ example: 'leave-2026-0042' }) workflow_instance_id: string;
  @ApiProperty({ enum: INSTANCE_STATUSES }) status: InstanceStatus;
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'How it ended in business terms: `completed` or `rejected`.',
  })
  outcome: string | null;
  @ApiProperty({ type: String, nullable: true }) current_step_id: string | null;
  @ApiProperty() started_by: string;
  @ApiProperty() started_at: string;
  @ApiProperty({ type: String, nullable: true }) ended_at: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'Its global timeout.' }) due_at:
    string | null;
  @ApiProperty({ type: String, nullable: true }) end_reason: string | null;

  static of(row: InstanceSummaryRow): InstanceSummary {
    return {
      instance_id: row.instance_id,
      workflow_id: row.workflow_id,
      workflow_name: row.workflow_name,
      version_number: row.version_number,
      version: row.version,
      workflow_instance_id: row.workflow_instance_id,
      status: row.status,
      outcome: row.outcome,
      current_step_id: row.current_step_id,
      started_by: row.started_by,
      started_at: row.started_at.toISOString(),
      ended_at: row.ended_at?.toISOString() ?? null,
      due_at: row.due_at?.toISOString() ?? null,
      end_reason: row.end_reason,
    };
  }
}

export class StepExecutionView {
  @ApiProperty() step_execution_id: string;
  @ApiProperty({ example: 'manager_approval' }) step_id: string;
  @ApiProperty() step_name: string;
  @ApiProperty() step_type: string;
  @ApiProperty({ description: 'The how-many-eth entry into this step, from 1.' }) entry: number;
  @ApiProperty({ enum: STEP_STATUSES }) status: string;
  @ApiProperty({ type: String, nullable: true, example: 'approved' }) outcome: string | null;
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true }) output_data: Record<
    string,
    unknown
  > | null;
  @ApiProperty({ type: String, nullable: true }) error_message: string | null;
  @ApiProperty({ type: String, nullable: true }) completed_by: string | null;
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'user:ada',
    description: 'Who has it, or had it when it ended; null: everybody who may act on it.',
  })
  assignee: string | null;
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Who has delegated it to the assignee, and gets it back.',
  })
  owner: string | null;
  @ApiProperty({ type: [String] }) required_roles: string[];
  @ApiProperty({
    description: 'Of an approval step: its levels with who decided; null of every other.',
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    nullable: true,
  })
  approval_levels: LevelState[] | null;
  @ApiProperty({ type: String, nullable: true, description: 'When it escalates.' }) due_at:
    string | null;
  @ApiProperty({ type: String, nullable: true }) escalated_at: string | null;
  @ApiProperty() entered_at: string;
  @ApiProperty({ type: String, nullable: true }) started_at: string | null;
  @ApiProperty({ type: String, nullable: true }) ended_at: string | null;

  static of(row: StepExecutionRow & { instance_id?: string }): StepExecutionView {
    const {
      instance_id: _,
      output,
      approval_state,
      due_at,
      escalated_at,
      entered_at,
      started_at,
      ended_at,
      ...same
    } = row;
    return {
      ...same,
      output_data: output,
      approval_levels: approval_state,
      due_at: due_at?.toISOString() ?? null,
      escalated_at: escalated_at?.toISOString() ?? null,
      entered_at: entered_at.toISOString(),
      started_at: started_at?.toISOString() ?? null,
      ended_at: ended_at?.toISOString() ?? null,
    };
  }
}

export class InstanceView extends InstanceSummary {
  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description:
      'The decision of where to go from the current step that waits for a person: see `POST /conditional/decisions/{decision_id}/choose`.',
  })
  awaited_decision_id: string | null;
  @ApiProperty({
    type: 'object',
    properties: { question: { type: 'string' }, asked_by: { type: 'string' } },
    nullable: true,
    description: 'What the current step waits to be told by the requester.',
  })
  question: { question: string; asked_by: string } | null;
  @ApiProperty({
    type: 'object',
    properties: {
      data: { type: 'object', additionalProperties: true },
      saved_by: { type: 'string' },
    },
    nullable: true,
    description: 'The form of the current step as it was saved: see `saveFormData`.',
  })
  form_draft: FormDraft | null;
  @ApiProperty({ type: 'object', additionalProperties: true }) data: Record<string, unknown>;
  @ApiProperty({
    description: 'step_id → times entered.',
    type: 'object',
    additionalProperties: { type: 'integer' },
  })
  step_entries: Record<string, number>;
  @ApiProperty({
    type: [StepExecutionView],
    description: 'Every entry into a step, oldest first (1,000 at most).',
  })
  steps: StepExecutionView[];

  static from(row: InstanceDetailRow, steps: readonly StepExecutionRow[]): InstanceView {
    return {
      ...InstanceSummary.of(row),
      awaited_decision_id: row.awaited_decision_id,
      question: row.question,
      form_draft: row.form_draft,
      data: row.data,
      step_entries: Object.fromEntries(
        Object.entries(row.step_entries).map(([step_id, entries]) => [step_id, Math.abs(entries)]),
      ),
      steps: steps.map((step) => StepExecutionView.of(step)),
    };
  }
}

export class HistoryEvent {
  @ApiProperty({ description: 'From 1, without gaps.' }) sequence: number;
  @ApiProperty({ example: 'step_completed' }) event_type: string;
  @ApiProperty({ type: String, nullable: true }) step_id: string | null;
  @ApiProperty({ type: 'object', additionalProperties: true }) payload: Record<string, unknown>;
  @ApiProperty({ description: 'Who caused it.' }) actor: string;
  @ApiProperty({ type: String, nullable: true }) correlation_id: string | null;
  @ApiProperty() occurred_at: string;

  static of(row: EventRow): HistoryEvent {
    return { ...row, occurred_at: row.occurred_at.toISOString() };
  }
}

export class InstancePage {
  @ApiProperty({ type: [InstanceSummary] }) items: InstanceSummary[];
  @ApiProperty({ type: String, nullable: true }) next_cursor: string | null;
}

export class HistoryPage {
  @ApiProperty({ type: [HistoryEvent] }) items: HistoryEvent[];
  @ApiProperty({ type: String, nullable: true }) next_cursor: string | null;
}
