import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsISO8601, IsOptional } from 'class-validator';
import type { AbsenceRow } from '#access/directory';
import { IsText } from '#platform/http';

export class AbsenceRequest {
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    example: 'E-17',
    description: 'Whose, by external id or subject; your own when left out.',
  })
  @IsOptional()
  @IsText({ min: 1, max: 200 })
  person?: string | null;

  @ApiProperty({ example: 'E-4', description: 'Who acts for them, by external id or subject.' })
  @IsText({ min: 1, max: 200 })
  substitute: string;

  @ApiProperty({ example: '2026-12-21T00:00:00Z' })
  @IsISO8601({ strict: true })
  from: string;

  @ApiProperty({ example: '2027-01-04T00:00:00Z', description: 'Not in it any more.' })
  @IsISO8601({ strict: true })
  to: string;

  @ApiPropertyOptional({ example: 'Holidays.', default: '' })
  @IsText({ max: 500 })
  reason: string = '';
}

export class AbsenceView {
  @ApiProperty({ format: 'uuid' }) absence_id: string;
  @ApiProperty({ example: 'E-17' }) person: string;
  @ApiProperty({ example: 'E-4' }) substitute: string;
  @ApiProperty({ format: 'date-time' }) from: string;
  @ApiProperty({ format: 'date-time' }) to: string;
  @ApiProperty({ example: 'Holidays.' }) reason: string;
  @ApiProperty({ example: 'user:anna' }) created_by: string;
  @ApiProperty({ format: 'date-time' }) created_at: string;

  static of(row: AbsenceRow): AbsenceView {
    return {
      absence_id: row.absence_id,
      person: row.person_external_id,
      substitute: row.substitute_external_id,
      from: row.starts_at.toISOString(),
      to: row.ends_at.toISOString(),
      reason: row.reason,
      created_by: row.created_by,
      created_at: row.created_at.toISOString(),
    };
  }
}

export class AbsencePage {
  @ApiProperty({ type: [AbsenceView] }) items: AbsenceView[];
  @ApiProperty({ type: String, nullable: true, example: null }) next_cursor: string | null;
}
