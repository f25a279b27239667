import { ApiProperty } from '@nestjs/swagger';

import type { NotificationRow } from '#notifications';
import { NOTIFICATION_STATUSES, type NotificationStatus } from '#persistence';

export class NotifiedPerson {
  @ApiProperty({ type: String, format: 'uuid' }) person_id: string;
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Null of somebody who was erased from the directory.',
  })
  external_id: string | null;
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The absent person whose substitute they were.',
  })
  on_behalf_of: string | null;
}

/** What was told to whom, and whether it arrived. */
export class NotificationView {
  @ApiProperty({ description: 'Also the idempotency key of every attempt.' })
  notification_id: string;
  @ApiProperty({
    example: 'asked',
    description: '`asked`, `reminded`, `escalated`, `sent_back` or `question`.',
  })
  kind: string;
  @ApiProperty({
    enum: NOTIFICATION_STATUSES,
    description: '`failed`: it is not tried again.',
  })
  status: NotificationStatus;
  @ApiProperty({ example: 'webhook' }) channel: string;
  @ApiProperty({
    example: 'https://mail-gateway.example.com',
    description: 'The name of a log, or where the webhook is; its path and query may be secrets.',
  })
  to: string;
  @ApiProperty({ example: 'Approval of Leave request waits for you.' }) message: string;
  @ApiProperty({ type: String, nullable: true }) step_id: string | null;
  @ApiProperty({ type: Number, nullable: true, description: 'The event in the history.' })
  event_sequence: number | null;
  @ApiProperty({
    type: [NotifiedPerson],
    nullable: true,
    description:
      'Who they were when it was first tried, 100 at most; null until then. Nobody, where the directory has none of those who are meant.',
  })
  recipients: NotifiedPerson[] | null;
  @ApiProperty({ description: 'So many more were meant.' }) recipients_left_out: number;
  @ApiProperty() attempts: number;
  @ApiProperty({ type: String, nullable: true, description: 'Of the latest attempt that failed.' })
  error_code: string | null;
  @ApiProperty({ type: String, nullable: true }) error_message: string | null;
  @ApiProperty() created_at: string;
  @ApiProperty({ type: String, nullable: true }) delivered_at: string | null;

  static of({ target, created_at, delivered_at, ...row }: NotificationRow): NotificationView {
    return {
      ...row,
      to: URL.canParse(target) && row.channel === 'webhook' ? new URL(target).origin : target,
      created_at: created_at.toISOString(),
      delivered_at: delivered_at?.toISOString() ?? null,
    };
  }
}

export class NotificationPage {
  @ApiProperty({ type: [NotificationView] }) items: NotificationView[];
  @ApiProperty({ type: String, nullable: true }) next_cursor: string | null;
}
