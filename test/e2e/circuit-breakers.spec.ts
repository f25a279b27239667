import type { IncomingMessage, ServerResponse } from 'node:http';

import { Receiver } from '../faults/receiver.js';
import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';
import { ParallelClient, type Problem, query, task } from './parallel-client.js';

interface Breaker {
  state: string;
  parked_tasks: number;
  history: {
    from_state: string;
    to_state: string;
    calls: number;
    failures: number;
    actor: string;
  }[];
}

describe('circuit breakers', () => {
  let service: Service;
  let receiver: Receiver;
  let client: ParallelClient;
  let healthy: boolean;
  beforeAll(async () => {
    receiver = await Receiver.start((_: IncomingMessage, response: ServerResponse) => {
      response.statusCode = healthy ? 200 : 503;
      response.end();
    });
    service = await startService({
      env: {
        OUTBOUND_ALLOWED_HOSTS: receiver.host,
        CIRCUIT_MINIMUM_CALLS: '10',
        CIRCUIT_OPEN_SECONDS: '2',
      },
    });
    client = await ParallelClient.of(service);
  });
  beforeEach(() => {
    healthy = false;
    receiver.calls.clear();
  });
  afterAll(async () => {
    await service.stop();
    await receiver.stop();
  });

  const read = async (kind: string, name: string): Promise<Breaker> =>
    (await service.request<Breaker>('GET', `/parallel/circuit-breakers/${kind}/${name}`)).body;
  const calls = (n: number, more = {}) =>
    Array.from({ length: n }, (_, index) =>
      task(`t${index}`, {
        handler: { type: 'http', method: 'POST', url: `http://${receiver.host}/` },
        ...more,
      }),
    );
  const attempts = async (id: string) =>
    query<{ attempts: number; open: number }>(
      service,
      `select sum(attempt)::int as attempts, count(*) filter (where status <> 'completed')::int as open
       from task_executions where execution_id = $1`,
      [id],
    );

  it('park the work of a host that fails, without spending attempts, and drain it when it answers again', async () => {
    // its failures fill the window and are retried long after
    const slow = { retry_policy: { initial_interval_ms: 600_000, jitter: 'none' } };
    const all = { load_balancing: { max_concurrent_tasks: 100 } };
    await client.start(calls(20, slow), all);
    await eventually(async () =>
      expect(await read('host', receiver.host)).toMatchObject({ state: 'open' }),
    );
    const metrics = await service.request<string>('GET', '/metrics');
    expect(metrics.body).toMatch(
      /circuit_breakers_not_closed\{kind="host",name="127\.0\.0\.1:\d+"\} 2/,
    );
    const before = receiver.calls.size;
    const id = await client.start(calls(30, { max_retry_attempts: 0 }), all);
    await eventually(async () => {
      expect((await read('host', receiver.host)).parked_tasks).toBeGreaterThan(0);
      const { body } = await service.request<{ items: { waiting_on: string | null }[] }>(
        'GET',
        `/parallel/executions/${id}/tasks`,
      );
      expect(body.items.some(({ waiting_on }) => waiting_on === receiver.host)).toBe(true);
    });
    healthy = true;
    expect(await client.ended(id, 40_000)).toMatchObject({ overall_status: 'completed' });
    expect(receiver.calls.size).toBe(before + 30);
    expect(await attempts(id)).toEqual([{ attempts: 30, open: 0 }]);
    const { history } = await eventually(async () => {
      const breaker = await read('host', receiver.host);
      expect(breaker.state).toBe('closed');
      return breaker;
    });
    expect(history.at(-1)).toMatchObject({ from_state: 'closed', to_state: 'open' });
    expect(history[0]).toMatchObject({ from_state: 'half_open', to_state: 'closed' });
  }, 90_000);

  it('are opened and closed by hand, for a type of task that workers do', async () => {
    const type = `type-${crypto.randomUUID()}`;
    const put = (how: string) =>
      service.request<Breaker>('POST', `/parallel/circuit-breakers/task_type/${type}/${how}`);
    expect((await put('open')).body).toMatchObject({ state: 'open', retry_at: null });
    const id = await client.start([task('a', { task_type: type, max_retry_attempts: 1_000 })]);
    await eventually(async () => {
      const { body } = await service.request('GET', `/parallel/executions/${id}/tasks`);
      expect(body.items).toMatchObject([{ status: 'ready', waiting_on: type }]);
    });
    await eventually(async () => {
      // what was claimed before this process heard of it is let go
      const claimed = await client.claim([type]);
      for (const one of claimed)
        await client.answer('fail', one, { error_message: 'x', retry_after_seconds: 0 });
      expect(claimed).toEqual([]);
    });
    expect((await put('close')).body).toMatchObject({ state: 'closed' });
    const [claimed] = await client.claim([type], { wait_seconds: 10 });
    expect((await client.answer('complete', claimed!)).status).toBe(200);
    const list = await service.request<{ items: { name: string }[] }>(
      'GET',
      '/parallel/circuit-breakers?state=closed',
    );
    expect(list.body.items.map(({ name }) => name)).toContain(type);
  });

  it('stay closed when workers die with their tasks: the next one gets them', async () => {
    const [died, failed] = [`type-${crypto.randomUUID()}`, `type-${crypto.randomUUID()}`];
    const start = (task_type: string) => {
      const tasks = Array.from({ length: 12 }, (_, n) => task(`t${n}`, { task_type }));
      return client.start(tasks, { load_balancing: { max_concurrent_tasks: 12 } });
    };
    const id = await start(died);
    expect(await client.claim([died], { max_tasks: 12, lock_seconds: 1 })).toHaveLength(12);
    await eventually(async () => {
      const statuses = Object.values(await client.statuses(id));
      expect(statuses).toEqual(Array.from({ length: 12 }, () => 'retrying'));
    });
    // what is told of these, is told after what could have been of those
    await start(failed);
    const claimed = await client.claim([failed], { max_tasks: 12 });
    const failure = { error_message: 'down', retry_after_seconds: 0 };
    await Promise.all(claimed.map((one) => client.answer('fail', one, failure)));
    await eventually(async () => expect((await read('task_type', failed)).state).toBe('open'));
    expect(
      (await service.request('GET', `/parallel/circuit-breakers/task_type/${died}`)).status,
    ).toBe(404);
    expect(await client.claim([died], { max_tasks: 12 })).toHaveLength(12);
  });

  it('open when workers fail too much, for every process, and are probed by the next claims', async () => {
    const type = `type-${crypto.randomUUID()}`;
    const tasks = Array.from({ length: 12 }, (_, n) => task(`t${n}`, { task_type: type }));
    const id = await client.start(tasks, { load_balancing: { max_concurrent_tasks: 12 } });
    const claimed = await client.claim([type], { max_tasks: 12 });
    const failure = { error_message: 'down', retry_after_seconds: 0 };
    await Promise.all(claimed.map((one) => client.answer('fail', one, failure)));
    const [opened] = await eventually(async () => {
      const { state, history } = await read('task_type', type);
      expect(state).toBe('open');
      return history;
    });
    expect(opened?.failures).toBeGreaterThanOrEqual(10);
    expect(opened?.calls).toBe(opened?.failures);
    const other = await startService({ beside: service, env: { CIRCUIT_OPEN_SECONDS: '2' } });
    try {
      const elsewhere = await ParallelClient.of(other);
      const [probe, ...others] = await elsewhere.claim([type], { max_tasks: 12, wait_seconds: 20 });
      expect([probe?.attempt, others]).toEqual([2, []]);
      await elsewhere.answer('complete', probe!);
    } finally {
      await other.stop();
    }
    let done = 1;
    while (done < 12) {
      const more = await client.claim([type], { max_tasks: 12, wait_seconds: 20 });
      for (const one of more) await client.answer('complete', one);
      done += more.length;
    }
    expect((await client.ended(id)).overall_status).toBe('completed');
    const parked = 'select from task_executions where execution_id = $1 and parked_on is not null';
    expect(await query(service, parked, [id])).toEqual([]);
  }, 90_000);

  it('are probed by another when the task that probed is cancelled, though its worker never asks', async () => {
    const type = `type-${crypto.randomUUID()}`;
    const start = (n: number) => {
      const tasks = Array.from({ length: n }, (_, i) => task(`t${i}`, { task_type: type }));
      return client.start(tasks, { load_balancing: { max_concurrent_tasks: n } });
    };
    await start(10);
    const claimed = await client.claim([type], { max_tasks: 10 });
    const failure = { error_message: 'down', retryable: true, retry_after_seconds: 3_600 };
    await Promise.all(claimed.map((one) => client.answer('fail', one, failure)));
    await eventually(async () => expect((await read('task_type', type)).state).toBe('open'));
    const id = await start(1);
    expect(await client.claim([type], { wait_seconds: 20 })).toHaveLength(1);
    const other = await start(1);
    await service.request('POST', `/parallel/executions/${id}/cancel`, { reason: 'a mistake' });
    // a round of which nothing is heard would begin anew after 8 s
    const [probe] = await client.claim([type], { wait_seconds: 5 });
    expect((await client.answer('complete', probe!)).status).toBe(200);
    expect((await client.ended(other)).overall_status).toBe('completed');
  }, 90_000);

  it('count only the calls of their window, also where none has come since', async () => {
    const type = `type-${crypto.randomUUID()}`;
    await service.request('POST', `/parallel/circuit-breakers/task_type/${type}/close`);
    await query(
      service,
      `update circuit_breakers set breaker = jsonb_set(breaker, '{buckets}', (
         select jsonb_agg(jsonb_build_object(
           'start', (extract(epoch from now()) - ago) * 1000, 'calls', calls, 'failures', failures))
         from (values (3600, 5, 2), (0, 3, 1)) b(ago, calls, failures)))
       where name = $1`,
      [type],
    );
    expect(await read('task_type', type)).toMatchObject({ calls: 3, failures: 1 });
  });

  it('are not there for what nobody has called', async () => {
    const answer = await service.request<Problem>('GET', '/parallel/circuit-breakers/host/nobody');
    expect(answer.body.code).toBe('circuit_breaker_not_found');
    const kind = await service.request<Problem>('POST', '/parallel/circuit-breakers/x/y/open');
    expect(kind.body.code).toBe('circuit_breaker_not_found');
  });
});
