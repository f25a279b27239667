import { ParallelClient, query, task } from '../e2e/parallel-client.js';
import { eventually } from '../support/eventually.js';
import { describeOnBothQueues } from '../support/queues.js';
import { type Service, startService } from '../support/service.js';
import { echoAfter, Receiver } from './receiver.js';

const TASKS = 30;

describeOnBothQueues('undoing 30 tasks', (queue) => {
  let service: Service;
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await Receiver.start(echoAfter(10));
    service = await startService({ queue, env: { OUTBOUND_ALLOWED_HOSTS: receiver.host } });
  });
  afterAll(async () => {
    await service.stop();
    await receiver.stop();
  });

  it('goes on in reverse order where its process was killed, each of them once', async () => {
    const client = await ParallelClient.of(service);
    const handler = { type: 'http', method: 'POST', url: `http://${receiver.host}/` };
    const id = await client.start(
      [
        ...Array.from({ length: TASKS }, (_, n) =>
          task(`t${n}`, { handler, compensation: { handler } }),
        ),
        task('last', { dependencies: Array.from({ length: TASKS }, (_, n) => `t${n}`) }),
      ],
      { compensate: true },
    );
    const [last] = await client.claim(['computation'], { wait_seconds: 30 });
    await client.answer('fail', last!, { error_message: 'no', retryable: false });
    await receiver.heard(TASKS + TASKS / 3);
    await service.kill();
    expect(receiver.calls.size).toBeLessThan(2 * TASKS);
    await service.start();
    const undone = await eventually(
      async () => {
        const { compensation } = await client.read(id);
        expect(compensation).toMatchObject({ overall_status: 'completed' });
        return (compensation as { execution_id: string }).execution_id;
      },
      { timeout_ms: 40_000 },
    );

    const expected = await query<{ task_id: string }>(
      service,
      `select task_id from task_executions
       where execution_id = $1 and status = 'completed' order by end_time desc, ordinal desc`,
      [id],
    );
    const recorded = await query<{ task_id: string }>(
      service,
      `select task_id from execution_events
       where execution_id = $1 and event_type = 'task_completed' order by event_id`,
      [undone],
    );
    expect(recorded).toEqual(expected);
    const keys = await query<{ task_execution_id: string }>(
      service,
      'select task_execution_id from task_executions where execution_id = $1 order by ordinal',
      [undone],
    );
    const called = [...receiver.calls.keys()].slice(TASKS);
    expect(called).toEqual(keys.map(({ task_execution_id }) => task_execution_id));
    // what was under way when the process died is called again, as a further attempt
    const repeated = [...receiver.calls.values()].filter((attempts) => attempts.length > 1);
    expect(repeated.length).toBeLessThanOrEqual(1);
  }, 90_000);
});
