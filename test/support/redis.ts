import { Redis } from 'ioredis';
import { servers } from './servers.js';

/** A Redis database of one test file: empty, its own. */
export interface TestRedis {
  url: string;
  /** What the loss of Redis is like for the service: everything in this database is gone. */
  flush(): Promise<void>;
  /** Empties it and closes the connection. */
  drop(): Promise<void>;
}

/** Database 0 counts the others, so that files that run at once never share one. */
export async function testRedis(): Promise<TestRedis> {
  const counter = new Redis(servers.redisUrl);
  let number: number;
  try {
    const [, databases] = (await counter.config('GET', 'databases')) as [string, string];
    const taken = await counter.incr('complex-workflows:test-databases');
    number = 1 + (taken % (Number(databases) - 1));
  } finally {
    counter.disconnect();
  }
  const url = new URL(servers.redisUrl);
  url.pathname = String(number);
  const redis = new Redis(url.href);
  await redis.flushdb();
  return {
    url: url.href,
    async flush() {
      await redis.flushdb();
    },
    async drop() {
      await redis.flushdb();
      redis.disconnect();
    },
  };
}
