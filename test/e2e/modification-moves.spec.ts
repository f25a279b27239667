import { eventually } from '../support/eventually.js';
import { describeOnBothQueues } from '../support/queues.js';
import { type Service, startService } from '../support/service.js';
import {
  idOf,
  modificationClient,
  type InstanceBody,
  type Modified,
  upload,
} from './modification-client.js';

describeOnBothQueues('instances that a modification moves', (queue) => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({ queue, env: { MONITORING_INTERVAL_SECONDS: '1' } });
  });
  afterAll(() => service.stop());

  const { workflow, start, query, read, definition, body, modify, follow, moved } =
    modificationClient(() => service);

  it('moves running instances, also from a removed step, and rolls both back', async () => {
    const workflow_id = await workflow();
    const before = await definition(workflow_id);
    const atFile = await start(workflow_id, 'request', 'approve');
    const atRequest = await start(workflow_id);
    const gone = { type: 'remove_step', steps: [{ step_id: 'file' }], apply_to: 'all' };
    const asked = await modify(workflow_id, gone);
    expect(asked).toMatchObject({ status: 202 });
    await follow('approve', idOf(asked), { approved_by: 'grace' });
    expect((await moved(idOf(asked))).change_tracking.moves).toMatchObject({ moved: 2, failed: 0 });
    expect(await read(atFile)).toMatchObject({ version_number: 2, current_step_id: 'close' });
    expect(await read(atRequest)).toMatchObject({ version_number: 2, current_step_id: 'request' });

    const fresh = await start(workflow_id);
    const rolledBack = await follow('rollback', idOf(asked), {
      strategy: 'immediate',
      reason: 'It was wrong.',
    });
    expect(rolledBack).toMatchObject({
      status: 200,
      body: { modification_result: { status: 'rolled_back', rollback_available: false } },
    });
    expect((await moved(idOf(asked))).change_tracking).toMatchObject({
      moves: { moved_back: 3 },
      rollback: { status: 'completed', reason: 'It was wrong.' },
    });
    const restored = await definition(workflow_id);
    expect(restored).toEqual(before);
    const [snapshot] = await query<Record<string, unknown>>(
      `select step_configurations as steps, routing_rules, approval_hierarchies,
         workflow_definition -> 'global_timeout_hours' as global_timeout_hours
       from rollback_snapshots where modification_id = $1`,
      idOf(asked),
    );
    expect(restored).toEqual(snapshot);
    expect(await read(atFile)).toMatchObject({ version_number: 1, current_step_id: 'file' });
    expect(await read(atRequest)).toMatchObject({ version_number: 1, current_step_id: 'request' });
    expect(await read(fresh)).toMatchObject({ version_number: 1, current_step_id: 'request' });
    expect(await follow('rollback', idOf(asked))).toMatchObject({
      status: 409,
      body: { code: 'modification_not_reversible' },
    });
  });

  it('sends instances where the mapping says', async () => {
    const workflow_id = await workflow();
    const instance = await start(workflow_id, 'request', 'approve');
    const asked = {
      type: 'add_step',
      steps: [upload],
      apply_to: 'all',
      migration: { step_mapping: { file: 'upload' } },
    };
    const wrong = { ...asked, migration: { step_mapping: { nope: 'upload', file: 'nope' } } };
    expect(await modify(workflow_id, wrong)).toMatchObject({
      status: 400,
      body: {
        errors: [
          { pointer: '/migration/step_mapping/nope' },
          { pointer: '/migration/step_mapping/file' },
        ],
      },
    });
    await moved(idOf(await modify(workflow_id, asked)));
    expect(await read(instance)).toMatchObject({ version_number: 2, current_step_id: 'upload' });
  });

  it('moves those that a filter lets through, with values and deadlines, and restores them', async () => {
    const workflow_id = await workflow({ global_timeout_hours: 100 });
    const [small, large, busy] = await Promise.all([
      start(workflow_id),
      start(workflow_id, 'request', 'approve'),
      start(workflow_id, 'request', 'approve'),
    ]);
    const nameOf = (instance: string): string => instance.split('/').at(-1) ?? '';
    const asked = {
      type: 'modify_step',
      steps: [{ step_id: 'file', new_configuration: { auto_escalation_hours: 2 } }],
      globals: { global_timeout_hours: 50 },
      apply_to: 'filter',
      migration: {
        filter: "instance.step_id = 'file'",
        in_progress: 'cancel',
        values: { country: '"DE"' },
        timers: 'recalculate',
      },
      rollback_strategy: 'immediate',
    };
    const preview = await service.request<{
      instance_fates: { items: object[]; next_cursor: string | null };
    }>('POST', '/dynamic/preview?limit=2', body(workflow_id, asked));
    expect(preview).toMatchObject({ status: 200 });
    expect(preview.body.instance_fates.items).toHaveLength(2);
    const { body: rest } = await service.request<typeof preview.body>(
      'POST',
      `/dynamic/preview?limit=2&cursor=${String(preview.body.instance_fates.next_cursor)}`,
      body(workflow_id, asked),
    );
    const fates = [...preview.body.instance_fates.items, ...rest.instance_fates.items];
    const fate = (instance: string): unknown =>
      expect.objectContaining({ workflow_instance_id: nameOf(instance) });
    expect(fates).toEqual(expect.arrayContaining([small, large, busy].map(fate)));
    expect(fates).toContainEqual(
      expect.objectContaining({ workflow_instance_id: nameOf(small), fate: 'stays' }),
    );

    const rowsOf = () =>
      query<{ data: object; due: string; step: string; version_number: number }>(
        `select w.data, w.due_at as due, w.version_number, w.current_step_id as step, s.due_at as step_due
         from workflow_instances w
         join step_executions s on s.step_execution_id = (w.current_step ->> 'step_execution_id')::uuid
         where w.workflow_id = $1 order by w.instance_id`,
        workflow_id,
      );
    const before = await rowsOf();
    const id = idOf(await modify(workflow_id, { ...asked, asked: { emergency_change: true } }));
    expect((await moved(id)).change_tracking.moves).toMatchObject({ moved: 2, left_out: 1 });
    expect(await read(small)).toMatchObject({ version_number: 1 });
    const after = await read(large);
    expect(after).toMatchObject({
      version_number: 2,
      current_step_id: 'file',
      data: { country: 'DE' },
    });
    expect(after.steps.filter(({ step_id }) => step_id === 'file')).toHaveLength(2);
    expect(
      (await rowsOf()).filter(({ due }, at) => `${due}` === `${before[at]?.due}`),
    ).toHaveLength(1);

    await service.request('POST', `${busy}/steps/file/complete`, { output_data: { done: true } });
    await follow('rollback', id);
    await moved(id);
    const restored = await rowsOf();
    expect(restored.filter(({ step }) => step === 'file')).toEqual(
      before.filter((_, at) => restored[at]?.step === 'file'),
    );
    expect(await read(busy)).toMatchObject({
      version_number: 1,
      current_step_id: 'close',
      data: { country: 'DE', done: true },
    });
    expect((await read(large)).steps.at(-1)).toMatchObject({ step_id: 'file', status: 'waiting' });
  });

  it('pauses and goes on; rolls a roll-back back, every instance to what it was', async () => {
    const workflow_id = await workflow();
    const held = await start(workflow_id, 'request', 'approve');
    const other = await start(workflow_id);
    const asked = {
      type: 'remove_step',
      steps: [{ step_id: 'file' }],
      apply_to: 'all',
      rollback_strategy: 'immediate',
      migration: { in_progress: 'finish' },
      asked: { emergency_change: true },
    };
    const id = idOf(await modify(workflow_id, asked));
    const paused = await follow('pause', id);
    expect(paused.body.change_tracking.moves.status).toBe('paused');
    expect(await follow('pause', id)).toMatchObject({ status: 409 });
    expect(await follow('resume', id)).toMatchObject({
      body: { change_tracking: { moves: { status: 'in_progress' } } },
    });
    await service.request('POST', `${held}/steps/file/complete`, {});
    await moved(id);
    const both = async () => [await read(held), await read(other)];
    const changed = await both();
    expect(await follow('reapply', id)).toMatchObject({
      status: 409,
      body: { code: 'modification_not_reversible' },
    });
    await follow('rollback', id);
    await moved(id);
    expect(await both()).toMatchObject([{ version_number: 1 }, { version_number: 1 }]);
    expect(await follow('reapply', id)).toMatchObject({
      status: 200,
      body: { modification_result: { status: 'applied', rollback_available: true } },
    });
    await moved(id);
    const facts = ({ version_number, current_step_id, status }: InstanceBody): object => ({
      version_number,
      current_step_id,
      status,
    });
    expect((await both()).map(facts)).toEqual(changed.map(facts));
    expect((await read(await start(workflow_id))).version_number).toBe(2);
    await follow('rollback', id);
    await moved(id);
    expect(await both()).toMatchObject([{ version_number: 1 }, { version_number: 1 }]);
  });

  it('lets work finish before its instance is moved', async () => {
    const workflow_id = await workflow();
    const instance = await start(workflow_id, 'request', 'approve');
    const gone = {
      type: 'remove_step',
      steps: [{ step_id: 'file' }],
      apply_to: 'all',
      migration: { in_progress: 'finish' },
      asked: { emergency_change: true },
    };
    const id = idOf(await modify(workflow_id, gone));
    const state = await service.request<Modified>('GET', `/dynamic/status/${id}`);
    expect(state.body.change_tracking.moves.status).toBe('in_progress');
    expect(await read(instance)).toMatchObject({ version_number: 1, current_step_id: 'file' });
    await service.request('POST', `${instance}/steps/file/complete`, {});
    expect((await moved(id)).change_tracking.moves).toMatchObject({ moved: 1 });
    expect(await read(instance)).toMatchObject({ version_number: 2, current_step_id: 'close' });
  });

  it('tells what is wrong with a migration', async () => {
    const workflow_id = await workflow();
    const upTo = { type: 'add_step', steps: [upload], apply_to: 'filter' };
    const wrong = { ...upTo, migration: { filter: 'amount >', values: { a: 1, b: '1 +' } } };
    expect(await modify(workflow_id, wrong)).toMatchObject({
      status: 400,
      body: {
        errors: [
          { pointer: '/migration/filter' },
          { pointer: '/migration/values/a' },
          { pointer: '/migration/values/b' },
        ],
      },
    });
    const still = { type: 'add_step', steps: [upload], migration: { timers: 'restart' } };
    expect(await modify(workflow_id, still)).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/migration/timers', code: 'misplaced_field' }] },
    });
  });

  it('refuses to take instances to where no way leads out, but in an emergency', async () => {
    const workflow_id = await workflow();
    const instance = await start(workflow_id, 'request', 'approve');
    const rule = (step_id: string, source_step_id: string) => ({
      step_id,
      routing_conditions: {
        rule_id: `${source_step_id}_${step_id}`,
        condition_expression: 'true',
        source_step_id,
        priority: 1,
      },
    });
    // new instances never come to file; who is there would never leave it
    const trap = {
      type: 'update_routing',
      steps: [rule('close', 'approve'), rule('file', 'file')],
      apply_to: 'all',
    };
    const detail: unknown = expect.stringContaining('at file: From here no way leads');
    expect(await modify(workflow_id, trap)).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/migration', code: 'never_ends', detail }] },
    });
    const past = { ...trap, migration: { step_mapping: { file: 'close' } } };
    const shown = await service.request('POST', '/dynamic/preview', body(workflow_id, past));
    expect(JSON.stringify(shown.body['unsound'])).not.toContain('never_ends');
    const answer = await modify(workflow_id, { ...trap, asked: { emergency_change: true } });
    await moved(idOf(answer));
    expect(await read(instance)).toMatchObject({ version_number: 2, current_step_id: 'file' });
  });

  it('goes on moving after a kill, each instance once', async () => {
    const workflow_id = await workflow();
    const instances: string[] = [];
    for (let batch = 0; batch < 15; batch += 1) {
      instances.push(...(await Promise.all(Array.from({ length: 20 }, () => start(workflow_id)))));
    }
    const id = idOf(
      await modify(workflow_id, {
        type: 'add_step',
        steps: [upload],
        apply_to: 'all',
        asked: { emergency_change: true },
      }),
    );
    await eventually(async () => {
      const { body: now } = await service.request<Modified>('GET', `/dynamic/status/${id}`);
      expect(now.change_tracking.moves.moved).toBeGreaterThan(0);
    });
    await service.kill();
    const [killed] = await query<{ moved: number }>(
      'select count(*)::int as moved from modification_moves where modification_id = $1',
      id,
    );
    expect(killed?.moved).toBeLessThan(instances.length);
    await service.restart();
    const { moves } = (await moved(id)).change_tracking;
    expect(moves).toMatchObject({ moved: instances.length, failed: 0 });
    for (const instance of instances) {
      expect(await read(instance)).toMatchObject({ version_number: 2, current_step_id: 'request' });
      const { body: history } = await service.request<{ items: { event_type: string }[] }>(
        'GET',
        `${instance}/history`,
      );
      expect(history.items.filter((e) => e.event_type === 'instance_migrated')).toHaveLength(1);
    }
  });
});
