import { Injectable } from '@nestjs/common';

import type { QueueHealth } from '#platform/health';

import { Jobs } from './jobs.js';

const TIMEOUT_MS = 2_000;

const NAMES = {
  postgres: 'BullMQ on PostgreSQL',
  redis: 'BullMQ on Redis',
  redis_cluster: 'BullMQ on Redis Cluster',
} as const;

/** Whether the queue answers: it is asked for its jobs, not only pinged. */
@Injectable()
export class JobQueueHealth implements QueueHealth {
  constructor(private readonly jobs: Jobs) {}

  async check(): Promise<{ up: boolean; detail: string }> {
    const name = NAMES[this.jobs.backend.kind];
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), TIMEOUT_MS);
    });
    try {
      const answered = await Promise.race([this.jobs.counts(), late]);
      return answered === false
        ? { up: false, detail: `${name} did not answer within ${TIMEOUT_MS} ms` }
        : { up: true, detail: name };
    } catch {
      // the error may name an address; the log of the queue's own listener has it
      return { up: false, detail: `${name} cannot be reached` };
    } finally {
      clearTimeout(timer);
    }
  }

  counts(): Promise<Record<string, Record<string, number>>> {
    return this.jobs.counts();
  }
}
