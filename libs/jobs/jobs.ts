import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { JobsOptions } from 'bullmq';

import { DomainError } from '#engine/errors';
import { correlationId } from '#platform/logging';
import { presentTenant } from '#platform/tenancy';

import {
  type JobEnvelope,
  type JobMap,
  type JobName,
  JOBS,
  QUEUE_NAMES,
  type QueueName,
} from './job-map.js';
import { reportOnce } from './report-once.js';
import type { QueueBackend } from './queue-backend.js';
import { ReopeningQueue } from './reopening-queue.js';

export const QUEUE_BACKEND = Symbol('QUEUE_BACKEND');

export interface EnqueueOptions {
  delay_ms?: number;
  /**
   * While a job with this key waits, another one with it is left out, for some seconds (`KEY_MS`). Not once it has begun:
   * then it may miss news.
   */
  dedupe_key?: string;
}

const ENQUEUE_TIMEOUT_MS = 2_000;
const FIRST_RETRY_MS = 1_000;
/**
 * A process that is killed between taking a job and letting go of its key leaves the key behind, with a job that runs
 * nowhere: BullMQ would keep wake-ups out until it takes that job for stalled, up to a minute later.
 */
const KEY_MS = 5_000;

/** Puts jobs into their queues. */
@Injectable()
export class Jobs implements OnApplicationShutdown {
  private readonly logger = new Logger(Jobs.name);
  private readonly queues: ReadonlyMap<QueueName, ReopeningQueue>;
  /** Keys whose job is on its way to the queue, and whether another was asked for meanwhile. */
  private readonly underWay = new Map<string, { again: boolean }>();

  constructor(@Inject(QUEUE_BACKEND) readonly backend: QueueBackend) {
    const report = reportOnce(this.logger, 'The queue is not reachable');
    this.queues = new Map(
      QUEUE_NAMES.map((name) => [
        name,
        new ReopeningQueue(() => backend.openQueue(name, report), report),
      ]),
    );
  }

  /**
   * Puts one job of the present tenant into its queue; call it after commit, never inside a transaction. Bursts with
   * one `dedupe_key` cost one round trip or two. Gives up after two seconds.
   * @throws DomainError unavailable when the queue is away; whoever needs the work done registers a sweep as well
   */
  async enqueue<Name extends JobName>(
    name: Name,
    payload: JobMap[Name],
    { delay_ms = 0, dedupe_key }: EnqueueOptions = {},
  ): Promise<void> {
    const tenant_id = presentTenant();
    const data: JobEnvelope = { payload, tenant_id, correlation_id: correlationId() ?? null };
    const options: JobsOptions = { ...jobOptions(name), delay: Math.max(0, Math.ceil(delay_ms)) };
    if (dedupe_key === undefined) return this.add(name, data, options);
    const id = `${name}:${tenant_id}:${dedupe_key}`;
    const earlier = this.underWay.get(id);
    if (earlier) {
      earlier.again = true;
      return;
    }
    const own = { again: false };
    this.underWay.set(id, own);
    try {
      do {
        own.again = false;
        const ttl = delay_ms + KEY_MS;
        await this.add(name, data, { ...options, deduplication: { id, ttl } });
      } while (own.again);
    } finally {
      this.underWay.delete(id);
    }
  }

  /** Registers the jobs that run by themselves; the same call from several processes leaves one of each. */
  async schedule(): Promise<void> {
    for (const [name, { every_ms }] of Object.entries(JOBS) as [
      JobName,
      (typeof JOBS)[JobName],
    ][]) {
      if (every_ms === undefined) continue;
      const template = {
        name,
        data: { payload: {}, tenant_id: null, correlation_id: null },
        opts: jobOptions(name),
      };
      await this.queueOf(name).use((queue) =>
        queue.upsertJobScheduler(name, { every: every_ms }, template),
      );
    }
  }

  /** Jobs by queue and state. */
  async counts(): Promise<Record<QueueName, Record<string, number>>> {
    const counts = await Promise.all(
      [...this.queues].map(
        async ([name, queue]) =>
          [
            name,
            await queue.use((open) => open.getJobCounts('waiting', 'active', 'delayed')),
          ] as const,
      ),
    );
    return Object.fromEntries(counts) as Record<QueueName, Record<string, number>>;
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.queues.values()].map((queue) => queue.close()));
    await this.backend.close();
  }

  private async add(name: JobName, data: JobEnvelope, options: JobsOptions): Promise<void> {
    const added = this.queueOf(name).use((queue) => queue.add(name, data, options));
    await within(ENQUEUE_TIMEOUT_MS, added);
  }

  private queueOf(name: JobName): ReopeningQueue {
    const queue = this.queues.get(JOBS[name].queue);
    if (!queue) throw new Error(`There is no queue for the job ${name}.`);
    return queue;
  }
}

function jobOptions(name: JobName): JobsOptions {
  return {
    attempts: JOBS[name].attempts,
    backoff: { type: 'exponential', delay: FIRST_RETRY_MS },
    removeOnComplete: true,
    removeOnFail: true,
  };
}

async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${milliseconds} ms`)), milliseconds);
  });
  try {
    await Promise.race([work, late]);
  } catch (error) {
    throw new DomainError('unavailable', `The queue took no job: ${String(error)}`);
  } finally {
    clearTimeout(timer);
  }
}
