import { type Service, startService } from '../support/service.js';
import { idOf, modificationClient } from './modification-client.js';

interface Held {
  version_number: number;
  form_draft: { data: object } | null;
  steps: { step_id: string; assignee: string | null; owner: string | null }[];
}

/** Without authentication: everybody is believed about who acts. */
describe('who has a step of an instance that a modification moves', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  const { workflow, start, modify, follow, moved, query } = modificationClient(() => service);

  const act = async (instance: string, what: string, body: object) => {
    const method = what === 'form-data' ? 'PUT' : 'POST';
    const path = `${instance}/steps/file/${what}`;
    expect(await service.request(method, path, body)).toMatchObject({ status: 200 });
  };
  /** An instance at `file`, which ada has filled in and lent to eve. */
  const lent = async (workflow_id: string) => {
    const instance = await start(workflow_id, 'request', 'approve');
    await act(instance, 'claim', { performed_by: 'ada' });
    await act(instance, 'form-data', { performed_by: 'ada', form_data: { kept: 1 } });
    await act(instance, 'delegate', {
      performed_by: 'ada',
      assignee: 'eve',
      user_context: { roles: [] },
    });
    return instance;
  };
  const held = async (instance: string) => {
    const { body } = await service.request<Held>('GET', instance);
    const { step_id, assignee, owner } = body.steps.at(-1)!;
    const { version_number, form_draft } = body;
    return { version_number, step_id, assignee, owner, draft: form_draft?.data };
  };
  const LENT = { step_id: 'file', assignee: 'eve', owner: 'ada', draft: { kept: 1 } };

  it('stays the same where the step goes on, and back again', async () => {
    const workflow_id = await workflow();
    const instance = await lent(workflow_id);
    const asked = await modify(workflow_id, {
      type: 'update_timeout',
      globals: { global_timeout_hours: 99 },
      apply_to: 'all',
    });
    await moved(idOf(asked));
    expect(await held(instance)).toEqual({ ...LENT, version_number: 2 });
    await act(instance, 'hand-back', { performed_by: 'eve' });
    await follow('rollback', idOf(asked), { strategy: 'immediate', reason: 'It was wrong.' });
    await moved(idOf(asked));
    // what was done meanwhile stays done
    expect(await held(instance)).toEqual({
      ...LENT,
      version_number: 1,
      assignee: 'ada',
      owner: null,
    });
  });

  it('is put back by an immediate rollback where the step went away', async () => {
    const workflow_id = await workflow();
    const instance = await lent(workflow_id);
    const gone = { type: 'remove_step', steps: [{ step_id: 'file' }], apply_to: 'all' };
    const asked = await modify(workflow_id, gone);
    await follow('approve', idOf(asked), { approved_by: 'grace' });
    await moved(idOf(asked));
    expect(await held(instance)).toEqual({
      version_number: 2,
      step_id: 'close',
      assignee: null,
      owner: null,
      draft: undefined,
    });
    await follow('rollback', idOf(asked), { strategy: 'immediate', reason: 'It was wrong.' });
    await moved(idOf(asked));
    expect(await held(instance)).toEqual({ ...LENT, version_number: 1 });
    const items = await query(
      `select w.assignee, w.owner, w.step_id from work_items w
       join workflow_instances i using (instance_id) where i.workflow_id = $1`,
      workflow_id,
    );
    expect(items).toEqual([{ step_id: 'file', assignee: 'eve', owner: 'ada' }]);
    await act(instance, 'hand-back', { performed_by: 'eve' });
    const done = await service.request<{ data: object }>(
      'POST',
      `${instance}/steps/file/complete`,
      {
        completed_by: 'ada',
      },
    );
    expect(done).toMatchObject({ status: 200, body: { data: { kept: 1 } } });
  });
});
