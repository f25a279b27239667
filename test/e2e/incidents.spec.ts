import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';
import { ParallelClient, type Problem, task } from './parallel-client.js';

interface Incident {
  incident_id: string;
  kind: string;
  status: string;
  task_id: string | null;
  error_message: string;
  [field: string]: unknown;
}

const PEOPLE = [{ step_id: 'p', step_name: 'P', step_type: 'user_task', order_sequence: 1 }];

describe('incidents', () => {
  let service: Service;
  let client: ParallelClient;
  let type: string;
  beforeAll(async () => {
    service = await startService();
    client = await ParallelClient.of(service, PEOPLE);
  });
  beforeEach(() => {
    type = `type-${crypto.randomUUID()}`;
  });
  afterAll(() => service.stop());

  const list = async (query: string): Promise<Incident[]> =>
    (await service.request<{ items: Incident[] }>('GET', `/parallel/incidents?${query}`)).body
      .items;
  const resolve = (incident: Incident | undefined, how: string, body: object = {}) =>
    service.request<Incident & Problem>(
      'POST',
      `/parallel/incidents/${incident?.incident_id}/${how}`,
      body,
    );
  async function failNext(task_type = type): Promise<void> {
    const [claimed] = await client.claim([task_type], { wait_seconds: 5 });
    const answer = { error_message: 'registry refused: E_503', retryable: false };
    await client.answer('fail', claimed!, answer);
  }
  async function completeNext(task_type = type): Promise<string> {
    const [claimed] = await client.claim([task_type], { wait_seconds: 5 });
    await client.answer('complete', claimed!, { output_data: { by: 'worker' } });
    return claimed!.task_id;
  }

  it('are raised by a task out of attempts, found by what they are about, and retried while the execution runs', async () => {
    const id = await client.start([
      task('a', { task_type: type, input_data: { n: 1 } }),
      task('b', { task_type: type, dependencies: ['a'] }),
      task('open', { task_type: 'nobody' }),
    ]);
    await failNext();
    const [incident, ...others] = await list(`task_type=${type}`);
    expect(others).toEqual([]);
    expect(incident).toMatchObject({
      kind: 'task_failed',
      status: 'open',
      execution_id: id,
      task_id: 'a',
      attempts: 1,
      error_code: 'worker_failed',
      error_message: 'registry refused: E_503',
    });
    for (const query of [
      `execution_id=${id}&status=open`,
      `task_type=${type}&search=refused:%20e_5`,
      `task_type=${type}&error_code=worker_failed&kind=task_failed&workflow_id=${client.workflow_id}`,
      `task_type=${type}&created_from=2020-01-01T00:00:00Z`,
    ]) {
      expect(await list(query)).toHaveLength(1);
    }
    for (const query of ['search=100%25', 'status=retried', 'created_to=2020-01-01T00:00:00Z']) {
      expect(await list(`task_type=${type}&${query}`)).toEqual([]);
    }
    const read = await service.request('GET', `/parallel/incidents/${incident?.incident_id}`);
    expect(read.body).toMatchObject({
      overall_status: 'running',
      task: { status: 'failed', input_data: { n: 1 } },
      error: { code: 'worker_failed' },
    });
    const retried = await resolve(incident, 'retry', { note: 'it answers again' });
    expect(retried.body).toMatchObject({ status: 'retried', note: 'it answers again' });
    expect((await client.statuses(id)).b).toBe('pending');
    const again = await resolve(incident, 'retry');
    expect([again.status, again.body.code]).toEqual([409, 'incident_resolved']);
    expect([await completeNext(), await completeNext()]).toEqual(['a', 'b']);
  });

  it('open an execution that has ended again, or complete its task by hand', async () => {
    const id = await client.start(
      [task('a', { task_type: type }), task('b', { task_type: type, dependencies: ['a'] })],
      { failure_strategy: 'fail_fast' },
    );
    await failNext();
    expect((await client.ended(id)).overall_status).toBe('failed');
    expect((await resolve((await list(`task_type=${type}`))[0], 'retry')).status).toBe(200);
    await failNext();
    const open = await list(`task_type=${type}&status=open`);
    expect(open).toHaveLength(1);
    await resolve(open[0], 'skip', { output_data: { cleared: true } });
    expect(await completeNext()).toBe('b');
    expect(await client.ended(id)).toMatchObject({
      overall_status: 'completed',
      tasks_completed: 2,
      tasks_failed: 0,
    });
  });

  it('leave a synchronization point that was reached as it is', async () => {
    const id = await client.start(
      [task('a', { task_type: type }), task('b', { task_type: type })],
      {
        failure_strategy: 'partial_success',
        synchronization_points: [
          {
            sync_id: 'one-failed',
            sync_name: 'One failed',
            sync_type: 'conditional_join',
            required_tasks: ['a', 'b'],
            condition_expression: 'count(failed) = 1',
          },
        ],
      },
    );
    await failNext();
    await completeNext();
    expect((await client.ended(id)).overall_status).toBe('partially_completed');
    await resolve((await list(`task_type=${type}`))[0], 'retry');
    await completeNext();
    expect((await client.ended(id)).overall_status).toBe('completed');
  });

  it('fail the execution when they are given up', async () => {
    const id = await client.start([
      task('a', { task_type: type }),
      task('open', { task_type: 'nobody' }),
    ]);
    await failNext();
    const answer = await resolve((await list(`task_type=${type}`))[0], 'fail', {
      note: 'too late',
    });
    expect(answer.body).toMatchObject({ status: 'failed', overall_status: 'failed' });
    expect(await client.statuses(id)).toEqual({ a: 'failed', open: 'cancelled' });
  });

  it('are closed when their execution is cancelled or retried as a whole', async () => {
    const tasks = [task('a', { task_type: type }), task('open', { task_type: 'nobody' })];
    const cancelled = await client.start(tasks);
    await failNext();
    await service.request('POST', `/parallel/executions/${cancelled}/cancel`, {});
    expect((await list(`task_type=${type}`)).map(({ status }) => status)).toEqual(['cancelled']);
    const retried = await client.start([tasks[0]!]);
    await failNext();
    await client.ended(retried);
    await service.request('POST', `/parallel/executions/${retried}/retry`);
    expect((await list(`execution_id=${retried}`)).map(({ status }) => status)).toEqual([
      'retried',
    ]);
  });

  describe('of an instance that does not run', () => {
    let at: string;
    let id: string;
    /** An execution that failed beside the steps of an instance. */
    beforeEach(async () => {
      const { workflow_id } = client;
      const workflow_instance_id = crypto.randomUUID();
      at = `/workflows/${workflow_id}/instances/${workflow_instance_id}`;
      id = await client.start([task('a', { task_type: type })], { workflow_instance_id });
      await failNext();
      await client.ended(id);
    });
    const retryAll = async (): Promise<object> => {
      const filter = { task_type: type };
      const { body } = await service.request('POST', '/parallel/incidents/retry', { filter });
      const batch = `/parallel/incidents/batches/${String(body.batch_id)}`;
      return eventually(async () => {
        const { body: read } = await service.request<object>('GET', batch);
        expect(read).toMatchObject({ status: 'completed' });
        return read;
      });
    };

    it('are taken up again when it has been resumed, and not before', async () => {
      await service.request('POST', `${at}/suspend`, { reason: 'audit' });
      const [incident] = await list(`task_type=${type}`);
      for (const how of ['retry', 'skip']) {
        const refused = await resolve(incident, how);
        expect([refused.status, refused.body.code]).toEqual([409, 'instance_not_running']);
      }
      const whole = await service.request<Problem>('POST', `/parallel/executions/${id}/retry`);
      expect([whole.status, whole.body.code]).toEqual([409, 'instance_not_running']);
      expect(await retryAll()).toMatchObject({
        resolved: 0,
        refused: 1,
        refusals: [{ code: 'instance_not_running' }],
      });
      expect((await list(`task_type=${type}`))[0]).toMatchObject({ status: 'open' });
      await service.request('POST', `${at}/resume`);
      expect((await resolve(incident, 'retry')).status).toBe(200);
      expect(await completeNext()).toBe('a');
    });

    it('are closed when it is cancelled, and nothing of it runs again', async () => {
      await service.request('POST', `${at}/cancel`, { reason: 'withdrawn' });
      const [incident] = await list(`task_type=${type}`);
      expect(incident?.status).toBe('cancelled');
      expect((await resolve(incident, 'retry')).body.code).toBe('incident_resolved');
      const whole = await service.request<Problem>('POST', `/parallel/executions/${id}/retry`);
      expect([whole.status, whole.body.code]).toEqual([409, 'instance_not_running']);
      expect(await client.statuses(id)).toEqual({ a: 'failed' });
    });

    it.each([1, 2, 3, 4])('are not taken up while it is being cancelled, time %i', async () => {
      const [incident] = await list(`task_type=${type}`);
      const [, cancelled] = await Promise.all([
        resolve(incident, 'retry'),
        service.request('POST', `${at}/cancel`, { reason: 'withdrawn' }),
      ]);
      expect(cancelled.status).toBe(200);
      expect(await list(`task_type=${type}&status=open`)).toEqual([]);
      expect(await client.claim([type])).toEqual([]);
      expect((await client.ended(id)).overall_status).toMatch(/^(failed|cancelled)$/);
    });

    it('can only be given up when it has completed', async () => {
      expect((await service.request('POST', `${at}/steps/p/complete`, {})).status).toBe(200);
      const [incident] = await list(`task_type=${type}`);
      expect((await resolve(incident, 'retry')).body.code).toBe('instance_not_running');
      expect((await resolve(incident, 'fail')).body.status).toBe('failed');
    });
  });

  it('are raised once for an automated step that no rule takes, and take the instance up again', async () => {
    const steps = [
      {
        step_id: 'check',
        step_name: 'Check',
        step_type: 'automated',
        order_sequence: 1,
        conditions: { task_type: type },
      },
      { step_id: 'after', step_name: 'After', step_type: 'user_task', order_sequence: 2 },
    ];
    const { workflow_id } = await ParallelClient.of(service, steps);
    const at = `/workflows/${workflow_id}/instances`;
    const instance = async (id: string) => (await service.request('GET', `${at}/${id}`)).body;
    await service.request('POST', at, { workflow_instance_id: 'one' });
    await service.request('POST', at, { workflow_instance_id: 'two' });
    for (let n = 0; n < 2; n += 1) await failNext();
    const raised = await eventually(async () => {
      const found = await list(`workflow_id=${workflow_id}&status=open`);
      expect(found).toHaveLength(2);
      return found;
    });
    expect(raised[0]).toMatchObject({
      kind: 'step_failed',
      step_id: 'check',
      task_type: type,
      error_code: 'worker_failed',
    });
    const of = (id: string) => raised.find((one) => one.workflow_instance_id === id);
    await resolve(of('one'), 'retry');
    expect(await instance('one')).toMatchObject({ status: 'running', current_step_id: 'check' });
    await completeNext();
    await eventually(async () =>
      expect(await instance('one')).toMatchObject({ current_step_id: 'after' }),
    );
    await resolve(of('two'), 'skip', { output_data: { checked: true } });
    expect(await instance('two')).toMatchObject({
      status: 'running',
      current_step_id: 'after',
      data: { checked: true },
    });
  });

  it('are resolved by filter, each for itself, with the result to be read', async () => {
    const ids = await Promise.all(
      Array.from({ length: 30 }, (_, n) => client.start([task(`t${n}`, { task_type: type })])),
    );
    const claimed = await client.claim([type], { max_tasks: 30 });
    const failure = { error_message: 'out of order', retryable: false };
    await Promise.all(claimed.map((one) => client.answer('fail', one, failure)));
    const metrics = await service.request<string>('GET', '/metrics');
    expect(metrics.body).toMatch(/incidents_open\{kind="task_failed"\} \d\d/);
    const pages = await service.request<{ items: Incident[]; next_cursor: string }>(
      'GET',
      `/parallel/incidents?task_type=${type}&limit=20`,
    );
    expect(await list(`task_type=${type}&limit=20&cursor=${pages.body.next_cursor}`)).toHaveLength(
      10,
    );
    const started = await service.request('POST', '/parallel/incidents/skip', {
      filter: { task_type: type },
      output_data: { n: 1 },
    });
    expect([started.status, started.body.matched]).toEqual([202, 30]);
    await eventually(async () => {
      const at = `/parallel/incidents/batches/${String(started.body.batch_id)}`;
      const { body } = await service.request('GET', at);
      expect(body).toMatchObject({ status: 'completed', resolved: 30, refused: 0 });
    });
    for (const id of ids) expect((await client.ended(id)).overall_status).toBe('completed');
    const empty = await service.request<Problem>('POST', '/parallel/incidents/retry', {});
    expect(empty.status).toBe(400);
  });

  it('are not there for who asks for others', async () => {
    const none = { incident_id: crypto.randomUUID() } as Incident;
    expect((await resolve(none, 'retry')).body.code).toBe('incident_not_found');
    const batch = await service.request<Problem>(
      'GET',
      `/parallel/incidents/batches/${crypto.randomUUID()}`,
    );
    expect(batch.body.code).toBe('incident_batch_not_found');
  });
});
