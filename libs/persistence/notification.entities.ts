import { Check, Entity, Index } from 'typeorm';
import {
  Id,
  Instant,
  Int,
  Json,
  type JsonObject,
  now,
  oneOf,
  optional,
  Text,
  Uuid,
  UuidKey,
  Word,
} from './columns.js';
import { NOTIFICATION_STATUSES, type NotificationStatus } from './words.js';

/** What people are told, written with what it tells of: the outbox, and the record of who was told. */
@Entity('notifications')
@Check('notifications_status_check', oneOf('status', NOTIFICATION_STATUSES))
@Index('notifications_due', ['tenant_id', 'next_attempt_at'], { where: "status = 'pending'" })
@Index('notifications_of_instance', ['instance_id', 'notification_id'], {
  where: 'instance_id is not null',
})
@Index('notifications_of_modification', ['modification_id', 'notification_id'], {
  where: 'modification_id is not null',
})
export class NotificationEntity {
  /** Also the idempotency key of every attempt. */
  @UuidKey() notification_id: string;
  @Word() kind: string;
  @Word({ default: 'pending' }) status: NotificationStatus;
  @Word() channel: string;
  /** A URL, or the name of a log. */
  @Text() target: string;
  /** Who is meant, in words: see `Audience` of #engine/notification. */
  @Json() audience: JsonObject;
  /** Who they were when it was first tried: [{person_id, on_behalf_of?}]. Ids alone, so that a person can be erased. */
  @Json(optional) recipients: unknown[] | null;
  /** So many more were meant than are told of one thing. */
  @Int({ default: 0 }) recipients_left_out: number;
  @Text() message: string;
  @Json({ default: {} }) details: JsonObject;
  @Uuid() workflow_id: string;
  @Uuid(optional) instance_id: string | null;
  @Id(optional) workflow_instance_id: string | null;
  @Id(optional) step_id: string | null;
  @Uuid(optional) step_execution_id: string | null;
  @Int(optional) event_sequence: number | null;
  @Id(optional) modification_id: string | null;
  @Text(optional) correlation_id: string | null;
  /** Begun so far; what an attempt finds is only written while it is the latest. */
  @Int({ default: 0 }) attempts: number;
  /** While an attempt is under way: when it counts as lost. */
  @Instant(now) next_attempt_at: Date;
  @Instant(now) created_at: Date;
  @Instant(optional) delivered_at: Date | null;
  /** Of the latest attempt that failed. */
  @Word(optional) error_code: string | null;
  @Text(optional) error_message: string | null;
}
