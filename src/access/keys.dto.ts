import { ApiProperty } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  Max,
  Min,
} from 'class-validator';
import type { ApiKeyRow, MadeKey } from '#access/keys';
import { PRODUCT_ROLES, type ProductRole } from '#platform/auth';
import { IsClientId } from '#platform/http';

const MAX_DAYS = 3_650;
const DAY_SECONDS = 86_400;
const DAYS = 'Days from now after which it is refused; absent or null: it does not expire.';

export class CreateKeyRequest {
  @ApiProperty({ example: 'erp', description: 'Stands in history as `api_key:<name>`.' })
  @IsClientId()
  name: string;

  @ApiProperty({ enum: PRODUCT_ROLES, isArray: true, example: ['operator', 'worker'] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(PRODUCT_ROLES.length)
  @ArrayUnique()
  @IsIn(PRODUCT_ROLES, { each: true })
  roles: ProductRole[];

  @ApiProperty({ type: 'integer', nullable: true, required: false, example: 90, description: DAYS })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_DAYS)
  expires_in_days?: number | null;
}

export class RotateKeyRequest {
  @ApiProperty({
    type: 'integer',
    required: false,
    default: DAY_SECONDS,
    example: 3600,
    description: 'How long the old key stays good, for its users to change over.',
  })
  @IsInt()
  @Min(0)
  @Max(30 * DAY_SECONDS)
  overlap_seconds: number = DAY_SECONDS;

  @ApiProperty({ type: 'integer', nullable: true, required: false, example: 90, description: DAYS })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_DAYS)
  expires_in_days?: number | null;
}

export class KeyView {
  @ApiProperty({ format: 'uuid' }) key_id: string;
  @ApiProperty({ example: 'erp' }) name: string;
  @ApiProperty({ example: 'cwk_3f9a6c21d07b', description: 'What the key begins with.' })
  prefix: string;
  @ApiProperty({ enum: PRODUCT_ROLES, isArray: true, example: ['operator', 'worker'] })
  roles: string[];
  @ApiProperty({
    enum: ['active', 'rotated', 'expired', 'revoked'],
    description: 'A rotated key is good until `expires_at`.',
  })
  status: string;
  @ApiProperty({ example: 'user:anna' }) created_by: string;
  @ApiProperty({ format: 'date-time' }) created_at: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) expires_at: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) revoked_at: string | null;
  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'The key that it was rotated to.',
  })
  replaced_by: string | null;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Written every few seconds.',
  })
  last_used_at: string | null;
}

export class MadeKeyView extends KeyView {
  @ApiProperty({
    example: 'cwk_3f9a6c21d07b_…',
    description: 'The key itself. It is shown this once and kept nowhere.',
  })
  key: string;
}

export class KeyPage {
  @ApiProperty({ type: [KeyView] }) items: KeyView[];
  @ApiProperty({ type: String, nullable: true, example: null }) next_cursor: string | null;
}

export function expiryOf(days: number | null | undefined, now: Date): Date | null {
  return days === null || days === undefined
    ? null
    : new Date(now.getTime() + days * DAY_SECONDS * 1000);
}

export function keyView(row: ApiKeyRow, now: Date): KeyView {
  return {
    key_id: row.key_id,
    name: row.name,
    prefix: row.prefix,
    roles: row.roles,
    status: statusOf(row, now),
    created_by: row.created_by,
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at?.toISOString() ?? null,
    revoked_at: row.revoked_at?.toISOString() ?? null,
    replaced_by: row.replaced_by,
    last_used_at: row.last_used_at?.toISOString() ?? null,
  };
}

export function madeKeyView(made: MadeKey, now: Date): MadeKeyView {
  return { ...keyView(made, now), key: made.key };
}

function statusOf(row: ApiKeyRow, now: Date): string {
  if (row.revoked_at !== null) return 'revoked';
  if (row.expires_at !== null && row.expires_at <= now) return 'expired';
  return row.replaced_by === null ? 'active' : 'rotated';
}
