import { ParallelClient, query, task } from '../e2e/parallel-client.js';
import { describeOnBothQueues } from '../support/queues.js';
import { type Service, startService } from '../support/service.js';
import { echoAfter, Receiver } from './receiver.js';

const TASKS = 200;

describeOnBothQueues('an execution of 200 tasks', (queue) => {
  let service: Service;
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await Receiver.start(echoAfter(20));
    service = await startService({ queue, env: { OUTBOUND_ALLOWED_HOSTS: receiver.host } });
  });
  afterAll(async () => {
    await service.stop();
    await receiver.stop();
  });

  /** Twenty chains of ten: what is lost in the middle would hold up all behind it. */
  const chains = () =>
    Array.from({ length: TASKS }, (_, n) =>
      task(`t${n}`, {
        dependencies: n < 20 ? [] : [`t${n - 20}`],
        handler: { type: 'http', method: 'POST', url: `http://${receiver.host}/`, body: { n } },
      }),
    );

  async function expectEachRecordedOnce(id: string): Promise<void> {
    const [counts] = await query<Record<string, number>>(
      service,
      `select count(*)::int as tasks,
              count(*) filter (where status = 'completed' and output_data is not null)::int as completed,
              count(*) filter (where lock_expires_at is not null)::int as leases
       from task_executions where execution_id = $1`,
      [id],
    );
    expect(counts).toEqual({ tasks: TASKS, completed: TASKS, leases: 0 });
    const twice = await query(
      service,
      `select task_id from execution_events where execution_id = $1 and event_type = 'task_completed'
       group by task_id having count(*) <> 1`,
      [id],
    );
    expect(twice).toEqual([]);
    const [execution] = await query(
      service,
      `select overall_status, tasks_completed, tasks_failed, tasks_running from parallel_executions
       where execution_id = $1`,
      [id],
    );
    expect(execution).toEqual({
      overall_status: 'completed',
      tasks_completed: TASKS,
      tasks_failed: 0,
      tasks_running: 0,
    });
  }

  it('records every task once when its process is killed in the middle', async () => {
    const client = await ParallelClient.of(service);
    const id = await client.start(chains(), { load_balancing: { max_concurrent_tasks: 20 } });
    await receiver.heard(TASKS / 2);
    await service.kill();
    const before = receiver.calls.size;
    await service.start();
    expect((await client.ended(id, 40_000)).overall_status).toBe('completed');
    await expectEachRecordedOnce(id);
    // it was in the middle, and what had been recorded was not done again
    expect(before).toBeLessThan(TASKS);
    const repeated = [...receiver.calls.values()].filter((attempts) => attempts.length > 1);
    expect(repeated.length).toBeLessThanOrEqual(20);
    for (const attempts of repeated) expect(new Set(attempts).size).toBe(attempts.length);
  }, 90_000);

  if (queue === 'redis') {
    it('loses nothing when Redis is emptied again and again', async () => {
      const client = await ParallelClient.of(service);
      receiver.calls.clear();
      const id = await client.start(chains(), { load_balancing: { max_concurrent_tasks: 20 } });
      for (const heard of [20, 80, 140]) {
        await receiver.heard(heard);
        await service.redis.flush();
      }
      expect((await client.ended(id, 40_000)).overall_status).toBe('completed');
      await expectEachRecordedOnce(id);
    }, 90_000);
  }
});
