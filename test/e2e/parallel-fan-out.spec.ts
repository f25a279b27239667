import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';
import { ParallelClient, query, task } from './parallel-client.js';

const ITEMS = 5_000;

interface Gathered {
  results: unknown[];
  failed: { index: number; error: string }[];
}

describe('dynamic fan-out', () => {
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

  const output = async (execution_id: string, task_id: string): Promise<Gathered> => {
    const [row] = await query<{ output_data: Gathered }>(
      service,
      'select output_data from task_executions where execution_id = $1 and task_id = $2',
      [execution_id, task_id],
    );
    return row!.output_data;
  };
  /** Works on everything there is, item by item as `of` says: a result, or the text of an error. */
  async function work(of: (n: number) => object | string, at_a_time = 500): Promise<number> {
    let most = 0;
    for (;;) {
      const claimed = await client.claim([type], { max_tasks: at_a_time, lock_seconds: 600 });
      if (claimed.length === 0) return most;
      most = Math.max(most, claimed.length);
      const good: object[] = [];
      for (const one of claimed) {
        const { task_execution_id, lock_token, input_data } = one;
        const result = of(input_data['index'] as number);
        if (typeof result === 'string') {
          await client.answer('fail', one, { error_message: result, retryable: false });
        } else {
          good.push({ task_execution_id, lock_token, output_data: result });
        }
      }
      if (good.length > 0) {
        await service.request('POST', '/parallel/tasks/complete', { tasks: good });
      }
    }
  }

  it('works on 5,000 items, and gives their results in the order of the list', async () => {
    const started = performance.now();
    const id = await client.start(
      [
        task('square', {
          task_type: type,
          for_each: { items: `for n in 1..${ITEMS} return n`, item_name: 'n' },
        }),
      ],
      { load_balancing: { max_concurrent_tasks: 1_000 } },
    );
    const claimed = await client.claim([type], { max_tasks: 1 });
    expect(claimed[0]).toMatchObject({ task_id: 'square:0', input_data: { n: 1, index: 0 } });
    await client.answer('complete', claimed[0]!, { output_data: { square: 1 } });
    await work((index) => ({ square: (index + 1) ** 2 }));
    const execution = await client.ended(id, 60_000);
    expect(execution).toMatchObject({
      overall_status: 'completed',
      total_tasks: ITEMS + 1,
      tasks_completed: ITEMS + 1,
    });
    const { results, failed } = await output(id, 'square');
    expect(results).toEqual(Array.from({ length: ITEMS }, (_, n) => ({ square: (n + 1) ** 2 })));
    expect(failed).toEqual([]);
    expect(performance.now() - started).toBeLessThan(60_000);
  }, 90_000);

  it('goes on with failures that are tolerated, and says which', async () => {
    const each = { items: 'for n in 1..10 return n', tolerated_failure_percentage: 20 };
    const id = await client.start(
      [
        task('t', { task_type: type, for_each: each, max_retry_attempts: 0 }),
        task('after', { task_type: `${type}-after`, dependencies: ['t'] }),
      ],
      { failure_strategy: 'fail_fast', load_balancing: { max_concurrent_tasks: 20 } },
    );
    await work((index) => (index === 3 || index === 7 ? `no ${index}` : { index }));
    const [after] = await client.claim([`${type}-after`], { wait_seconds: 20 });
    await client.answer('complete', after!);
    expect((await client.ended(id)).overall_status).toBe('completed');
    const { results, failed } = await output(id, 't');
    expect(failed).toEqual([
      { index: 3, error: 'no 3' },
      { index: 7, error: 'no 7' },
    ]);
    expect(results.map((result) => result !== null)).toEqual(
      Array.from({ length: 10 }, (_, n) => n !== 3 && n !== 7),
    );
  });

  it('fails with more, and what depends on it is skipped', async () => {
    const each = { items: '["a", "b", "c"]', tolerated_failures: 1 };
    const id = await client.start([
      task('t', { task_type: type, for_each: each, max_retry_attempts: 0 }),
      task('after', { task_type: type, dependencies: ['t'] }),
    ]);
    await work((index) => (index === 1 ? { index } : 'no'));
    expect((await client.ended(id)).overall_status).toBe('partially_completed');
    expect(await client.statuses(id)).toMatchObject({ t: 'failed', after: 'skipped' });
  });

  it('takes no more items at a time than it is told', async () => {
    const each = { items: 'for n in 1..9 return n', max_concurrency: 2 };
    const id = await client.start([task('t', { task_type: type, for_each: each })], {
      load_balancing: { max_concurrent_tasks: 20 },
    });
    expect(await work(() => ({}))).toBe(2);
    expect((await client.ended(id)).overall_status).toBe('completed');
  });

  it('goes on beside a slow item, in the order of the list', async () => {
    const each = { items: 'for n in 1..9 return n', max_concurrency: 2 };
    const id = await client.start([task('t', { task_type: type, for_each: each })], {
      load_balancing: { max_concurrent_tasks: 20 },
    });
    const [slow] = await client.claim([type], { lock_seconds: 600 });
    const others: string[] = [];
    for (;;) {
      const claimed = await client.claim([type], { max_tasks: 9, lock_seconds: 600 });
      if (claimed.length === 0) break;
      expect(claimed).toHaveLength(1);
      others.push(claimed[0]!.task_id);
      await client.answer('complete', claimed[0]!);
    }
    expect(slow!.task_id).toBe('t:0');
    expect(others).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((index) => `t:${index}`));
    await client.answer('complete', slow!);
    expect((await client.ended(id)).overall_status).toBe('completed');
  });

  it('takes up the rest of a list again, as many at a time as before', async () => {
    const each = { items: 'for n in 1..6 return n', max_concurrency: 2 };
    // of no step's work: that is not retried
    const steps = [{ step_id: 'p', step_name: 'P', step_type: 'user_task', order_sequence: 1 }];
    const own = await ParallelClient.of(service, steps);
    const id = await own.start([task('t', { task_type: type, for_each: each })], {
      load_balancing: { max_concurrent_tasks: 20 },
    });
    const [, second] = await client.claim([type], { max_tasks: 9 });
    await client.answer('complete', second!);
    await service.request('POST', `/parallel/executions/${id}/cancel`, { reason: 'a break' });
    await service.request('POST', `/parallel/executions/${id}/retry`, {});
    const again = await client.claim([type], { max_tasks: 9, wait_seconds: 20 });
    expect(again.map(({ task_id }) => task_id)).toEqual(['t:0', 't:2']);
    expect(await client.statuses(id)).toMatchObject({ 't:1': 'completed', 't:3': 'pending' });
  });

  describe('that has failed', () => {
    const LIST = { items: 'for n in 1..6 return n', max_concurrency: 2 };
    /** Six items were worked on, of which the last two have succeeded. */
    async function failing(failure_strategy: string, others: object[] = []): Promise<string> {
      const steps = [{ step_id: 'p', step_name: 'P', step_type: 'user_task', order_sequence: 1 }];
      const own = await ParallelClient.of(service, steps);
      const id = await own.start(
        [
          task('t', { task_type: type, for_each: LIST, max_retry_attempts: 0 }),
          task('after', { task_type: `${type}-after`, dependencies: ['t'] }),
          ...others.map((more, n) => task(`other-${n}`, { ...more })),
        ],
        { load_balancing: { max_concurrent_tasks: 20 }, failure_strategy },
      );
      for (let done = 0; done < 6;) {
        const claimed = await client.claim([type], { max_tasks: 9, wait_seconds: 20 });
        done += claimed.length;
        for (const one of claimed) {
          const { index } = one.input_data as { index: number };
          if (index < 4) await client.answer('fail', one, { error_message: 'x', retryable: false });
          else await client.answer('complete', one, { output_data: { index } });
        }
      }
      return id;
    }
    const retryIncident = (id: string): Promise<void> =>
      eventually(async () => {
        const { body } = await service.request<{ items: { incident_id: string }[] }>(
          'GET',
          `/parallel/incidents?execution_id=${id}&status=open`,
        );
        expect(body.items).toHaveLength(1);
        const at = `/parallel/incidents/${body.items[0]?.incident_id}/retry`;
        expect((await service.request('POST', at, {})).status).toBe(200);
      });
    /** What had failed runs again and succeeds; nothing else does. */
    async function theRestSucceeds(id: string): Promise<void> {
      const again = await client.claim([type], { max_tasks: 9, wait_seconds: 20 });
      expect(again.map(({ task_id, attempt }) => [task_id, attempt])).toEqual([
        ['t:0', 1],
        ['t:1', 1],
      ]);
      for (const one of again) await client.answer('complete', one, { output_data: { again: 1 } });
      expect(await work(() => ({ again: 1 }))).toBe(2);
      const [after] = await client.claim([`${type}-after`], { wait_seconds: 20 });
      await client.answer('complete', after!);
      expect(await client.ended(id)).toMatchObject({
        overall_status: 'completed',
        tasks_completed: 8,
        tasks_failed: 0,
      });
      expect(await output(id, 't')).toEqual({
        results: [...Array.from({ length: 4 }, () => ({ again: 1 })), { index: 4 }, { index: 5 }],
        failed: [],
      });
    }

    it.each(['fail_fast', 'partial_success'])(
      'runs its failed items again with its incident, under %s',
      async (failure_strategy) => {
        const id = await failing(failure_strategy);
        await client.ended(id);
        await retryIncident(id);
        await theRestSucceeds(id);
      },
    );

    it('runs its failed items again with its incident, while the execution runs', async () => {
      const id = await failing('partial_success', [{ task_type: 'nobody' }]);
      await retryIncident(id);
      expect(await client.read(id)).toMatchObject({ tasks_completed: 2, tasks_failed: 0 });
      expect(await client.statuses(id)).toMatchObject({
        ...{ 't:0': 'ready', 't:1': 'ready', 't:2': 'pending', 't:4': 'completed' },
        ...{ t: 'pending', after: 'pending' },
      });
    });

    it('runs its failed items again with its execution', async () => {
      const id = await failing('partial_success');
      await client.ended(id);
      await service.request('POST', `/parallel/executions/${id}/retry`);
      await theRestSucceeds(id);
    });

    it('runs its failed items again in a round of retry_all', async () => {
      await theRestSucceeds(await failing('retry_all'));
    });
  });

  it('fills its list in from the instance, for a step of a workflow', async () => {
    const handler = { type: 'notification', channel: 'log', to: '{{ line.to }}', message: 'x' };
    const steps = [
      {
        step_id: 'tell',
        step_name: 'Tell all',
        step_type: 'parallel',
        order_sequence: 1,
        parallel: {
          tasks: [task('each', { handler, for_each: { items: 'order.lines', item_name: 'line' } })],
        },
      },
    ];
    const own = await ParallelClient.of(service, steps);
    const { body } = await service.request<{ instance_id: string }>(
      'POST',
      `/workflows/${own.workflow_id}/instances`,
      { data: { order: { lines: [{ to: 'ann' }, { to: 'bob' }] } } },
    );
    const [execution] = await query<{ execution_id: string }>(
      service,
      'select execution_id from parallel_executions where instance_id = $1',
      [body.instance_id],
    );
    expect((await own.ended(execution!.execution_id)).overall_status).toBe('completed');
    const rows = await query<{ recipient: string }>(
      service,
      `select handler ->> 'to' as recipient from task_executions
       where execution_id = $1 and fan_out_of = 'each' order by item_index`,
      [execution!.execution_id],
    );
    expect(rows.map(({ recipient }) => recipient)).toEqual(['ann', 'bob']);
  });

  it('says what is wrong with a list, before or when it is made', async () => {
    const refused = await client.execute<{ errors: { pointer: string }[] }>([
      task('t', { for_each: { items: '[1,' } }),
      task('u', { for_each: { items: '[1]', item_name: 'index' } }),
    ]);
    expect(refused.status).toBe(400);
    expect(refused.body.errors.map(({ pointer }) => pointer)).toEqual([
      '/tasks/0/for_each/items',
      '/tasks/1/for_each/index_name',
    ]);
    const id = await client.start([task('t', { for_each: { items: '17' } })]);
    expect((await client.ended(id)).overall_status).toBe('failed');
    const [row] = await query<{ error_message: string }>(
      service,
      'select error_message from task_executions where execution_id = $1',
      [id],
    );
    expect(row!.error_message).toBe('for_each gave no list but 17.');
  });
});
