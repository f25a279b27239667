import { eventually } from '../support/eventually.js';
import { describeOnBothQueues } from '../support/queues.js';
import { type Answer, type Service, startService } from '../support/service.js';
import {
  type Fault,
  idOf,
  modificationClient,
  type Modified,
  upload,
} from './modification-client.js';

describeOnBothQueues('after a modification', (queue) => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({ queue, env: { MONITORING_INTERVAL_SECONDS: '1' } });
  });
  afterAll(() => service.stop());

  const { step, workflow, start, read, definition, modify, follow, moved } = modificationClient(
    () => service,
  );

  it('rolls back gracefully: instances finish where they are; never past a later change', async () => {
    const workflow_id = await workflow();
    const first = await modify(workflow_id, { type: 'add_step', steps: [upload] });
    const instance = await start(workflow_id);
    const second = await modify(workflow_id, {
      type: 'update_timeout',
      globals: { global_timeout_hours: 9 },
    });
    expect(await follow('rollback', idOf(first))).toMatchObject({
      status: 409,
      body: { code: 'modification_not_reversible', current_modification_id: idOf(second) },
    });
    await follow('rollback', idOf(second));
    expect(await follow('rollback', idOf(first))).toMatchObject({
      status: 200,
      body: { change_tracking: { rollback: { status: 'completed' } } },
    });
    expect(await read(instance)).toMatchObject({ version_number: 2 });
    expect(await read(await start(workflow_id))).toMatchObject({ version_number: 1 });
  });

  it('rolls back at a time', async () => {
    const workflow_id = await workflow();
    const id = idOf(await modify(workflow_id, { type: 'add_step', steps: [upload] }));
    const at = (ms: number): string => new Date(Date.now() + ms).toISOString();
    const late = await follow('rollback', id, { strategy: 'scheduled', scheduled_at: at(-1_000) });
    expect(late).toMatchObject({ status: 400 });
    const planned = await follow('rollback', id, {
      strategy: 'scheduled',
      scheduled_at: at(1_500),
    });
    expect(planned.body.change_tracking.rollback).toMatchObject({ status: 'scheduled' });
    expect(planned.body.modification_result.status).toBe('applied');
    await eventually(async () => {
      const { body: now } = await service.request('GET', `/dynamic/status/${id}`);
      expect(now).toMatchObject({ modification_result: { status: 'rolled_back' } });
    });
  });

  it('takes named instances past a step in an emergency, and changes no definition', async () => {
    const workflow_id = await workflow();
    const [one, other] = [await start(workflow_id, 'request'), await start(workflow_id, 'request')];
    const bypass = (workflow_instance_ids: unknown): Promise<Answer<Modified>> =>
      modify(workflow_id, {
        type: 'emergency_bypass',
        steps: [{ step_id: 'approve' }],
        globals: { workflow_instance_ids },
        asked: { emergency_change: true },
      });
    expect(await bypass(['nobody'])).toMatchObject({
      status: 400,
      body: {
        errors: [{ pointer: '/workflow_modification/global_changes/workflow_instance_ids/0' }],
      },
    });
    const answer = await bypass([one.split('/').at(-1)]);
    expect(answer).toMatchObject({ status: 200, body: { change_tracking: { to_version: null } } });
    await moved(idOf(answer));
    const passed = await read(one);
    expect(passed).toMatchObject({ version_number: 1, current_step_id: 'file' });
    expect(passed.steps[1]).toMatchObject({ step_id: 'approve', outcome: 'bypassed' });
    const history = await service.request<{ items: object[] }>('GET', `${one}/history`);
    expect(history.body.items).toContainEqual(
      expect.objectContaining({
        event_type: 'step_completed',
        payload: expect.objectContaining({
          ...{ step_id: 'approve', outcome: 'bypassed' },
          reason: 'Because the process has to change.',
        }) as unknown,
      }),
    );
    expect(await read(other)).toMatchObject({ current_step_id: 'approve' });
    expect(await follow('rollback', idOf(answer))).toMatchObject({ status: 409 });
  });

  it('watches an applied change and takes it back by itself when it does harm', async () => {
    const workflow_id = await workflow({ steps: [step('work', 1)], routing_rules: [] });
    const asked = {
      type: 'add_step',
      steps: [
        {
          step_id: 'call',
          new_configuration: {
            step_name: 'Call',
            step_type: 'automated',
            handler: { type: 'http', method: 'GET', url: 'http://127.0.0.1:9/' },
          },
        },
      ],
      globals: { retry_configuration: { max_attempts: 1 } },
      auto_rollback_conditions: { error_rate_percentage: 50, minimum_ended: 2 },
    };
    const id = idOf(await modify(workflow_id, asked));
    await Promise.all([start(workflow_id, 'work'), start(workflow_id, 'work')]);
    const seen = await eventually(
      async () => {
        const answer = await service.request<{ observations: unknown[] }>(
          'GET',
          `/dynamic/monitoring/${id}`,
        );
        expect(answer.body).toMatchObject({ status: 'rolled_back', monitoring_active: false });
        return answer.body;
      },
      { timeout_ms: 30_000 },
    );
    expect(seen).toMatchObject({
      rollback_reason: expect.stringContaining('error_rate_percentage is 100, above 50') as unknown,
      observations: expect.arrayContaining([
        expect.objectContaining({
          breached: [expect.objectContaining({ condition: 'error_rate_percentage' })],
        }),
      ]) as unknown,
    });
    expect(await definition(workflow_id)).toMatchObject({ steps: [{ step_id: 'work' }] });
  });

  it('routes differently for a while', async () => {
    const tasks = ['request', 'check', 'close'].map((step_id, index) => ({
      step_id,
      step_name: step_id,
      step_type: 'user_task',
      order_sequence: index + 1,
    }));
    const workflow_id = await workflow({ steps: tasks, approval_hierarchies: [] });
    const instance = await start(workflow_id);
    const override = (more: object): Promise<Answer<{ routing_id: string; errors?: Fault[] }>> =>
      service.request('POST', '/dynamic/routing-overrides', {
        workflow_id,
        condition_expression: 'true',
        target_step_id: 'close',
        source_step_id: 'request',
        ...more,
      });
    const wrong = await override({ condition_expression: 'a >', target_step_id: 'nope' });
    expect(wrong.body.errors?.map(({ pointer }) => pointer)).toEqual([
      '/condition_expression',
      '/target_step_id',
    ]);
    const made = await override({ expiry_time: new Date(Date.now() + 60_000).toISOString() });
    expect(made).toMatchObject({ status: 201, body: { is_active: true, is_temporary: true } });
    expect(await override({})).toMatchObject({ status: 409, body: { code: 'rule_exists' } });
    await service.request('POST', `${instance}/steps/request/complete`, {});
    expect(await read(instance)).toMatchObject({ version_number: 1, current_step_id: 'close' });
    const path = `/dynamic/routing-overrides/${made.body.routing_id}`;
    expect(await service.request('DELETE', path)).toMatchObject({
      status: 200,
      body: { is_active: false },
    });
    expect(await service.request('DELETE', path)).toMatchObject({ status: 404 });
    expect(await read(await start(workflow_id, 'request'))).toMatchObject({
      current_step_id: 'check',
    });
    const listed = await service.request(
      'GET',
      `/dynamic/routing-overrides?workflow_id=${workflow_id}&is_active=false`,
    );
    expect(listed.body).toMatchObject({ items: [{ routing_id: made.body.routing_id }] });

    // and it is over by itself
    const expiry = Date.now() + 1_500;
    const soon = await override({ expiry_time: new Date(expiry).toISOString() });
    await eventually(async () => {
      const { body: page } = await service.request<{ items: { routing_id: string }[] }>(
        'GET',
        `/dynamic/routing-overrides?workflow_id=${workflow_id}&is_active=true`,
      );
      expect(page.items).toEqual([]);
    });
    expect(Date.now()).toBeGreaterThanOrEqual(expiry);
    expect(soon).toMatchObject({ status: 201, body: { is_active: true } });
    expect(await read(await start(workflow_id, 'request'))).toMatchObject({
      current_step_id: 'check',
    });
  });

  it('routes nobody past an approval, unless to another', async () => {
    const workflow_id = await workflow();
    const override = (more: object): Promise<Answer<object>> =>
      service.request('POST', '/dynamic/routing-overrides', {
        workflow_id,
        condition_expression: 'true',
        ...more,
      });
    const passing = { status: 409, body: { code: 'override_passes_approval' } };
    expect(await override({ target_step_id: 'file' })).toMatchObject(passing);
    const jump = { source_step_id: 'request', target_step_id: 'close' };
    expect(await override(jump)).toMatchObject(passing);
    const after = { source_step_id: 'approve', target_step_id: 'close' };
    expect(await override(after)).toMatchObject({ status: 201 });
    expect(await override({ target_step_id: 'approve' })).toMatchObject({ status: 201 });
  });
});
