import { once } from 'node:events';
import { createRedisBackend } from 'bullmq';
import { Cluster, Redis, type RedisOptions } from 'ioredis';

import type { QueueConfig } from '#platform/config';

import {
  bullQueue,
  bullWorker,
  type JobQueue,
  type JobWorker,
  type QueueBackend,
  type WorkerSettings,
} from './queue-backend.js';

/** The braces keep all keys of a queue on one node of a cluster. */
const PREFIX = '{complex-workflows}';

/** A producer fails at once when Redis is away, instead of keeping commands for later: the sweeper repeats the wake-up. */
const PRODUCER: RedisOptions = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 1,
  connectTimeout: 2_000,
  commandTimeout: 2_000,
};
const FIRST_CONNECTION_MS = 2_000;
/** A consumer waits for Redis as long as it takes; BullMQ asks for null here. */
const CONSUMER: RedisOptions = { maxRetriesPerRequest: null };

type RedisConfig = Extract<QueueConfig, { backend: 'redis' }>;

/** BullMQ on Redis, or on Redis Cluster. Connects in the background and keeps trying. */
export class RedisQueues implements QueueBackend {
  readonly kind: 'redis' | 'redis_cluster';
  private readonly producer: Redis | Cluster;
  private consumer: Redis | Cluster | undefined;

  constructor(
    private readonly config: Readonly<RedisConfig>,
    private readonly onError: (error: Error) => void,
  ) {
    this.kind = config.cluster_nodes ? 'redis_cluster' : 'redis';
    this.producer = this.connect(PRODUCER);
  }

  /** Gives the first connection a moment; a Redis that is away is no reason not to start. */
  async prepare(): Promise<void> {
    if (this.producer.status === 'ready') return;
    const deadline = AbortSignal.timeout(FIRST_CONNECTION_MS);
    try {
      await once(this.producer, 'ready', { signal: deadline });
    } catch (error) {
      if (!deadline.aborted) this.onError(error as Error);
    }
  }

  openQueue(name: string, onError: (error: Error) => void): JobQueue {
    const at = { connection: this.producer, factory: createRedisBackend, prefix: PREFIX };
    return bullQueue(name, at, onError);
  }

  openWorker(settings: WorkerSettings): JobWorker {
    this.consumer ??= this.connect(CONSUMER);
    const at = { connection: this.consumer, factory: createRedisBackend, prefix: PREFIX };
    return bullWorker(settings, at);
  }

  close(): Promise<void> {
    // `quit` would wait for a Redis that is away
    this.producer.disconnect();
    this.consumer?.disconnect();
    return Promise.resolve();
  }

  private connect(options: RedisOptions): Redis | Cluster {
    const client =
      this.config.cluster_nodes === undefined
        ? new Redis(this.config.redis_url, options)
        : new Cluster([...this.config.cluster_nodes], {
            redisOptions: options,
            enableOfflineQueue: options.enableOfflineQueue ?? true,
          });
    client.on('error', this.onError);
    return client;
  }
}
