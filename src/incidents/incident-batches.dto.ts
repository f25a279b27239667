import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsDefined, IsObject, ValidateNested } from 'class-validator';

import { INCIDENT_ACTIONS, INCIDENT_BATCH_STATUSES } from '#persistence';
import { IsJsonObject } from '#platform/http';

import type { IncidentBatchRow } from './incident-batches.queries.js';
import { IncidentFilterRequest, ResolveIncidentRequest } from './incidents.dto.js';

export class RetryIncidentsRequest extends ResolveIncidentRequest {
  @ApiProperty({
    type: IncidentFilterRequest,
    description: 'Which of the open ones; `{}` means all of them.',
  })
  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => IncidentFilterRequest)
  filter: IncidentFilterRequest;
}

export class SkipIncidentsRequest extends RetryIncidentsRequest {
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'What each of the tasks, or steps, is to have returned.',
    example: { cleared: true },
  })
  @IsJsonObject()
  output_data: Record<string, unknown> = {};
}

export class RefusedIncident {
  @ApiProperty({ format: 'uuid' }) incident_id: string;
  @ApiProperty({ example: 'execution_ended' }) code: string;
  @ApiProperty() detail: string;
}

export class IncidentBatchView {
  @ApiProperty({ format: 'uuid' }) batch_id: string;
  @ApiProperty({ enum: INCIDENT_BATCH_STATUSES }) status: string;
  @ApiProperty({ enum: INCIDENT_ACTIONS }) action: string;
  @ApiProperty({ description: 'Open incidents that the filter found at the call.', example: 42 })
  matched: number;
  @ApiProperty({ description: 'So far.', example: 41 }) resolved: number;
  @ApiProperty({ description: 'That could not be; they are still open.', example: 1 })
  refused: number;
  @ApiProperty({ type: [RefusedIncident], description: 'The first 100 of them.' })
  refusals: RefusedIncident[];
  @ApiProperty() requested_by: string;
  @ApiProperty({ format: 'date-time' }) created_at: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) ended_at: string | null;

  static of(row: IncidentBatchRow): IncidentBatchView {
    const { batch_id, status, action, matched, resolved, refused, refusals, requested_by } = row;
    return {
      batch_id,
      status,
      action,
      matched,
      resolved,
      refused,
      refusals,
      requested_by,
      created_at: row.created_at.toISOString(),
      ended_at: row.ended_at?.toISOString() ?? null,
    };
  }
}
