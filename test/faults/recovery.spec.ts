import { ParallelClient, query, task } from '../e2e/parallel-client.js';
import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';
import { Receiver } from './receiver.js';

/** More than the calls that a circuit breaker needs to open. */
const CLAIMED = 30;
/** No more than a process of ours takes at a time on the busiest machine. */
const CALLED = 10;
const LEASE_SECONDS = 10;
/** A lease of 10 s, the second until the next sweep, its length and that of the claim. */
const WITHIN_SECONDS = 15;

/** Of each task, by the database's clock: from when it was last heard of its first attempt to the start of the second. */
describe("a dead worker's tasks run again within 15 seconds", () => {
  let service: Service;
  let receiver: Receiver;
  let client: ParallelClient;
  beforeAll(async () => {
    receiver = await Receiver.start(({ headers }, response) => {
      if (headers['x-attempt'] !== '1') response.end();
    });
    service = await startService({ env: { OUTBOUND_ALLOWED_HOSTS: receiver.host } });
    client = await ParallelClient.of(service);
  }, 120_000);
  afterAll(async () => {
    await service.stop();
    await receiver.stop();
  });

  const start = (tasks: number, handler: object, task_type: string) =>
    client.start(
      Array.from({ length: tasks }, (_, n) => task(`t${n}`, { handler, task_type })),
      { load_balancing: { max_concurrent_tasks: tasks } },
    );
  /** Leases as they are: each ends 10 s after its attempt was last heard of. */
  const leases = (id: string) =>
    query<{ task_id: string; worker_id: string; lock_expires_at: Date }>(
      service,
      `select task_id, worker_id, lock_expires_at from task_executions
       where execution_id = $1 and status = 'running' and attempt = 1`,
      [id],
    );
  async function recoveries(id: string, lost: Awaited<ReturnType<typeof leases>>) {
    const rows = await query<{ task_id: string; attempt: number; start_time: Date }>(
      service,
      'select task_id, attempt, start_time from task_executions where execution_id = $1',
      [id],
    );
    expect(rows.map(({ attempt }) => attempt)).toEqual(rows.map(() => 2));
    const started = new Map(rows.map(({ task_id, start_time }) => [task_id, start_time.getTime()]));
    return lost.map(
      ({ task_id, lock_expires_at }) =>
        (started.get(task_id)! - lock_expires_at.getTime()) / 1_000 + LEASE_SECONDS,
    );
  }

  it('of a program that claimed them and is not heard of any more', async () => {
    const type = `type-${crypto.randomUUID()}`;
    const id = await start(CLAIMED, { type: 'worker' }, type);
    await client.claim([type], { max_tasks: CLAIMED, lock_seconds: LEASE_SECONDS });
    const lost = await leases(id);
    expect(lost).toHaveLength(CLAIMED);
    for (let again = 0; again < CLAIMED;) {
      const claimed = await client.claim([type], { max_tasks: CLAIMED, wait_seconds: 20 });
      expect(claimed.length).toBeGreaterThan(0);
      again += claimed.length;
    }
    expect(Math.max(...(await recoveries(id, lost)))).toBeLessThan(WITHIN_SECONDS);
  }, 60_000);

  it('of a process of ours that was killed in the middle of them', async () => {
    const url = `http://${receiver.host}/`;
    // not before it is killed
    const id = await start(
      CALLED,
      { type: 'http', method: 'POST', url, timeout_ms: 120_000 },
      'call',
    );
    await receiver.heard(CALLED);
    const other = await startService({
      beside: service,
      env: { OUTBOUND_ALLOWED_HOSTS: receiver.host },
    });
    try {
      await service.kill();
      const lost = await leases(id);
      expect(lost).toHaveLength(CALLED);
      await eventually(
        async () => {
          const { body } = await other.request('GET', `/parallel/executions/${id}`);
          expect(body['overall_status']).toBe('completed');
        },
        { timeout_ms: 40_000 },
      );
      expect(Math.max(...(await recoveries(id, lost)))).toBeLessThan(WITHIN_SECONDS);
    } finally {
      await other.stop();
    }
  }, 120_000);
});
