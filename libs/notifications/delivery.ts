import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';

import { afterFailedAttempt, type RetryPolicy } from '#engine/graph';
import { JobHandler, Sweeper } from '#jobs';
import { Database } from '#persistence';
import { runWithCorrelation } from '#platform/logging';
import { CallFailed } from '#platform/outbound';
import { PerTenant } from '#platform/tenancy';

import { Channels } from './channels.js';
import {
  claimDue,
  type DueNotification,
  findDue,
  lookUpRecipients,
  markAttemptFailed,
  markDelivered,
  readDue,
} from './delivery.queries.js';

/** Delivered at a time, for each tenant. */
const BATCH = 20;
/** An attempt takes half of it at most; then its process is gone, and another may try. */
const LOST_AFTER_SECONDS = 20;
/** People who are told of one thing. */
const MOST_RECIPIENTS = 100;
/** For a day: a receiver may be away for a night. */
const RETRIES: RetryPolicy = {
  initial_interval_ms: 1_000,
  maximum_interval_ms: 15 * 60_000,
  total_timeout_minutes: 24 * 60,
};
const INTERRUPTED = 'interrupted';

/**
 * Delivers what is in the outbox: woken by a job, or by the sweeper when that was lost, when a process died or when it is
 * time to try again. At least once: what was delivered by a process that died before it could say so comes again, under
 * the same idempotency key.
 */
@Injectable()
export class Delivery implements BeforeApplicationShutdown {
  private readonly logger = new Logger(Delivery.name);
  /** Of each tenant: what is under way, and whether there was more news meanwhile. */
  private readonly runs = new PerTenant((): { run?: Promise<void>; again: boolean } => ({
    again: false,
  }));
  private readonly running = new Set<Promise<void>>();
  private readonly ending = new AbortController();

  constructor(
    private readonly database: Database,
    private readonly channels: Channels,
    sweeper: Sweeper,
  ) {
    sweeper.register('notifications', () => this.sweep());
  }

  /** Begins to deliver, and waits for nobody: a receiver may be slow, and other jobs are not. */
  @JobHandler('notifications.deliver')
  wake(): Promise<void> {
    const own = this.runs.get();
    if (this.ending.signal.aborted) return Promise.resolve();
    own.again = true;
    if (own.run) return Promise.resolve();
    const run = this.deliverAll(own).finally(() => {
      delete own.run;
      this.running.delete(run);
    });
    own.run = run;
    this.running.add(run);
    return Promise.resolve();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.ending.abort();
    await Promise.all(this.running);
  }

  private async sweep(): Promise<void> {
    const due = await findDue(this.database.read, []);
    if (due.length > 0) await this.wake();
  }

  /** Never rejects: what could not be read or written now is still there for the next sweep. */
  private async deliverAll(own: { again: boolean }): Promise<void> {
    try {
      while (own.again && !this.ending.signal.aborted) {
        own.again = false;
        const due = await this.claim();
        if (due.length === BATCH) own.again = true;
        const ends = await Promise.allSettled(due.map((one) => this.attempt(one)));
        for (const end of ends) if (end.status === 'rejected') throw end.reason;
      }
    } catch (error) {
      this.logger.error({ err: error }, 'Notifications could not be delivered; tried again soon.');
    }
  }

  private async claim(): Promise<DueNotification[]> {
    return this.database.transaction(async (tx) => {
      const claimed = await claimDue(tx, [BATCH, LOST_AFTER_SECONDS]);
      const ids = claimed.map(({ notification_id }) => notification_id);
      if (ids.length === 0) return [];
      await lookUpRecipients(tx, [ids, MOST_RECIPIENTS]);
      return readDue(tx, [ids]);
    });
  }

  private async attempt(notification: DueNotification): Promise<void> {
    const { notification_id, attempt, correlation_id } = notification;
    const error = await runWithCorrelation(correlation_id, () => this.failureOf(notification));
    await this.database.transaction(async (tx) => {
      if (!error) {
        await markDelivered(tx, [notification_id, attempt]);
        return;
      }
      const { code, message } = error;
      const delay_ms = pauseAfter(notification, error);
      await markAttemptFailed(tx, [notification_id, attempt, delay_ms, code, message]);
      if (delay_ms === null) {
        this.logger.warn({ notification_id, code, attempt }, 'A notification was given up.');
      }
    });
  }

  private async failureOf(notification: DueNotification): Promise<CallFailed | undefined> {
    const { signal } = this.ending;
    try {
      await this.channels.deliver(notification, signal);
      return undefined;
    } catch (error) {
      if (signal.aborted) {
        const now = { retry_after_ms: 0 };
        return new CallFailed(INTERRUPTED, 'The process was ending.', true, now);
      }
      if (error instanceof CallFailed) return error;
      this.logger.error({ err: error }, 'A channel failed.');
      return new CallFailed('channel_error', 'The channel failed; see the log.', true);
    }
  }
}

/** In milliseconds; null: it is not tried again. */
function pauseAfter(
  { attempt, elapsed_ms }: DueNotification,
  { retryable, code, message, more: { retry_after_ms } }: CallFailed,
): number | null {
  const after = afterFailedAttempt(
    {
      attempt,
      max_retry_attempts: Infinity,
      retryable,
      error: { code, message },
      elapsed_ms,
      retry_after_ms,
      policy: RETRIES,
    },
    Math.random(),
  );
  return after.next === 'retrying' ? after.delay_ms : null;
}
