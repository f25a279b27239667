import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

import { ParallelClient, query, task } from '../e2e/parallel-client.js';
import { eventually } from '../support/eventually.js';
import { freePort, type Service, startService } from '../support/service.js';

const MOST_MS = 2_000;
const TIMES = 3;

/** A Redis of this file alone, that can be taken away. */
class OwnRedis {
  private constructor(
    readonly port: number,
    private server: ChildProcess,
  ) {}

  static async start(): Promise<OwnRedis> {
    const port = await freePort();
    return new OwnRedis(port, await serve(port));
  }

  async kill(): Promise<void> {
    this.server.kill('SIGKILL');
    await once(this.server, 'exit');
  }

  async restart(): Promise<void> {
    this.server = await serve(this.port);
  }

  /** It takes connections and commands, and answers none. */
  freeze(): void {
    this.server.kill('SIGSTOP');
  }

  thaw(): void {
    this.server.kill('SIGCONT');
  }
}

async function serve(port: number): Promise<ChildProcess> {
  const server = spawn(
    'redis-server',
    ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  for await (const text of server.stdout.setEncoding('utf8')) {
    if (String(text).includes('Ready to accept connections')) break;
  }
  return server;
}

describe('while Redis is away', () => {
  let redis: OwnRedis;
  let service: Service;
  let client: ParallelClient;
  beforeAll(async () => {
    redis = await OwnRedis.start();
    service = await startService({ env: { REDIS_URL: `redis://127.0.0.1:${redis.port}` } });
    client = await ParallelClient.of(service);
  });
  afterAll(async () => {
    try {
      await service.stop();
    } finally {
      await redis.kill();
    }
  });

  const note = { type: 'notification', channel: 'log', to: 'ops', message: 'done' };

  /** How long the fastest of some calls took: one that waits for the queue waits every time, whatever the machine does. */
  async function fastest(call: () => Promise<unknown>): Promise<number> {
    const taken: number[] = [];
    for (let n = 0; n < TIMES; n += 1) {
      const begun = performance.now();
      await call();
      taken.push(performance.now() - begun);
    }
    return Math.min(...taken);
  }

  async function work(): Promise<string[]> {
    const type = crypto.randomUUID();
    const ids: string[] = [];
    const execute = await fastest(async () => {
      ids.push(
        await client.start([
          task('ours', { handler: note }),
          task('theirs', { task_type: type }),
          task('last', { handler: note, dependencies: ['ours', 'theirs'] }),
        ]),
      );
    });
    const claimed: Awaited<ReturnType<typeof client.claim>> = [];
    const claim = await fastest(async () => {
      claimed.push(...(await client.claim([type], { max_tasks: 1 })));
    });
    expect(claimed).toHaveLength(TIMES);
    const complete = await fastest(() => client.answer('complete', claimed.shift()!));
    for (const taken of [execute, claim, complete]) expect(taken).toBeLessThan(MOST_MS);
    // what has written and is not committed; the sweeper's turn holds no row
    await eventually(async () => {
      const open = await query(
        service,
        `select distinct a.pid, a.state, a.query from pg_stat_activity a join pg_locks l on l.pid = a.pid
         where a.datname = current_database() and a.state like 'idle in transaction%'
           and l.locktype = 'relation' and l.mode = 'RowExclusiveLock'`,
      );
      expect(open).toEqual([]);
    });
    return ids;
  }

  const allEnd = async (ids: readonly string[]): Promise<void> => {
    for (const id of ids) {
      expect((await client.ended(id, 30_000)).overall_status).toBe('completed');
    }
    await eventually(
      async () => expect((await service.request('GET', '/health')).status).toBe(200),
      { timeout_ms: 30_000 },
    );
  };

  it('requests are answered, no transaction stays open, and all ends when a frozen one goes on', async () => {
    redis.freeze();
    const ids = await work();
    redis.thaw();
    await allEnd(ids);
  }, 60_000);

  it('the same where it was killed and comes back empty', async () => {
    await redis.kill();
    const ids = await work();
    await redis.restart();
    await allEnd(ids);
  }, 60_000);
});
