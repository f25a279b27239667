import { type Service, startService } from '../support/service.js';
import { ParallelClient, type Problem, query, task } from './parallel-client.js';

describe('retry policies', () => {
  let service: Service;
  let client: ParallelClient;
  let type: string;
  beforeAll(async () => {
    service = await startService();
    client = await ParallelClient.of(service);
  });
  beforeEach(() => {
    type = `type-${crypto.randomUUID()}`;
  });
  afterAll(() => service.stop());

  const start = (retry_policy: object, more = {}) =>
    client.start([task('a', { task_type: type, retry_policy, ...more })]);

  it('give the next attempt after their own pause', async () => {
    await start({ initial_interval_ms: 3_600_000, maximum_interval_ms: 7_200_000, jitter: 'none' });
    const [claimed] = await client.claim([type]);
    await client.answer('fail', claimed!, { error_message: 'x' });
    const [row] = await query<{ minutes: number }>(
      service,
      `select round(extract(epoch from available_at - now()) / 60)::int as minutes from task_executions
       where task_execution_id = $1`,
      [claimed!.task_execution_id],
    );
    expect(row?.minutes).toBe(60);
  });

  it('end a task with the first error that no further attempt can mend', async () => {
    const id = await start({ non_retryable_errors: ['card_*', '*no such account*'] });
    const [claimed] = await client.claim([type]);
    const error = { error_message: 'The card was declined.', error_code: 'card_declined' };
    await client.answer('fail', claimed!, error);
    expect((await client.ended(id)).overall_status).toBe('failed');
  });

  it('end a task when its whole time is over, though attempts are left', async () => {
    const id = await start({ total_timeout_minutes: 5 }, { max_retry_attempts: 1_000 });
    const fail = { error_message: 'x', retry_after_seconds: 0 };
    const [first] = await client.claim([type]);
    await client.answer('fail', first!, fail);
    await query(
      service,
      `update task_executions set first_started_at = first_started_at - interval '6 minutes' where task_execution_id = $1`,
      [first!.task_execution_id],
    );
    const [second] = await client.claim([type], { wait_seconds: 5 });
    await client.answer('fail', second!, fail);
    expect((await client.ended(id)).overall_status).toBe('failed');
  });

  it('of an automated step are those of its conditions over those of its workflow', async () => {
    const { body } = await service.request<{ workflow_id: string }>('POST', '/multi-step/create', {
      workflow_name: `Retried ${crypto.randomUUID()}`,
      category: 'test',
      retry_configuration: { max_attempts: 7, initial_interval_ms: 10, jitter: 'none' },
      steps: [
        {
          step_id: 'work',
          step_name: 'Work',
          step_type: 'automated',
          order_sequence: 1,
          conditions: { task_type: type, retry_policy: { initial_interval_ms: 20 } },
        },
      ],
    });
    await service.request('POST', `/workflows/${body.workflow_id}/instances`, {});
    const rows = await query(
      service,
      'select max_retry_attempts, retry_policy from task_executions where task_type = $1',
      [type],
    );
    expect(rows).toEqual([
      { max_retry_attempts: 6, retry_policy: { initial_interval_ms: 20, jitter: 'none' } },
    ]);
  });

  it('are refused where they make no sense', async () => {
    const retry_policy = { backoff_coefficient: 0.5, jitter: 'some', maximum_interval_ms: -1 };
    const answer = await client.execute<Problem>([task('a', { retry_policy })]);
    expect(answer.status).toBe(400);
    expect(answer.body.errors?.map(({ pointer }) => pointer)).toEqual(
      ['backoff_coefficient', 'maximum_interval_ms', 'jitter'].map(
        (field) => `/tasks/0/retry_policy/${field}`,
      ),
    );
  });
});
