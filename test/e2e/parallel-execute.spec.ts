import { eventually } from '../support/eventually.js';
import { describeOnBothQueues } from '../support/queues.js';
import { type Service, startService } from '../support/service.js';
import { ParallelClient, type Problem, query, task } from './parallel-client.js';

const DELAY_0 = { handler: { type: 'delay', duration_ms: 0 } };

describeOnBothQueues('POST /parallel/execute', (queue) => {
  let service: Service;
  let client: ParallelClient;
  beforeAll(async () => {
    service = await startService({ queue });
    client = await ParallelClient.of(service);
  });
  afterAll(() => service.stop());

  it('answers with exactly the fields of the contract and runs the graph to its end', async () => {
    const { status, body } = await client.execute([
      task('a', DELAY_0),
      task('b', { ...DELAY_0, dependencies: ['a'] }),
      task('c', { ...DELAY_0, dependencies: ['a', 'b'] }),
    ]);
    expect(status).toBe(202);
    expect(Object.keys(body).sort()).toEqual(
      [
        'execution_id',
        'workflow_id',
        'workflow_instance_id',
        'total_tasks',
        'tasks_completed',
        'tasks_failed',
        'tasks_running',
        'overall_status',
        'execution_progress_percentage',
        'estimated_completion_time',
        'active_synchronization_points',
        'performance_metrics',
        'load_balancing_stats',
      ].sort(),
    );
    const ended = await client.ended(body.execution_id);
    expect(ended).toMatchObject({
      overall_status: 'completed',
      tasks_completed: 3,
      execution_progress_percentage: 100,
      estimated_completion_time: null,
    });
    const [row] = await query<Record<string, unknown>>(
      service,
      'select performance_metrics, estimated_completion_time from parallel_executions where execution_id = $1',
      [body.execution_id],
    );
    expect(row?.performance_metrics).toMatchObject({ estimated_minutes: 45, retries: 0 });
    expect(row?.estimated_completion_time).toBeInstanceOf(Date);
  });

  it('tells all that is wrong in one answer', async () => {
    const { status, body } = await client.execute<Problem>(
      [
        task('a', { dependencies: ['c'] }),
        task('b', { dependencies: ['a', 'nobody'] }),
        task('c', { dependencies: ['b'] }),
        task('d', { priority: 'high', handler: { type: 'pigeon' } }),
        task('d', { handler: { type: 'http', method: 'GET' } }),
      ],
      {
        workflow_id: '00000000-0000-7000-8000-000000000000',
        synchronization_points: [
          { sync_id: 's', sync_name: 's', sync_type: 'barrier', required_tasks: ['x'] },
        ],
        failure_strategy: 'hope',
        surprise: 1,
      },
    );
    expect(status).toBe(400);
    expect(body.errors?.map(({ pointer, code }) => `${pointer} ${code}`).sort()).toEqual(
      [
        '/workflow_id workflow_not_found',
        '/surprise unknown_field',
        '/failure_strategy is_in',
        '/tasks/3/priority is_int',
        '/tasks/3/handler/type is_in',
        '/tasks/4/handler/url required',
        '/tasks/4/task_id duplicate_task_id',
        '/tasks/1/dependencies/1 unknown_task',
        '/tasks/1/dependencies dependency_cycle',
        '/synchronization_points/0/required_tasks/0 unknown_task',
      ].sort(),
    );
  });

  it('says of a workflow that is not named only that, and nothing that is not so of what is no task', async () => {
    const { status, body } = await client.execute<Problem>([], {
      workflow_id: null,
      tasks: [null],
    });
    expect(status).toBe(400);
    expect(body.errors).toEqual([
      expect.objectContaining({ pointer: '/workflow_id', code: 'is_client_id' }),
      expect.objectContaining({
        pointer: '/tasks',
        detail: 'each value in tasks must be an object.',
      }),
      expect.objectContaining({ pointer: '/tasks/0', detail: 'It must be an object.' }),
    ]);
  });

  it('answers 404 for an unknown workflow and 409 for a taken id', async () => {
    const unknown = await client.execute<Problem>([task('a')], {
      workflow_id: '00000000-0000-7000-8000-000000000000',
    });
    expect(unknown.status).toBe(404);
    await client.execute([task('a')], { execution_id: 'mine' });
    const taken = await client.execute<Problem>([task('a')], { execution_id: 'mine' });
    expect([taken.status, taken.body.code]).toEqual([409, 'execution_exists']);
  });

  it('takes every one of several requests that mention an instance for the first time at once', async () => {
    for (let n = 0; n < 3; n += 1) {
      const workflow_instance_id = crypto.randomUUID();
      const answers = await Promise.all(
        Array.from({ length: 8 }, () =>
          client.execute([task('a', { task_type: 'nobody' })], { workflow_instance_id }),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(202));
      const found = await query<{ instances: number; bound: number }>(
        service,
        `select count(distinct instance_id)::int as instances, count(step_execution_id)::int as bound
         from parallel_executions where workflow_instance_id = $1`,
        [workflow_instance_id],
      );
      expect(found).toEqual([{ instances: 1, bound: 1 }]);
    }
  });

  it('makes one execution for a repeated request with an Idempotency-Key', async () => {
    const body = {
      workflow_id: client.workflow_id,
      workflow_instance_id: 'repeated',
      tasks: [task('a', DELAY_0)],
    };
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const first = await service.request('POST', '/parallel/execute', body, headers);
    const second = await service.request('POST', '/parallel/execute', body, headers);
    expect(second.body).toEqual(first.body);
    const rows = await query(
      service,
      `select from parallel_executions where workflow_instance_id = 'repeated'`,
    );
    expect(rows).toHaveLength(1);
  });

  it('does the work of the parallel step at which the instance stands, and lets it go on', async () => {
    const id = await client.start([task('a', DELAY_0), task('b', DELAY_0)], {
      workflow_instance_id: 'bound',
    });
    await client.ended(id);
    await eventually(async () => {
      const instance = await service.request(
        'GET',
        `/workflows/${client.workflow_id}/instances/bound`,
      );
      expect(instance.body).toMatchObject({ status: 'completed' });
    });
  });

  it('waits a delay out without holding a worker, and fills in expressions', async () => {
    const started = Date.now();
    const id = await client.start([
      task('wait', { handler: { type: 'delay', duration_ms: 400 } }),
      task('note', {
        dependencies: ['wait'],
        input_data: { who: 'Ada' },
        handler: {
          type: 'notification',
          channel: 'log',
          to: '{{ input.who }}',
          message: 'Hello {{ input.who }}, 1 + 1 is {{ 1 + 1 }}',
        },
      }),
    ]);
    expect((await client.ended(id)).overall_status).toBe('completed');
    expect(Date.now() - started).toBeGreaterThanOrEqual(400);
    const events = await query<{ payload: object }>(
      service,
      `select payload from execution_events where execution_id = $1 and event_type = 'notification'`,
      [id],
    );
    expect(events[0]?.payload).toEqual({ to: 'Ada', message: 'Hello Ada, 1 + 1 is 2' });
  });

  it('streams what happens, resumes after an event and ends with the execution', async () => {
    const id = await client.start([
      task('a', DELAY_0),
      task('b', { ...DELAY_0, dependencies: ['a'] }),
    ]);
    const stream = async (headers: Record<string, string>) => {
      const response = await fetch(service.at(`/parallel/executions/${id}/events`), { headers });
      const text = await response.text();
      return text
        .split('\n\n')
        .filter((block) => block.includes('event: '))
        .map((block) => ({
          id: /^id: (.*)$/m.exec(block)?.[1],
          type: /^event: (.*)$/m.exec(block)?.[1],
        }));
    };
    const all = await stream({});
    expect(all.map(({ type }) => type)).toEqual([
      'execution_created',
      'execution_started',
      'task_completed',
      'task_completed',
      'execution_ended',
    ]);
    expect(await stream({ 'last-event-id': all[2]?.id ?? '' })).toEqual(all.slice(3));
    const unknown = await service.request('GET', '/parallel/executions/nobody/events');
    expect(unknown.status).toBe(404);
  });

  it('cancels what is open, once', async () => {
    const id = await client.start([
      task('a', DELAY_0),
      task('b', { dependencies: ['a'], task_type: 'never_claimed' }),
    ]);
    const cancel = () =>
      service.request<Problem>('POST', `/parallel/executions/${id}/cancel`, { reason: 'enough' });
    expect((await cancel()).body).toMatchObject({ overall_status: 'cancelled' });
    expect(await client.statuses(id)).toMatchObject({ b: 'cancelled' });
    const again = await cancel();
    expect([again.status, again.body.code]).toEqual([409, 'execution_ended']);
  });

  it('pages through tasks in the order of the request', async () => {
    const tasks = Array.from({ length: 5 }, (_, n) => task(`t${n}`, DELAY_0));
    const id = await client.start(tasks);
    type Page = { items: { task_id: string }[]; next_cursor: string | null };
    const first = await service.request<Page>('GET', `/parallel/executions/${id}/tasks?limit=3`);
    expect(first.body.items.map((item) => item.task_id)).toEqual(['t0', 't1', 't2']);
    const second = await service.request<Page>(
      'GET',
      `/parallel/executions/${id}/tasks?limit=3&cursor=${first.body.next_cursor}`,
    );
    expect(second.body.items.map((item) => item.task_id)).toEqual(['t3', 't4']);
    expect(second.body.next_cursor).toBeNull();
  });
});
