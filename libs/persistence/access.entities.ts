import { Check, Entity, Index } from 'typeorm';
import { Id, Instant, Json, now, optional, Text, Uuid, UuidKey, Word } from './columns.js';

/** A key of the API. The secret itself is kept nowhere: it is 256 random bits, which SHA-256 does not give back. */
@Entity('api_keys')
@Index('api_keys_prefix', ['prefix'], { unique: true })
@Index('api_keys_name', ['name', 'tenant_id'], {
  unique: true,
  where: 'replaced_by IS NULL AND revoked_at IS NULL',
})
@Check('api_keys_roles_check', "jsonb_typeof(roles) = 'array'")
export class ApiKeyEntity {
  @UuidKey() key_id: string;
  /** Stands in history as `api_key:<name>`; a rotated key keeps it. */
  @Id() name: string;
  /** The key's first part, which finds it. */
  @Word() prefix: string;
  /** SHA-256 of the whole key, in hexadecimal. */
  @Text() key_hash: string;
  @Json() roles: string[];
  @Text() created_by: string;
  @Instant(now) created_at: Date;
  @Instant(optional) expires_at: Date | null;
  @Instant(optional) revoked_at: Date | null;
  /** Its successor, once it was rotated. */
  @Uuid(optional) replaced_by: string | null;
  /** Written every few seconds, so it may be that much behind. */
  @Instant(optional) last_used_at: Date | null;
}
