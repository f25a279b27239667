import { describeOnBothQueues } from '../support/queues.js';
import { type Service, startService } from '../support/service.js';
import { idOf, modificationClient, upload } from './modification-client.js';

describeOnBothQueues('approval of modifications', (queue) => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({ queue, env: { MONITORING_INTERVAL_SECONDS: '1' } });
  });
  afterAll(() => service.stop());

  const { workflow, start, definition, modify, follow } = modificationClient(() => service);

  it('waits for somebody else to approve what is of high impact', async () => {
    const workflow_id = await workflow();
    const weaker = { type: 'change_approval', globals: { approval_hierarchies: [] } };
    const asked = await modify(workflow_id, weaker);
    expect(asked).toMatchObject({
      status: 202,
      body: {
        modification_result: {
          status: 'pending_approval',
          approval_status: 'pending',
          impact_analysis: { impact_level: 'high' },
          rollback_available: false,
        },
      },
    });
    const id = idOf(asked);
    expect(await follow('apply', id)).toMatchObject({
      status: 409,
      body: { code: 'modification_not_pending' },
    });
    expect(await follow('approve', id, { approved_by: ' Ada ' })).toMatchObject({
      status: 403,
      body: { code: 'own_approval' },
    });
    expect(await follow('approve', id, { approved_by: 'grace', comments: 'Fine.' })).toMatchObject({
      status: 200,
      body: {
        modification_result: { status: 'applied', approval_status: 'approved' },
        change_tracking: { approved_by: 'grace', approval_comments: 'Fine.', to_version: 2 },
      },
    });
    const back = await modify(workflow_id, {
      type: 'change_approval',
      steps: [{ step_id: 'approve', new_configuration: { required_roles: [] } }],
    });
    expect(await follow('reject', idOf(back), { approved_by: 'grace' })).toMatchObject({
      status: 200,
      body: { modification_result: { status: 'rejected' }, change_tracking: { to_version: null } },
    });
    expect(await follow('approve', idOf(back), { approved_by: 'grace' })).toMatchObject({
      status: 409,
    });
  });

  it('asks for an approval after all when the impact has grown before it is applied', async () => {
    const workflow_id = await workflow();
    await start(workflow_id);
    const gone = { type: 'remove_step', steps: [{ step_id: 'file' }], apply_to: 'all' };
    const asked = await modify(workflow_id, { ...gone, auto_apply: false });
    expect(asked.body.modification_result).toMatchObject({
      status: 'approved',
      impact_analysis: { impact_level: 'medium' },
    });
    await start(workflow_id, 'request', 'approve');
    expect(await follow('apply', idOf(asked))).toMatchObject({
      status: 200,
      body: {
        modification_result: {
          status: 'pending_approval',
          approval_status: 'pending',
          impact_analysis: { impact_level: 'high', affected_instances: 2 },
        },
      },
    });
    await follow('approve', idOf(asked), { approved_by: 'grace' });
    expect((await follow('apply', idOf(asked))).body.modification_result.status).toBe('applied');
  });

  it('lets an emergency pass at once', async () => {
    const workflow_id = await workflow();
    const asked = { type: 'change_approval', globals: { approval_hierarchies: [] } };
    const override = await modify(workflow_id, { ...asked, asked: { approval_override: true } });
    expect(override).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/workflow_modification/approval_override' }] },
    });
    const passed = await modify(workflow_id, { ...asked, asked: { emergency_change: true } });
    expect(passed).toMatchObject({
      status: 200,
      body: { modification_result: { status: 'applied' } },
    });
    expect(passed.body.next_steps.join(' ')).toContain('reviewed');
  });

  it('keeps what was changed between request and application, and refuses what no longer fits', async () => {
    const workflow_id = await workflow();
    const added = await modify(workflow_id, {
      type: 'add_step',
      steps: [upload],
      auto_apply: false,
    });
    expect(added).toMatchObject({
      status: 202,
      body: { modification_result: { status: 'approved' } },
    });
    await modify(workflow_id, { type: 'update_timeout', globals: { global_timeout_hours: 7 } });
    expect(await follow('apply', idOf(added))).toMatchObject({
      status: 200,
      body: { change_tracking: { from_version: 2, to_version: 3 } },
    });
    expect(await definition(workflow_id)).toMatchObject({ global_timeout_hours: 7 });
    const edit = {
      type: 'modify_step',
      steps: [{ step_id: 'upload', new_configuration: { step_name: 'U' } }],
    };
    const late = await modify(workflow_id, { ...edit, auto_apply: false });
    await modify(workflow_id, { type: 'remove_step', steps: [{ step_id: 'upload' }] });
    expect(await follow('apply', idOf(late))).toMatchObject({
      status: 409,
      body: { code: 'modification_not_applicable' },
    });
  });
});
