import { eventually } from '../support/eventually.js';
import { type Answer, type Service, startService } from '../support/service.js';

interface InstanceBody {
  status: string;
  outcome: string | null;
  current_step_id: string | null;
  end_reason: string | null;
  data: Record<string, unknown>;
  steps: {
    step_id: string;
    status: string;
    outcome: string | null;
    error_message: string | null;
  }[];
}

describe('instances', () => {
  let service: Service;
  let number = 0;

  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  async function define(steps: Record<string, unknown>[], more = {}): Promise<string> {
    number += 1;
    const { status, body } = await service.request<{ workflow_id: string }>(
      'POST',
      '/multi-step/create',
      {
        workflow_name: `Workflow ${number}`,
        category: 'test',
        steps: steps.map((step, index) => ({
          step_name: String(step['step_id']),
          step_type: 'user_task',
          order_sequence: index + 1,
          ...step,
        })),
        ...more,
      },
    );
    if (status !== 201) throw new Error(JSON.stringify(body));
    return `/workflows/${body.workflow_id}/instances`;
  }

  const post = (
    path: string,
    body: unknown = {},
  ): Promise<Answer<InstanceBody & { code?: string }>> => service.request('POST', path, body);
  const read = async (path: string): Promise<InstanceBody> =>
    (await service.request<InstanceBody>('GET', path)).body;

  it('take an object or nothing for what they are about, null neither', async () => {
    const instances = await define([{ step_id: 'a' }, { step_id: 'b', step_type: 'approval' }]);
    const refusal = (field: string) => ({
      status: 400,
      body: { errors: [{ pointer: `/${field}` }] },
    });
    const started = await post(instances, { workflow_instance_id: 'n', data: null });
    expect(started).toMatchObject(refusal('data'));
    await post(instances, { workflow_instance_id: 'n' });
    const steps = `${instances}/n/steps`;
    const nothing = { output_data: null };
    expect(await post(`${steps}/a/complete`, nothing)).toMatchObject(refusal('output_data'));
    await post(`${steps}/a/complete`);
    expect(await post(`${steps}/b/approve`, nothing)).toMatchObject(refusal('output_data'));
  });

  it('are listed by status, page after page, newest first', async () => {
    const instances = await define([{ step_id: 'a' }]);
    for (const id of ['i1', 'i2', 'i3', 'i4', 'i5']) {
      await post(instances, { workflow_instance_id: id });
    }
    await post(`${instances}/i3/steps/a/complete`);
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await service.request<{
        items: { workflow_instance_id: string }[];
        next_cursor: string | null;
      }>('GET', `${instances}?status=running&limit=2${cursor}`);
      seen.push(...body.items.map((item) => item.workflow_instance_id));
      cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`;
    } while (cursor !== '');
    expect(seen).toEqual(['i5', 'i4', 'i2', 'i1']);
  });

  it('complete a step once, however many try at the same time', async () => {
    const instances = await define([{ step_id: 'a' }, { step_id: 'b' }]);
    await post(instances, { workflow_instance_id: 'i' });
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        post(`${instances}/i/steps/a/complete`, { output_data: { winner: index } }),
      ),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array<number>(9).fill(409)]);
    const winner = answers.findIndex(({ status }) => status === 200);
    expect(await read(`${instances}/i`)).toMatchObject({ current_step_id: 'b', data: { winner } });
  });

  it('are started once under one name, however many try at the same time', async () => {
    const instances = await define([{ step_id: 'a' }]);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => post(instances, { workflow_instance_id: 'same' })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([
      201,
      ...Array<number>(7).fill(409),
    ]);
  });

  it('run an automated step by its handler and go on', async () => {
    const instances = await define([
      { step_id: 'work', step_type: 'automated', handler: { type: 'delay', duration_ms: 0 } },
      { step_id: 'check' },
    ]);
    await post(instances, { workflow_instance_id: 'i' });
    await eventually(async () => {
      expect(await read(`${instances}/i`)).toMatchObject({ current_step_id: 'check' });
    });
  });

  it('take up the result of work that ended while they were suspended', async () => {
    const instances = await define([
      { step_id: 'work', step_type: 'automated', conditions: { task_type: 'suspended_work' } },
      { step_id: 'check' },
    ]);
    await post(instances, { workflow_instance_id: 'i' });
    const { body } = await service.request<{
      tasks: { task_execution_id: string; lock_token: string; execution_id: string }[];
    }>('POST', '/parallel/tasks/claim', {
      worker_id: 'w',
      task_types: ['suspended_work'],
      wait_seconds: 10,
    });
    const [task] = body.tasks;
    if (!task) throw new Error('The worker got no task.');
    expect((await post(`${instances}/i/suspend`, { reason: 'audit' })).body.status).toBe(
      'suspended',
    );
    await post(`/parallel/tasks/${task.task_execution_id}/complete`, {
      lock_token: task.lock_token,
      output_data: { result: 42 },
    });
    await eventually(async () => {
      const execution = await service.request('GET', `/parallel/executions/${task.execution_id}`);
      expect(execution.body).toMatchObject({ overall_status: 'completed' });
    });
    expect(await read(`${instances}/i`)).toMatchObject({
      status: 'suspended',
      current_step_id: 'work',
    });
    expect((await post(`${instances}/i/steps/work/complete`)).status).toBe(409);
    await post(`${instances}/i/resume`);
    await eventually(async () => {
      expect(await read(`${instances}/i`)).toMatchObject({
        status: 'running',
        current_step_id: 'check',
      });
    });
  });

  it('fail with the error of a step whose work failed for good', async () => {
    const instances = await define([
      { step_id: 'work', step_type: 'automated', conditions: { task_type: 'failing_work' } },
    ]);
    await post(instances, { workflow_instance_id: 'i' });
    const { body } = await service.request<{
      tasks: { task_execution_id: string; lock_token: string }[];
    }>('POST', '/parallel/tasks/claim', {
      worker_id: 'w',
      task_types: ['failing_work'],
      wait_seconds: 10,
    });
    const [task] = body.tasks;
    if (!task) throw new Error('The worker got no task.');
    await post(`/parallel/tasks/${task.task_execution_id}/fail`, {
      lock_token: task.lock_token,
      error_message: 'the account is closed',
      retryable: false,
    });
    await eventually(async () => {
      expect(await read(`${instances}/i`)).toMatchObject({
        status: 'failed',
        end_reason: expect.stringContaining('the account is closed') as unknown,
      });
    });
  });

  it('stop their work when they are cancelled', async () => {
    const instances = await define([
      { step_id: 'work', step_type: 'automated', conditions: { task_type: 'cancelled_work' } },
    ]);
    await post(instances, { workflow_instance_id: 'i' });
    const cancelled = await post(`${instances}/i/cancel`, { reason: 'withdrawn' });
    expect(cancelled.body).toMatchObject({
      status: 'cancelled',
      end_reason: 'withdrawn',
      steps: [{ status: 'cancelled' }],
    });
    const { body } = await service.request<{ tasks: unknown[] }>('POST', '/parallel/tasks/claim', {
      worker_id: 'w',
      task_types: ['cancelled_work'],
    });
    expect(body.tasks).toEqual([]);
  });

  it.each(['user_task', 'automated'])('time out as a whole at a %s', async (step_type) => {
    const steps = [{ step_id: 'a', step_type }];
    const instances = await define(steps, { global_timeout_hours: 0.0003 });
    await post(instances, { workflow_instance_id: 'i' });
    await eventually(
      async () => {
        expect(await read(`${instances}/i`)).toMatchObject({ status: 'timed_out' });
      },
      { timeout_ms: 15_000 },
    );
  });

  it('escalate a step that is not completed in time', async () => {
    const instances = await define([{ step_id: 'a', auto_escalation_hours: 0.0003 }]);
    await post(instances, { workflow_instance_id: 'i' });
    await eventually(
      async () => {
        const { body } = await service.request<{ items: { event_type: string }[] }>(
          'GET',
          `${instances}/i/history`,
        );
        expect(body.items.map(({ event_type }) => event_type)).toContain('step_escalated');
      },
      { timeout_ms: 15_000 },
    );
    expect(await read(`${instances}/i`)).toMatchObject({ status: 'running', current_step_id: 'a' });
  });

  it('stay on their version when the workflow gets a new one', async () => {
    const instances = await define([{ step_id: 'a' }, { step_id: 'b' }]);
    await post(instances, { workflow_instance_id: 'old' });
    const workflow = instances.replace('/instances', '');
    const { headers } = await service.request('GET', workflow);
    const replaced = await service.request(
      'PUT',
      workflow,
      {
        workflow_name: `Workflow ${number}`,
        category: 'test',
        version: '2.0',
        steps: [{ step_id: 'z', step_name: 'Z', step_type: 'user_task', order_sequence: 1 }],
      },
      { 'if-match': headers.get('etag') ?? '' },
    );
    expect(replaced.status).toBeLessThan(300);
    expect((await post(`${instances}/old/steps/a/complete`)).body).toMatchObject({
      version_number: 1,
      current_step_id: 'b',
    });
    expect((await post(instances, { workflow_instance_id: 'new' })).body).toMatchObject({
      version_number: 2,
      current_step_id: 'z',
    });
  });

  it('have one effect for one Idempotency-Key', async () => {
    const instances = await define([{ step_id: 'a' }]);
    const once = { 'idempotency-key': 'start-once' };
    const first = await service.request('POST', instances, {}, once);
    const again = await service.request('POST', instances, {}, once);
    expect(again).toMatchObject({ status: first.status, body: first.body });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const { body } = await service.request<{ items: unknown[] }>('GET', instances);
    expect(body.items).toHaveLength(1);
  });
});
