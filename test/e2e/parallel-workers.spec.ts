import { eventually } from '../support/eventually.js';
import { describeOnBothQueues } from '../support/queues.js';
import { type Service, startService } from '../support/service.js';
import { ParallelClient, type Problem, query, task } from './parallel-client.js';

describeOnBothQueues('the worker protocol', (queue) => {
  let service: Service;
  let client: ParallelClient;
  let type: string;
  beforeAll(async () => {
    service = await startService({ queue });
    client = await ParallelClient.of(service);
  });
  beforeEach(() => {
    type = `type-${crypto.randomUUID()}`;
  });
  afterAll(() => service.stop());

  it('hands out ready tasks by priority and records their results', async () => {
    const id = await client.start([
      task('low', { task_type: type, priority: 1, input_data: { n: 1 } }),
      task('high', { task_type: type, priority: 9 }),
      task('after', { task_type: type, dependencies: ['low', 'high'] }),
    ]);
    const claimed = await client.claim([type], { max_tasks: 10 });
    expect(claimed.map(({ task_id, attempt }) => [task_id, attempt])).toEqual([
      ['high', 1],
      ['low', 1],
    ]);
    expect(claimed[1]?.input_data).toEqual({ n: 1 });
    expect(await client.claim([type])).toEqual([]);
    const answers = await service.request('POST', '/parallel/tasks/complete', {
      tasks: claimed.map(({ task_execution_id, lock_token }) => ({
        task_execution_id,
        lock_token,
        output_data: { done: true },
      })),
    });
    expect(answers.body.results).toEqual(
      claimed.map(({ task_execution_id }) => ({ task_execution_id, result: 'recorded' })),
    );
    const [after] = await client.claim([type]);
    await client.answer('complete', after!);
    expect(await client.ended(id)).toMatchObject({
      overall_status: 'completed',
      tasks_completed: 3,
    });
  });

  it('recognises a repeated answer, and refuses one for an unknown task', async () => {
    await client.start([task('a', { task_type: type })]);
    const [claimed] = await client.claim([type]);
    const first = await client.answer('complete', claimed!, { output_data: { n: 1 } });
    const second = await client.answer('complete', claimed!, { output_data: { n: 2 } });
    expect([first.body.result, second.body.result]).toEqual(['recorded', 'repeated']);
    const [row] = await query<{ output_data: object }>(
      service,
      'select output_data from task_executions where task_execution_id = $1',
      [claimed!.task_execution_id],
    );
    expect(row?.output_data).toEqual({ n: 1 });
    const stranger = { ...claimed!, task_execution_id: crypto.randomUUID() };
    expect((await client.answer('complete', stranger)).status).toBe(404);
  });

  it('keeps what an attempt used, told with its result', async () => {
    const id = await client.start(['a', 'b', 'c'].map((name) => task(name, { task_type: type })));
    const [a, b, c] = await client.claim([type], { max_tasks: 3 });
    const refused = await client.answer('complete', a!, {
      resource_usage: { cpu_seconds: 'much' },
    });
    expect(refused.status).toBe(400);
    await client.answer('complete', a!, { resource_usage: { cpu_seconds: 1.5 } });
    const { task_execution_id, lock_token } = b!;
    await service.request('POST', '/parallel/tasks/complete', {
      tasks: [{ task_execution_id, lock_token, resource_usage: { memory_mb: 20 } }],
    });
    await client.answer('complete', c!);
    const { body } = await service.request('GET', `/parallel/executions/${id}/tasks`);
    expect(body).toMatchObject({
      items: [
        { resource_usage: { cpu_seconds: 1.5 } },
        { resource_usage: { memory_mb: 20 } },
        { resource_usage: {} },
      ],
    });
  });

  it('gives a task whose lock expired to the next worker, and refuses the first one’s answer', async () => {
    const id = await client.start([task('a', { task_type: type })]);
    const [first] = await client.claim([type], { lock_seconds: 1 });
    const [second] = await client.claim([type], { wait_seconds: 15 });
    expect(second).toMatchObject({ task_execution_id: first!.task_execution_id, attempt: 2 });
    for (const what of ['complete', 'fail', 'extend'] as const) {
      const more =
        what === 'fail' ? { error_message: 'x' } : what === 'extend' ? { lock_seconds: 5 } : {};
      const late = await client.answer(what, first!, more);
      expect([late.status, late.body.code]).toEqual([409, 'lock_lost']);
    }
    expect((await client.read(id)).tasks_running).toBe(1);
    expect((await client.answer('complete', second!)).status).toBe(200);
  });

  it('takes the answer of the attempt whose lock it is, whatever travels beside it', async () => {
    const id = await client.start([task('a', { task_type: type })]);
    const [claimed] = await client.claim([type]);
    const { task_execution_id, lock_token } = claimed!;
    const foreign = crypto.randomUUID();
    const { body } = await service.request<{ results: { result: string }[] }>(
      'POST',
      '/parallel/tasks/complete',
      {
        tasks: [
          { task_execution_id, lock_token: foreign, output_data: { by: 'a stranger' } },
          { task_execution_id, lock_token, output_data: { by: 'its worker' } },
          { task_execution_id, lock_token: foreign, output_data: { by: 'a stranger' } },
          { task_execution_id, lock_token, output_data: { by: 'its worker, again' } },
        ],
      },
    );
    expect(body.results.map(({ result }) => result)).toEqual([
      'lock_lost',
      'recorded',
      'lock_lost',
      'repeated',
    ]);
    const [row] = await query<{ output_data: object; data: object }>(
      service,
      `select t.output_data, i.data from task_executions t
       join parallel_executions e using (execution_id) join workflow_instances i using (instance_id)
       where e.execution_id = $1`,
      [id],
    );
    expect(row?.output_data).toEqual({ by: 'its worker' });
    expect(row?.data).toMatchObject({ tasks: { a: { by: 'its worker' } } });
  });

  it('lets no failure of a stranger decide, nor of a worker whose lock has expired', async () => {
    const tasks = Array.from({ length: 20 }, (_, n) =>
      task(`t${n}`, { task_type: type, max_retry_attempts: 1 }),
    );
    const id = await client.start(tasks, { load_balancing: { max_concurrent_tasks: 20 } });
    const claimed = await client.claim([type], { max_tasks: 20 });
    expect(claimed).toHaveLength(20);
    const answers = await Promise.all(
      claimed.flatMap((one) => [
        client.answer('fail', one, { error_message: 'own', retry_after_seconds: 60 }),
        client.answer(
          'fail',
          { ...one, lock_token: crypto.randomUUID() },
          { error_message: 'forged', retryable: false },
        ),
        client.answer('complete', { ...one, lock_token: crypto.randomUUID() }),
      ]),
    );
    expect(answers.map(({ status }) => status)).toEqual(claimed.flatMap(() => [200, 409, 409]));
    expect(new Set(Object.values(await client.statuses(id)))).toEqual(new Set(['retrying']));
    const [again] = await client.claim([type]);
    expect(again).toBeUndefined();
    // nobody came for it since, but the engine has ended it
    const next = await client.start([task('a', { task_type: `${type}-slow` })]);
    const [slow] = await client.claim([`${type}-slow`], { lock_seconds: 1 });
    await eventually(async () => expect(await client.statuses(next)).toEqual({ a: 'retrying' }));
    const late = await client.answer('fail', slow!, { error_message: 'own' });
    expect([late.status, late.body.code]).toEqual([409, 'lock_lost']);
  });

  it('counts no task as running when several fail together and the first ends the execution', async () => {
    const tasks = Array.from({ length: 5 }, (_, n) =>
      task(`t${n}`, { task_type: type, max_retry_attempts: 0 }),
    );
    const id = await client.start(tasks, { failure_strategy: 'fail_fast' });
    expect(await client.claim([type], { max_tasks: 5, lock_seconds: 1 })).toHaveLength(5);
    expect((await client.ended(id)).overall_status).toBe('failed');
    const [row] = await query<{ tasks_running: number }>(
      service,
      'select tasks_running from parallel_executions where execution_id = $1',
      [id],
    );
    expect(row?.tasks_running).toBe(0);
  });

  it('promises no lock beyond the time that the task has', async () => {
    await client.start([task('a', { task_type: type, timeout_minutes: 1 })]);
    const [claimed] = await client.claim([type], { lock_seconds: 600 });
    const within = Date.now() + 90_000;
    expect(Date.parse(claimed!.lock_expires_at)).toBeLessThan(within);
    const extended = await client.answer('extend', claimed!, { lock_seconds: 600 });
    expect(Date.parse(String(extended.body.lock_expires_at))).toBeLessThan(within);
  });

  it('keeps a task whose lock is extended', async () => {
    await client.start([task('a', { task_type: type })]);
    const [claimed] = await client.claim([type], { lock_seconds: 1 });
    const extended = await client.answer('extend', claimed!, { lock_seconds: 60 });
    expect(Date.parse(String(extended.body.lock_expires_at))).toBeGreaterThan(
      Date.parse(claimed!.lock_expires_at) + 30_000,
    );
    expect(await client.claim([type], { wait_seconds: 3 })).toEqual([]);
    expect((await client.answer('complete', claimed!)).status).toBe(200);
  });

  it('answers a waiting claim as soon as there is work', async () => {
    const waiting = client.claim([type], { wait_seconds: 20 });
    const started = performance.now();
    await client.start([task('a', { task_type: type })]);
    expect(await waiting).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('retries as long as attempts are left, then skips what depends on the task', async () => {
    const id = await client.start([
      task('a', { task_type: type, max_retry_attempts: 1 }),
      task('b', { task_type: type, dependencies: ['a'] }),
      task('c', { task_type: type }),
    ]);
    const fail = { error_message: 'no luck', retry_after_seconds: 0 };
    const [a, c] = await client.claim([type], { max_tasks: 2 });
    await client.answer('fail', a!, fail);
    const [again] = await client.claim([type]);
    expect(again).toMatchObject({ task_id: 'a', attempt: 2 });
    await client.answer('fail', again!, fail);
    await client.answer('complete', c!);
    expect(await client.ended(id)).toMatchObject({
      overall_status: 'partially_completed',
      tasks_failed: 1,
    });
    expect(await client.statuses(id)).toEqual({ a: 'failed', b: 'skipped', c: 'completed' });
  });

  it('under fail_fast tells the other workers by their next answer', async () => {
    const id = await client.start(
      [task('a', { task_type: type }), task('b', { task_type: type })],
      { failure_strategy: 'fail_fast' },
    );
    const [a, b] = await client.claim([type], { max_tasks: 2 });
    await client.answer('fail', a!, { error_message: 'broken', retryable: false });
    expect((await client.ended(id)).overall_status).toBe('failed');
    for (const [what, more] of [
      ['extend', { lock_seconds: 5 }],
      ['complete', {}],
      ['fail', { error_message: 'x' }],
    ] as const) {
      const told = await client.answer(what, b!, more);
      expect([told.status, told.body.code]).toEqual([409, 'task_cancelled']);
    }
    const { task_execution_id, lock_token } = b!;
    const list = await service.request('POST', '/parallel/tasks/complete', {
      tasks: [{ task_execution_id, lock_token }],
    });
    expect(list.body.results).toEqual([{ task_execution_id, result: 'task_cancelled' }]);
    expect(await client.statuses(id)).toEqual({ a: 'failed', b: 'cancelled' });
    const [row] = await query<{ took: number; seconds: number }>(
      service,
      `select extract(epoch from end_time - start_time)::float8 as took, execution_time_seconds as seconds
       from task_executions where execution_id = $1 and status = 'cancelled'`,
      [id],
    );
    expect(row!.seconds).toBeCloseTo(row!.took, 1);
  });

  it('runs again what failed when an operator asks', async () => {
    const steps = [
      { step_id: 'people', step_name: 'People', step_type: 'user_task', order_sequence: 1 },
    ];
    const standalone = await ParallelClient.of(service, steps);
    const id = await standalone.start([
      task('a', { task_type: type }),
      task('b', { task_type: type }),
    ]);
    const claimed = await standalone.claim([type], { max_tasks: 2 });
    await standalone.answer('fail', claimed[0]!, { error_message: 'broken', retryable: false });
    await standalone.answer('complete', claimed[1]!);
    expect((await standalone.ended(id)).overall_status).toBe('partially_completed');
    await query(
      service,
      `update parallel_executions
       set start_time = start_time - interval '1 hour', actual_completion_time = actual_completion_time - interval '1 hour'
       where execution_id = $1`,
      [id],
    );
    const retried = await service.request('POST', `/parallel/executions/${id}/retry`);
    expect(retried.status).toBe(202);
    const [again] = await standalone.claim([type]);
    expect(again).toMatchObject({ task_id: 'a', attempt: 1 });
    await standalone.answer('complete', again!);
    const completed = await standalone.ended(id);
    expect(completed).toMatchObject({ overall_status: 'completed', tasks_failed: 0 });
    const stored = await query<{ elapsed: number }>(
      service,
      `select (performance_metrics ->> 'elapsed_seconds')::float8 as elapsed
       from parallel_executions where execution_id = $1`,
      [id],
    );
    // the hour until it was retried is none of its work
    const { elapsed_seconds } = completed['performance_metrics'] as { elapsed_seconds: number };
    expect(elapsed_seconds).toBeLessThan(60);
    expect(stored[0]!.elapsed).toBeCloseTo(elapsed_seconds, 1);
    const refused = await service.request<Problem>('POST', `/parallel/executions/${id}/retry`);
    expect([refused.status, refused.body.code]).toEqual([409, 'execution_not_failed']);
  });

  it('ends an attempt, a point and an execution at their timeouts', async () => {
    const id = await client.start(
      [
        task('slow', { task_type: type, timeout_minutes: 0.01, max_retry_attempts: 0 }),
        task('never', { task_type: 'nobody' }),
        task('apart', { task_type: 'nobody' }),
      ],
      {
        global_timeout_minutes: 0.08,
        synchronization_points: [
          {
            sync_id: 'part',
            sync_name: 'part',
            sync_type: 'partial_completion',
            required_tasks: ['slow', 'never'],
            minimum_completion_percentage: 0,
            timeout_minutes: 0.04,
          },
        ],
      },
    );
    const [slow] = await client.claim([type]);
    const ended = await client.ended(id);
    expect(ended.overall_status).toBe('timed_out');
    expect(await client.statuses(id)).toEqual({
      slow: 'failed',
      never: 'cancelled',
      apart: 'cancelled',
    });
    expect((await client.answer('complete', slow!)).status).toBe(409);
    const points = await query(
      service,
      'select status from synchronization_points where execution_id = $1',
      [id],
    );
    expect(points).toEqual([{ status: 'reached' }]);
  });

  it('shows workers with what they have done', async () => {
    await client.start([task('a', { task_type: type })]);
    const worker_id = `worker-${crypto.randomUUID()}`;
    const [claimed] = await client.claim([type], { worker_id });
    await client.answer('complete', claimed!);
    await eventually(async () => {
      const rows = await query(
        service,
        'select tasks_completed, worker_type from thread_management where worker_id = $1',
        [worker_id],
      );
      expect(rows).toEqual([{ tasks_completed: 1, worker_type: 'external' }]);
    });
  });

  describe('a worker as it is shown', () => {
    let worker_id: string;
    beforeEach(() => {
      worker_id = `worker-${crypto.randomUUID()}`;
    });

    const shown = (expected: object): Promise<void> =>
      eventually(async () => {
        const [row] = await query(
          service,
          `select status, execution_id, current_task_id, free_capacity, cpu_usage_percentage, memory_usage_mb,
             last_heartbeat > clock_timestamp() - interval '1 minute' as heard_of
           from thread_management where worker_id = $1`,
          [worker_id],
        );
        expect(row).toMatchObject(expected);
      });

    it('holds the task that it extends, however long it has asked for none', async () => {
      const execution_id = await client.start([task('long', { task_type: type })]);
      const [long] = await client.claim([type], { worker_id, cpu_usage_percentage: 150 });
      await shown({ status: 'busy' });
      await query(
        service,
        `update thread_management set last_heartbeat = now() - interval '10 minutes' where worker_id = $1`,
        [worker_id],
      );
      await shown({ status: 'offline', execution_id: null, current_task_id: null });
      await client.answer('extend', long!, { lock_seconds: 60, memory_usage_mb: 512.5 });
      await shown({
        status: 'busy',
        execution_id,
        current_task_id: 'long',
        heard_of: true,
        free_capacity: 0,
        cpu_usage_percentage: 150,
        memory_usage_mb: 512.5,
      });
      await client.answer('complete', long!);
    });

    it('is idle when it has ended what it held, and not before', async () => {
      await client.start(['a', 'b'].map((id) => task(id, { task_type: type })));
      const [a, b] = await client.claim([type], { worker_id, max_tasks: 2 });
      await shown({ status: 'busy', free_capacity: 0 });
      await client.answer('complete', a!);
      await shown({ status: 'busy', current_task_id: b!.task_id, free_capacity: 1 });
      await client.claim([type], { worker_id });
      await shown({ status: 'busy', current_task_id: b!.task_id, free_capacity: 1 });
      await client.answer('fail', b!, { error_message: 'broken', retryable: false });
      await shown({ status: 'idle', execution_id: null, current_task_id: null, free_capacity: 2 });
    });
  });

  it('shows its own processes with what they use', async () => {
    await eventually(async () => {
      const [row] = await query<{ cpu_usage_percentage: number; memory_usage_mb: number }>(
        service,
        `select cpu_usage_percentage, memory_usage_mb from thread_management where worker_type = 'builtin'`,
      );
      expect(row?.cpu_usage_percentage).toBeGreaterThan(0);
      expect(row?.memory_usage_mb).toBeGreaterThan(0);
    });
  });
});
