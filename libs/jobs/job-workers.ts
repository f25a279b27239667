import { setTimeout as pause } from 'node:timers/promises';

import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';

import { Database } from '#persistence';
import { AppConfig } from '#platform/config';
import { runWithCorrelation } from '#platform/logging';
import { runAsTenant } from '#platform/tenancy';

import { JOB_HANDLER } from './job-handler.decorator.js';
import { JOB_NAMES, type JobEnvelope, type JobName, QUEUE_NAMES, QUEUES } from './job-map.js';
import { Jobs } from './jobs.js';
import type { BullJob, JobWorker } from './queue-backend.js';
import { reportOnce } from './report-once.js';
import { Sweeper } from './sweeper.js';

type Handle = (payload: JobEnvelope['payload']) => Promise<void>;

/** BullMQ waits without end where its connection is being made anew. Whatever a job began is safe to leave. */
const CLOSE_MS = 5_000;

/** Names for which this composition must have a handler: all of them, but in tests of a part. */
export const HANDLED_JOBS = Symbol('HANDLED_JOBS');

/** Runs jobs, in processes that are workers. */
@Injectable()
export class JobWorkers implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(JobWorkers.name);
  private readonly workers: JobWorker[] = [];
  private handlers: ReadonlyMap<string, Handle> = new Map();
  private scheduled = false;

  constructor(
    private readonly jobs: Jobs,
    private readonly database: Database,
    private readonly config: AppConfig,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
    @Inject(HANDLED_JOBS) private readonly handled: readonly JobName[],
    sweeper: Sweeper,
  ) {
    sweeper.register('job_schedules', () => this.schedule(), 'service');
  }

  /** @throws where a job has no handler, or two */
  onApplicationBootstrap(): void {
    this.handlers = this.discover();
    if (this.config.role === 'api') return;
    const onError = reportOnce(this.logger, 'A job worker has lost its queue and waits for it');
    for (const queue of QUEUE_NAMES) {
      const { concurrency } = QUEUES[queue];
      const process = (job: BullJob): Promise<void> => this.process(job);
      this.workers.push(this.jobs.backend.openWorker({ queue, concurrency, process, onError }));
    }
  }

  async onModuleDestroy(): Promise<void> {
    await this.close();
  }

  /** From now on what wakes somebody wakes the other processes; resolves when the jobs that run have ended. */
  async close(): Promise<void> {
    const late = new AbortController();
    const closed = Promise.all(this.workers.splice(0).map((worker) => worker.close()));
    const inTime = await Promise.race([
      closed.then(() => true),
      pause(CLOSE_MS, false, { signal: late.signal }),
    ]);
    late.abort();
    if (!inTime)
      this.logger.warn('Job workers do not let go of the queue; the process goes on ending.');
  }

  /** Until it has succeeded once: the queue may be away when the process starts. */
  private async schedule(): Promise<void> {
    if (this.scheduled) return;
    await this.jobs.schedule();
    this.scheduled = true;
  }

  private async process(job: BullJob): Promise<void> {
    // From here on a wake-up may tell of what this run does not see: it must not be taken for a duplicate of it.
    await job.removeDeduplicationKey();
    const handle = this.handlers.get(job.name);
    await runWithCorrelation(job.data.correlation_id, async () => {
      try {
        if (!handle) throw new Error(`Nobody handles jobs named ${job.name}.`);
        await this.forTenants(job.data, handle);
      } catch (error) {
        this.logger.error(
          { err: error, job: job.name, attempt: job.attemptsMade + 1 },
          'A job failed.',
        );
        throw error;
      }
    });
  }

  private async forTenants({ tenant_id, payload }: JobEnvelope, handle: Handle): Promise<void> {
    const tenants = tenant_id === null ? await this.database.tenants() : [tenant_id];
    for (const each of tenants) await runAsTenant(each, () => handle(payload));
  }

  private discover(): Map<string, Handle> {
    const handlers = new Map<string, Handle>();
    for (const { instance } of this.discovery.getProviders() as { instance: unknown }[]) {
      if (typeof instance !== 'object' || instance === null) continue;
      const provider = instance as Record<string, unknown>;
      for (const key of this.scanner.getAllMethodNames(Object.getPrototypeOf(instance) as object)) {
        const method = provider[key];
        if (typeof method !== 'function') continue;
        const name = this.reflector.get<JobName | undefined>(JOB_HANDLER, method);
        if (name === undefined) continue;
        if (handlers.has(name)) throw new Error(`The job ${name} has two handlers; keep one.`);
        handlers.set(name, (payload) => (method as Handle).call(instance, payload));
      }
    }
    const missing = this.handled.filter((name) => !handlers.has(name));
    if (missing.length > 0) {
      throw new Error(
        `No @JobHandler for ${missing.join(', ')}; write one or take it out of JobMap.`,
      );
    }
    return handlers;
  }
}

export const allJobs: readonly JobName[] = JOB_NAMES;
