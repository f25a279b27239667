import { ApiProperty } from '@nestjs/swagger';
import { IsISO8601, IsOptional } from 'class-validator';
import { type AuditRow, unseal } from '#audit';
import { IsText, PageQuery } from '#platform/http';

export class AuditQuery extends PageQuery {
  @ApiProperty({
    required: false,
    example: 'api_key:erp',
    description: 'A program, as history names it.',
  })
  @IsOptional()
  @IsText({ min: 1, max: 200 })
  actor?: string;

  @ApiProperty({
    required: false,
    example: 'anna',
    description: 'A person, who acted or for whom somebody acted.',
  })
  @IsOptional()
  @IsText({ min: 1, max: 200 })
  subject?: string;

  @ApiProperty({ required: false, example: 'POST /workflows/{workflow_id}/activate' })
  @IsOptional()
  @IsText({ min: 1, max: 200 })
  operation?: string;

  @ApiProperty({ required: false, example: 'request-1', description: 'An id that the path named.' })
  @IsOptional()
  @IsText({ min: 1, max: 200 })
  resource_id?: string;

  @ApiProperty({ required: false, example: '2026-11-01T00:00:00Z' })
  @IsOptional()
  @IsISO8601({ strict: true })
  from?: string;

  @ApiProperty({ required: false, example: '2026-12-01T00:00:00Z' })
  @IsOptional()
  @IsISO8601({ strict: true })
  to?: string;
}

export class AuditEntryView {
  @ApiProperty({ format: 'uuid' }) audit_id: string;
  @ApiProperty({ format: 'date-time' }) occurred_at: string;
  @ApiProperty({ enum: ['anonymous', 'api_key', 'user'] }) actor_kind: string;
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'user:anna',
    description: 'Null where the person was erased.',
  })
  actor: string | null;
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'bob',
    description: 'For whom, where the caller said so.',
  })
  on_behalf_of: string | null;
  @ApiProperty({ type: String, nullable: true, example: '10.0.4.7' }) address: string | null;
  @ApiProperty({ example: 'POST /workflows/{workflow_id}/activate' }) operation: string;
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { workflow_id: '0190f2a8-7b5c-7def-8123-456789abcdef' },
    description: 'What the request named.',
  })
  resource: Record<string, unknown>;
  @ApiProperty({
    type: [String],
    example: ['version'],
    description: 'The fields that were sent, by name.',
  })
  fields: string[];
  @ApiProperty({
    type: [Object],
    description:
      'Rows of definitions, rules, changes and keys: before and after of each field that changed. What happened to an instance is in its history, under the same correlation_id.',
    example: [
      {
        table: 'workflow_definitions',
        change: 'update',
        id: { workflow_id: '0190f2a8-7b5c-7def-8123-456789abcdef', version_number: 1 },
        fields: { is_active: { before: true, after: false } },
      },
    ],
  })
  changes: Record<string, unknown>[];
  @ApiProperty({ type: String, nullable: true, example: 'order-4711' }) correlation_id:
    string | null;
  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 4711,
    description: 'Its place in the chain; null for the first second or so.',
  })
  position: number | null;
  @ApiProperty({ description: 'Whether what it said about a person has been erased.' })
  erased: boolean;
}

export class AuditPage {
  @ApiProperty({ type: [AuditEntryView] }) items: AuditEntryView[];
  @ApiProperty({ type: String, nullable: true, example: null }) next_cursor: string | null;
}

export class ErasureRequest {
  @ApiProperty({
    example: 'anna',
    description: 'The person, as tokens and the directory name them.',
  })
  @IsText({ min: 1, max: 200 })
  subject: string;
}

export class ErasureView {
  @ApiProperty({ format: 'uuid', description: 'Stays in the entries, and tells nothing any more.' })
  subject_key_id: string;
  @ApiProperty({ type: 'integer', example: 12, description: 'Entries that spoke of the person.' })
  entries: number;
  @ApiProperty({ format: 'date-time' }) erased_at: string;
}

export function entryView(row: AuditRow): AuditEntryView {
  const person = unseal(row.actor_key_id, row.actor_key, row.actor_sealed);
  const behalf = unseal(row.behalf_key_id, row.behalf_key, row.behalf_sealed);
  const { address, ...resource } = row.resource;
  return {
    audit_id: row.audit_id,
    occurred_at: row.occurred_at.toISOString(),
    actor_kind: row.actor_kind,
    actor: row.actor ?? textOf(person?.id),
    on_behalf_of: textOf(behalf?.id),
    address: textOf(person?.address) ?? textOf(address),
    operation: row.operation,
    resource,
    fields: row.fields,
    changes: row.changes,
    correlation_id: row.correlation_id,
    position: row.position,
    erased:
      (row.actor_key_id !== null && person === null) ||
      (row.behalf_key_id !== null && behalf === null),
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
