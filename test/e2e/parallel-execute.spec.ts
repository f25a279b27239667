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

  it('lets a step go on when its points are reached, and tells the workers that nobody waits for', async () => {
    const steps = await ParallelClient.of(service, [
      { step_id: 'work', step_name: 'Work', step_type: 'parallel', order_sequence: 1 },
      { step_id: 'next', step_name: 'Next', step_type: 'user_task', order_sequence: 2 },
    ]);
    const [workflow_instance_id, type] = [crypto.randomUUID(), crypto.randomUUID()];
    const id = await steps.start([task('a', { task_type: type }), task('b', { task_type: type })], {
      workflow_instance_id,
      synchronization_points: [
        {
          sync_id: 'one',
          sync_name: 'One of them',
          sync_type: 'join',
          required_tasks: ['a', 'b'],
          minimum_completion_percentage: 50,
        },
      ],
    });
    const [winner, loser] = await steps.claim([type], { max_tasks: 2 });
    await steps.answer('complete', winner!, { output_data: { won: true } });
    const late = await steps.answer('complete', loser!);
    expect([late.status, late.body.code]).toEqual([409, 'task_cancelled']);
    expect(await steps.read(id)).toMatchObject({
      overall_status: 'partially_completed',
      active_synchronization_points: [],
    });
    const points = await service.request<object>(
      'GET',
      `/parallel/executions/${id}/synchronization-points`,
    );
    expect(points.body).toMatchObject({
      items: [
        { sync_id: 'one', status: 'reached', tasks_required: 2, tasks_completed: 1, reason: null },
      ],
    });
    await eventually(async () => {
      const { body } = await service.request<object>(
        'GET',
        `/workflows/${steps.workflow_id}/instances/${workflow_instance_id}`,
      );
      expect(body).toMatchObject({ status: 'running', current_step_id: 'next' });
    });
  });

  it('says why a point was missed', async () => {
    const type = crypto.randomUUID();
    const id = await client.start([task('a', { task_type: type })], {
      synchronization_points: [
        {
          sync_id: 'sum',
          sync_name: 'Sum',
          sync_type: 'conditional_join',
          required_tasks: ['a'],
          condition_expression: 'a.sum > 5',
        },
      ],
    });
    const [claimed] = await client.claim([type]);
    await client.answer('complete', claimed!, { output_data: { sum: 'many' } });
    expect((await client.read(id)).overall_status).toBe('failed');
    const [point] = await query<{ reason: string; end_reason: string; completed_tasks: string[] }>(
      service,
      `select p.reason, p.completed_tasks, e.end_reason
       from synchronization_points p join parallel_executions e using (execution_id) where execution_id = $1`,
      [id],
    );
    expect(point?.reason).toMatch(/^its condition gave null \(.*\)$/);
    expect(point?.end_reason).toBe(`The synchronization point sum was missed: ${point?.reason}.`);
    expect(point?.completed_tasks).toEqual(['a']);
  });

  describe('monitored at its own interval', () => {
    const often = { monitoring_interval_seconds: 0.2 };

    it('tells readers how it stands, and leaves where they resume', async () => {
      const id = await client.start([task('a', DELAY_0), task('b', { task_type: 'later' })], often);
      await eventually(async () => expect((await client.read(id)).tasks_completed).toBe(1));
      const leave = new AbortController();
      const response = await fetch(service.at(`/parallel/executions/${id}/events`), leave);
      let text = '';
      let blocks: string[] = [];
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        blocks = text.split('\n\n').slice(0, -1);
        blocks = blocks.filter((block) => block.includes('event: '));
        if (blocks.filter((block) => block.includes('event: progress')).length === 2) break;
      }
      leave.abort();
      const ids = blocks.map((block) => /^id: (.*)$/m.exec(block)?.[1]);
      expect(ids.slice(-2)).toEqual([ids.at(-3), ids.at(-3)]);
      expect(JSON.parse(/^data: (.*)$/m.exec(blocks.at(-1)!)![1]!)).toMatchObject({
        overall_status: 'running',
        total_tasks: 2,
        tasks_completed: 1,
        tasks_failed: 0,
        execution_progress_percentage: 50,
      });
    });

    it('has its estimate and its figures up to date in the table', async () => {
      const task_type = `type-${crypto.randomUUID()}`;
      const names = Array.from({ length: 10 }, (_, index) => `t${index}`);
      const id = await client.start(
        names.map((name) => task(name, { task_type, estimated_duration_minutes: 10 })),
        { ...often, load_balancing: { max_concurrent_tasks: 1 } },
      );
      for (const _ of names.slice(1)) {
        const [claimed] = await client.claim([task_type], { wait_seconds: 10 });
        await client.answer('complete', claimed!);
      }
      await eventually(async () => {
        const { minutes, metrics } = await stored(id);
        expect(minutes).toBeCloseTo(10, 0);
        expect(metrics).toMatchObject({
          avg_task_seconds: expect.any(Number),
          elapsed_seconds: expect.any(Number),
          retries: 0,
        });
      });
    });

    it('divides what is left of very many tasks by as many as may be in hand', async () => {
      const many = task('many', {
        task_type: 'later',
        estimated_duration_minutes: 10,
        for_each: { items: 'for i in 1..5001 return i' },
      });
      const id = await client.start([many], often);
      // 501 rounds of ten and the end of the fan-out are 5,020 minutes; all 5,002 tasks, ten at a time, these
      await eventually(async () => expect((await stored(id)).minutes).toBeCloseTo(5_002, 0));
      await service.request('POST', `/parallel/executions/${id}/cancel`, {});
    });

    /** Minutes that are left by the table. */
    async function stored(id: string): Promise<{ minutes: number; metrics: object }> {
      const [row] = await query<{ minutes: number; metrics: object }>(
        service,
        `select extract(epoch from estimated_completion_time - now())::float8 / 60 as minutes,
                performance_metrics as metrics
         from parallel_executions where execution_id = $1 and overall_status = 'running'`,
        [id],
      );
      return row!;
    }
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
