import type {
  BackendFactory,
  IQueueBackend,
  Job,
  JobProgress,
  JobsOptions,
  Processor,
  QueueBaseOptions,
} from 'bullmq';
import { Queue, Worker } from 'bullmq';

import type { JobEnvelope } from './job-map.js';

export type BullJob = Job<JobEnvelope, void>;

/** What we use of a BullMQ queue. */
export interface JobQueue {
  add(name: string, data: JobEnvelope, options?: JobsOptions): Promise<unknown>;
  upsertJobScheduler(
    id: string,
    repeat: { every: number },
    template: { name: string; data: JobEnvelope; opts: JobsOptions },
  ): Promise<unknown>;
  getJobCounts(...types: ('waiting' | 'active' | 'delayed')[]): Promise<Record<string, number>>;
  close(): Promise<void>;
}

/** What we use of a BullMQ worker. */
export interface JobWorker {
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
}

export interface WorkerSettings {
  queue: string;
  concurrency: number;
  process: (job: BullJob) => Promise<void>;
  onError: (error: Error) => void;
}

/** One kind of place for queues: PostgreSQL, Redis or Redis Cluster. */
export interface QueueBackend {
  readonly kind: 'postgres' | 'redis' | 'redis_cluster';
  /** Brings the place into shape; several processes may do so at once. */
  prepare(): Promise<void>;
  openQueue(name: string, onError: (error: Error) => void): JobQueue;
  openWorker(settings: WorkerSettings): JobWorker;
  /** After its queues and workers have been closed. */
  close(): Promise<void>;
}

interface Connecting<Connection> extends Pick<QueueBaseOptions<Connection>, 'connection'> {
  factory: BackendFactory<IQueueBackend, Connection>;
  prefix?: string;
}

/** Redis keeps a stream of events that nobody of ours reads. */
const EVENTS_KEPT = 100;

export function bullQueue<Connection>(
  name: string,
  { connection, factory, prefix }: Connecting<Connection>,
  onError: (error: Error) => void,
): JobQueue {
  const queue = new Queue<
    JobEnvelope,
    void,
    string,
    JobEnvelope,
    void,
    string,
    IQueueBackend,
    Connection
  >(
    name,
    {
      connection,
      prefix,
      skipWaitingForReady: true,
      streams: { events: { maxLen: EVENTS_KEPT } },
    },
    factory,
  );
  queue.on('error', onError);
  return queue;
}

export function bullWorker<Connection>(
  settings: WorkerSettings,
  { connection, factory, prefix }: Connecting<Connection>,
): JobWorker {
  const process: Processor<JobEnvelope, void> = (job) => settings.process(job);
  const worker = new Worker<JobEnvelope, void, string, IQueueBackend, JobProgress, Connection>(
    settings.queue,
    process,
    {
      connection,
      prefix,
      concurrency: settings.concurrency,
    },
    factory,
  );
  worker.on('error', settings.onError);
  return worker;
}
