import { eventually } from '../support/eventually.js';
import { type Answer, type Service, startService } from '../support/service.js';
import { idOf, modificationClient, type Modified } from './modification-client.js';

const INSTANCES = 40;

describe('a change that is tried on some instances first', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({ env: { MONITORING_INTERVAL_SECONDS: '1' } });
  });
  afterAll(() => service.stop());

  const { step, workflow, start, read, definition, modify, follow, moved } = modificationClient(
    () => service,
  );

  const stages = (...percentages: number[]) => ({
    stages: percentages.map((percentage) => ({ percentage, minimum_cases: 5 })),
  });

  async function running(): Promise<{ workflow_id: string; instances: string[] }> {
    const workflow_id = await workflow({
      steps: [
        step('wait', 1),
        step('call', 2, { step_type: 'automated', handler: { type: 'delay', duration_ms: 0 } }),
      ],
      routing_rules: [],
      approval_hierarchies: [],
    });
    const instances = await Promise.all(
      Array.from({ length: INSTANCES }, () => start(workflow_id)),
    );
    return { workflow_id, instances };
  }

  const status = async (id: string): Promise<Modified> =>
    (await service.request<Modified>('GET', `/dynamic/status/${id}`)).body;

  const movedSome = (id: string, more: object = {}): Promise<Modified> =>
    eventually(async () => {
      const now = await status(id);
      expect(now.change_tracking).toMatchObject(more);
      expect(now.change_tracking.moves.moved).toBeGreaterThan(0);
      return now;
    });

  const work = (instances: readonly string[]): Promise<Answer<object>[]> =>
    Promise.all(
      instances.map((instance) => service.request('POST', `${instance}/steps/wait/complete`, {})),
    );

  it('stops by itself at the first stage when it does harm, and takes back who was moved', async () => {
    const { workflow_id, instances } = await running();
    const asked = {
      type: 'modify_step',
      steps: [
        {
          step_id: 'call',
          new_configuration: {
            handler: { type: 'http', method: 'GET', url: 'http://127.0.0.1:9/' },
          },
        },
      ],
      globals: { retry_configuration: { max_attempts: 1 } },
      apply_to: 'all',
      canary: stages(50, 75),
    };
    const id = idOf(await modify(workflow_id, asked));
    const trying = await movedSome(id, { canary: { status: 'running', stage: 0 } });
    expect(trying.next_steps).toContainEqual(
      expect.stringContaining('tried on 50 % of the running instances'),
    );
    expect(await read(await start(workflow_id))).toMatchObject({ version_number: 1 });
    const other = await modify(workflow_id, { ...asked, canary: null });
    expect(other).toMatchObject({ status: 409, body: { code: 'modification_not_applicable' } });

    await work(instances.slice(0, -5));
    const stopped = await eventually(
      async () => {
        const now = await status(id);
        expect(now.modification_result.status).toBe('rolled_back');
        return now;
      },
      { timeout_ms: 40_000 },
    );
    expect(stopped.change_tracking).toMatchObject({
      canary: {
        status: 'stopped',
        stage: 0,
        evidence: expect.arrayContaining([
          expect.objectContaining({ metric: 'failure_rate', canary: 1, control: 0, worse: true }),
        ]) as unknown,
      },
      rollback: {
        reason: expect.stringContaining('100 % fail, in the control group 0 %') as unknown,
      },
    });
    await moved(id);
    const { body: watched } = await service.request('GET', `/dynamic/monitoring/${id}`);
    expect(watched).toMatchObject({ notifications: [{ kind: 'canary_stopped' }] });
    for (const instance of instances.slice(-5)) {
      expect(await read(instance)).toMatchObject({ version_number: 1, current_step_id: 'wait' });
    }
    expect(await definition(workflow_id)).toMatchObject({
      steps: [{}, { handler: { type: 'delay' } }],
    });
  });

  it('is widened to everybody when it does none, and can be taken back after that', async () => {
    const { workflow_id, instances } = await running();
    const asked = {
      type: 'modify_step',
      steps: [{ step_id: 'wait', new_configuration: { step_name: 'Wait a little' } }],
      apply_to: 'all',
      canary: stages(80, 95),
    };
    // they are moved like others, and rest where they are taken
    const suspended = instances.slice(30, 34);
    for (const instance of suspended) {
      await service.request('POST', `${instance}/suspend`, { reason: 'A strike.' });
    }
    const id = idOf(await modify(workflow_id, asked));
    await movedSome(id, { canary: { status: 'running', stage: 0 } });
    await work(instances.slice(0, 20));
    await eventually(
      async () => {
        const { canary } = (await status(id)).change_tracking;
        expect(canary).toMatchObject({ stage: 1 });
      },
      { timeout_ms: 40_000 },
    );
    await work(instances.slice(20, 30));
    await moved(id);
    expect((await status(id)).change_tracking).toMatchObject({ canary: { status: 'completed' } });
    expect(await read(await start(workflow_id))).toMatchObject({ version_number: 2 });
    for (const instance of instances.slice(30)) {
      expect(await read(instance)).toMatchObject({
        ...{ version_number: 2, current_step_id: 'wait' },
        status: suspended.includes(instance) ? 'suspended' : 'running',
      });
    }
    await follow('rollback', id, { strategy: 'immediate' });
    await moved(id);
    expect(await read(instances[39] ?? '')).toMatchObject({ version_number: 1 });
  });

  it.each([
    [{ apply_to: 'new_instances', canary: stages(10) }, '/canary'],
    [{ apply_to: 'all', canary: stages(50, 20) }, '/canary/stages/1/percentage'],
    [{ apply_to: 'all', canary: { stages: [] } }, '/canary/stages'],
    [{ apply_to: 'all', canary: stages(100) }, '/canary/stages/0/percentage'],
  ])('refuses %j', async (more, pointer) => {
    const asked = { type: 'remove_step', steps: [{ step_id: 'file' }], ...more };
    expect(await modify(await workflow(), asked)).toMatchObject({
      status: 400,
      body: { errors: [{ pointer }] },
    });
  });
});
