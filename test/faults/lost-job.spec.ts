import { Jobs, type JobWorker, PostgresQueues, type QueueBackend, RedisQueues } from '#jobs';
import { DEFAULT_TENANT, runAsTenant } from '#platform/tenancy';

import { cloneDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { describeOnBothQueues } from '../support/queues.js';
import { testRedis } from '../support/redis.js';

describeOnBothQueues('a job whose process was killed as it took it', (queue) => {
  let backend: QueueBackend;
  let drop: () => Promise<void>;
  let jobs: Jobs;
  let worker: JobWorker;
  /** Lets the job end after all, so that the worker can. */
  let end = (): void => undefined;
  beforeAll(async () => {
    const unheard = (): void => undefined;
    if (queue === 'postgres') {
      const clone = await cloneDatabase();
      drop = () => clone.drop();
      backend = new PostgresQueues(clone.url, unheard);
    } else {
      const redis = await testRedis();
      drop = () => redis.drop();
      backend = new RedisQueues({ backend: 'redis', redis_url: redis.url }, unheard);
    }
    await backend.prepare();
    jobs = new Jobs(backend);
  });
  afterAll(async () => {
    end();
    await worker.close();
    await jobs.onApplicationShutdown();
    await drop();
  });

  it('keeps other wake-ups with its key out for seconds, not until it counts as stalled', async () => {
    let take = (): void => undefined;
    const taken = new Promise<void>((resolve) => (take = resolve));
    // takes one job and is not heard of again, its key included
    const ended = new Promise<void>((resolve) => (end = resolve));
    worker = backend.openWorker({
      queue: 'engine',
      concurrency: 1,
      process: () => {
        take();
        return ended;
      },
      onError: () => undefined,
    });
    const wake = () =>
      runAsTenant(DEFAULT_TENANT, () => jobs.enqueue('tasks.run', {}, { dedupe_key: 'now' }));
    await wake();
    await taken;
    await wake();
    expect((await jobs.counts()).engine['waiting']).toBe(0);
    await eventually(
      async () => {
        await wake();
        expect((await jobs.counts()).engine['waiting']).toBe(1);
      },
      { timeout_ms: 15_000 },
    );
  }, 30_000);
});
