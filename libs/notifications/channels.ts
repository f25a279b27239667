import { Injectable, Logger } from '@nestjs/common';

import { CallFailed, Outbound } from '#platform/outbound';

import type { DueNotification } from './delivery.queries.js';

const ANSWER_WITHIN_MS = 10_000;

/** Takes a notification to where it is to go. */
@Injectable()
export class Channels {
  private readonly logger = new Logger('Notification');

  constructor(private readonly outbound: Outbound) {}

  /** @throws CallFailed */
  async deliver(notification: DueNotification, signal: AbortSignal): Promise<void> {
    const { channel } = notification;
    if (channel === 'webhook') return this.post(notification, signal);
    if (channel === 'log') return this.log(notification);
    throw new CallFailed('unknown_channel', `Nobody serves the channel ${channel}.`, false);
  }

  private async post(notification: DueNotification, signal: AbortSignal): Promise<void> {
    const { notification_id, attempt, correlation_id, target } = notification;
    await this.outbound.call({
      method: 'POST',
      url: target,
      headers: {
        'content-type': 'application/json',
        'idempotency-key': notification_id,
        'x-attempt': String(attempt),
        ...(correlation_id !== null && { 'x-correlation-id': correlation_id }),
      },
      body: JSON.stringify(bodyOf(notification)),
      timeout_ms: ANSWER_WITHIN_MS,
      signal,
    });
  }

  /** Ids alone: neither who was told nor what belongs into a log. */
  private log({ notification_id, kind, target, ...about }: DueNotification): void {
    const { workflow_id, workflow_instance_id, step_id, modification_id, recipients } = about;
    const ids = { workflow_id, workflow_instance_id, step_id, modification_id };
    const line = { notification_id, kind, to: target, ...ids, people: recipients.length };
    this.logger.log(line, 'Notification');
  }
}

function bodyOf({ created_at, ...about }: DueNotification): object {
  const { attempt, elapsed_ms, correlation_id, channel, target, ...told } = about;
  return { ...told, created_at: created_at.toISOString() };
}
