import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { Instant, Int, Json, now, oneOf, optional, Text, Word, TenantKey } from './columns.js';
import { IDEMPOTENCY_STATES, type IdempotencyState } from './words.js';

/** What a POST with an `Idempotency-Key` did, so that a repeated one gets the same answer. */
@Entity('idempotency_keys')
@Check('idempotency_keys_state_check', oneOf('state', IDEMPOTENCY_STATES))
@Index('idempotency_keys_expiry', ['expires_at'])
export class IdempotencyKeyEntity {
  @PrimaryColumn({ type: 'varchar', length: 200 }) principal: string;
  @PrimaryColumn({ type: 'varchar', length: 255 }) idempotency_key: string;
  @TenantKey() tenant_id: string;
  @Word() method: string;
  @Text() path: string;
  @Text() request_hash: string;
  /** `applied`: its effect is committed, its answer not yet recorded. */
  @Word() state: IdempotencyState;
  @Int(optional) response_status: number | null;
  @Json(optional) response_body: unknown;
  @Text(optional) response_etag: string | null;
  /** The advisory lock of the process that carries it out: free when that is gone. */
  @Column({ type: 'bigint', nullable: true }) holder: number | null;
  /** Until then another request with the key is told to wait. */
  @Instant() locked_until: Date;
  @Instant(now) created_at: Date;
  @Instant() expires_at: Date;
}
