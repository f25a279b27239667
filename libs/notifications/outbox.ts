import { Injectable } from '@nestjs/common';

import type { Audience, NotificationChannel } from '#engine/notification';
import { Jobs } from '#jobs';
import { afterCommit, Database, newId, type Tx, unawaited } from '#persistence';
import { correlationId } from '#platform/logging';

import {
  insertNotifications,
  listOfInstance,
  listOfModification,
  type NotificationRow,
} from './outbox.queries.js';

/** Something that people are to be told. */
export interface NewNotification {
  /** A word such as `asked` or `rolled_back`. */
  kind: string;
  channel: NotificationChannel;
  /** A URL of a webhook, or the name of a log. */
  to: string;
  audience: Audience;
  /** A sentence; never in a job or a log. */
  message: string;
  /** Further facts for whoever passes it on, under `details` of what is sent. */
  details?: Record<string, unknown>;
  workflow_id: string;
  /** Of an instance: all of them. */
  instance_id?: string;
  workflow_instance_id?: string;
  step_id?: string;
  step_execution_id?: string;
  /** The event in its history that it tells of. */
  event_sequence?: number;
  modification_id?: string;
  /** Of another cause than the present one. */
  correlation_id?: string | null;
}

/**
 * What people are told, durably: a row is written in the transaction of what it tells of, and delivered after it at
 * least once, however the process ends. The row stays: it says who was told what, when, and whether it arrived.
 */
@Injectable()
export class Outbox {
  constructor(
    private readonly database: Database,
    private readonly jobs: Jobs,
  ) {}

  /** Costs no round trip of its own: a failure fails the transaction. */
  tell(tx: Tx, notifications: readonly NewNotification[]): void {
    if (notifications.length === 0) return;
    const cause = correlationId() ?? null;
    const rows = notifications.map(({ details = {}, correlation_id = cause, ...row }) => ({
      ...row,
      details,
      correlation_id,
      notification_id: newId(),
    }));
    unawaited(tx, insertNotifications(tx, [JSON.stringify(rows)]));
    afterCommit(tx, () => this.jobs.enqueue('notifications.deliver', {}, { dedupe_key: 'all' }));
  }

  /** Oldest first. @param after a `notification_id` */
  async ofInstance(
    instance_id: string,
    after: string | null,
    limit: number,
  ): Promise<NotificationRow[]> {
    return listOfInstance(this.database.read, [instance_id, after, limit]);
  }

  /** All that was told of one modification, oldest first. */
  async ofModification(tx: Tx, modification_id: string): Promise<NotificationRow[]> {
    return listOfModification(tx, [modification_id]);
  }
}
