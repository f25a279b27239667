import { ParallelClient, query, task } from '../e2e/parallel-client.js';
import { type Service, startService } from '../support/service.js';
import { Receiver } from './receiver.js';

/** Much of what the process may take, and not too much. */
const SLOW_MS = 6_000;

describe('SIGTERM', () => {
  let api: Service;
  let receiver: Receiver;
  let client: ParallelClient;
  /** What the outside does with a call; a test sets it. */
  let answer: Parameters<typeof Receiver.start>[0];
  beforeAll(async () => {
    receiver = await Receiver.start((request, response) => answer?.(request, response));
    api = await startService({ env: { ROLE: 'api' } });
    client = await ParallelClient.of(api);
  });
  beforeEach(() => receiver.calls.clear());
  afterAll(async () => {
    await api.stop();
    await receiver.stop();
  });

  const worker = (seconds: number): Promise<Service> =>
    startService({
      beside: api,
      env: {
        ROLE: 'worker',
        OUTBOUND_ALLOWED_HOSTS: receiver.host,
        SHUTDOWN_TIMEOUT_SECONDS: String(seconds),
      },
    });
  const call = () => ({
    handler: { type: 'http', method: 'POST', url: `http://${receiver.host}/`, timeout_ms: 120_000 },
    max_retry_attempts: 0,
  });
  const tasksOf = (id: string) =>
    query<{ status: string; attempt: number; last_error: unknown; lock_token: unknown }>(
      api,
      'select status, attempt, last_error, lock_token from task_executions where execution_id = $1',
      [id],
    );

  it('leaves to another process what does not end in time, and spends no attempt', async () => {
    answer = () => undefined;
    const first = await worker(4);
    const id = await client.start([task('one', call()), task('two', call())]);
    await receiver.heard(2);
    await first.stop();
    const given = { status: 'ready', attempt: 0, last_error: null, lock_token: null };
    expect(await tasksOf(id)).toEqual([given, given]);
    answer = (_, response) => response.end();
    const second = await worker(4);
    expect((await client.ended(id)).overall_status).toBe('completed');
    await second.stop();
    expect([...receiver.calls.values()]).toEqual([
      ['1', '1'],
      ['1', '1'],
    ]);
    const incidents = await query(api, 'select from incidents where execution_id = $1', [id]);
    expect(incidents).toEqual([]);
  }, 60_000);

  it('waits for what ends within the time that it may take', async () => {
    const called = new Promise<void>((resolve) => {
      answer = (_, response) => {
        resolve();
        setTimeout(() => response.end(), SLOW_MS);
      };
    });
    const only = await worker(SLOW_MS / 1_000 + 8);
    const id = await client.start([task('one', call())]);
    await called;
    await only.stop();
    expect(await tasksOf(id)).toMatchObject([{ status: 'completed', attempt: 1 }]);
    expect([...receiver.calls.values()]).toEqual([['1']]);
  }, 60_000);
});
