import { type DynamicModule, Global, Logger, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';

import { AppConfig } from '#platform/config';
import { QUEUE_HEALTH } from '#platform/health';

import type { JobName } from './job-map.js';
import { allJobs, HANDLED_JOBS, JobWorkers } from './job-workers.js';
import { Jobs, QUEUE_BACKEND } from './jobs.js';
import { JobQueueHealth } from './queue-health.js';
import { PostgresQueues } from './postgres-backend.js';
import type { QueueBackend } from './queue-backend.js';
import { RedisQueues } from './redis-backend.js';
import { reportOnce } from './report-once.js';
import { Sweeper } from './sweeper.js';

/** Ready before anything is put in: BullMQ remembers a first failure to connect for as long as the queue lives. */
async function openBackend({ queue, database }: AppConfig): Promise<QueueBackend> {
  const onError = reportOnce(new Logger('Queue'), 'A connection to the queue failed');
  const backend =
    queue.backend === 'postgres'
      ? new PostgresQueues(database.url, onError)
      : new RedisQueues(queue, onError);
  await backend.prepare();
  return backend;
}

@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [
    { provide: QUEUE_BACKEND, inject: [AppConfig], useFactory: openBackend },
    { provide: HANDLED_JOBS, useValue: allJobs },
    Jobs,
    JobWorkers,
    Sweeper,
    { provide: QUEUE_HEALTH, useClass: JobQueueHealth },
  ],
  exports: [Jobs, JobWorkers, QUEUE_HEALTH, Sweeper],
})
export class JobsModule {
  /** For a composition of some features alone, as in tests: these jobs must have handlers, others need none. */
  static handling(names: readonly JobName[]): DynamicModule {
    return { module: JobsModule, providers: [{ provide: HANDLED_JOBS, useValue: names }] };
  }
}
