import { Check, Entity, ForeignKey, Index, PrimaryGeneratedColumn } from 'typeorm';
import { BREAKER_STATES, type BreakerState } from '#engine/breaker';
import {
  Id,
  IdKey,
  Instant,
  Int,
  Json,
  type JsonObject,
  now,
  oneOf,
  Text,
  Word,
  WordKey,
  TenantKey,
} from './columns.js';
import { BREAKER_KINDS, type BreakerKind } from './words.js';

/** Something that work depends on, as the processes together found it to answer. */
@Entity('circuit_breakers')
@Check('circuit_breakers_kind_check', oneOf('kind', BREAKER_KINDS))
@Check('circuit_breakers_state_check', oneOf('state', BREAKER_STATES))
@Index('circuit_breakers_not_closed', ['kind', 'name'], { where: "state <> 'closed'" })
export class CircuitBreakerEntity {
  @WordKey() kind: BreakerKind;
  @IdKey() name: string;
  @TenantKey() tenant_id: string;
  @Word({ default: 'closed' }) state: BreakerState;
  /** `Breaker` of #engine/breaker. */
  @Json() breaker: JsonObject;
  @Instant(now) updated_at: Date;
}

@Entity('circuit_breaker_events')
@ForeignKey(
  () => CircuitBreakerEntity,
  ['kind', 'name', 'tenant_id'],
  ['kind', 'name', 'tenant_id'],
)
@Index('circuit_breaker_events_of_target', ['kind', 'name', 'event_id'])
export class CircuitBreakerEventEntity {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  event_id: number;
  @Word() kind: BreakerKind;
  @Id() name: string;
  @Word() from_state: BreakerState;
  @Word() to_state: BreakerState;
  /** In its window, before. */
  @Int() calls: number;
  @Int() failures: number;
  @Text() actor: string;
  @Instant(now) occurred_at: Date;
}
