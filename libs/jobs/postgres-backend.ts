import { createPostgresBackend, runMigrations } from 'bullmq';
import pg from 'pg';

import { QUEUE_NAMES } from './job-map.js';
import {
  bullQueue,
  bullWorker,
  type JobQueue,
  type JobWorker,
  type QueueBackend,
  type WorkerSettings,
} from './queue-backend.js';

const SCHEMA = 'bullmq';
/** An enqueue that takes longer is given up: the sweeper does its work. */
const ENQUEUE_TIMEOUT_MS = 2_000;

/**
 * BullMQ in the same database, in a schema of its own. It gets pools of ours: in ES modules it cannot load `pg` itself,
 * and with one pool for all queues it takes few connections. A worker keeps one connection for LISTEN.
 */
export class PostgresQueues implements QueueBackend {
  readonly kind = 'postgres';
  private readonly producers: pg.Pool;
  private readonly consumers: pg.Pool;

  constructor(url: string, onError: (error: Error) => void) {
    const shared = {
      connectionString: url,
      options: `-c search_path=${SCHEMA}`,
      application_name: 'complex-workflows jobs',
      keepAlive: true,
    };
    this.producers = new pg.Pool({
      ...shared,
      max: 2,
      connectionTimeoutMillis: ENQUEUE_TIMEOUT_MS,
      query_timeout: ENQUEUE_TIMEOUT_MS,
    });
    this.consumers = new pg.Pool({ ...shared, max: 2 * QUEUE_NAMES.length + 1 });
    for (const pool of [this.producers, this.consumers]) pool.on('error', onError);
  }

  async prepare(): Promise<void> {
    const client = await this.consumers.connect();
    try {
      await runMigrations(client, SCHEMA);
    } finally {
      client.release();
    }
  }

  openQueue(name: string, onError: (error: Error) => void): JobQueue {
    return bullQueue(name, { connection: this.producers, factory: createPostgresBackend }, onError);
  }

  openWorker(settings: WorkerSettings): JobWorker {
    return bullWorker(settings, { connection: this.consumers, factory: createPostgresBackend });
  }

  async close(): Promise<void> {
    await Promise.all([this.producers.end(), this.consumers.end()]);
  }
}
