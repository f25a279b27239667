import { eventually } from '../support/eventually.js';
import { Issuer } from '../support/issuer.js';
import { type Service, startService } from '../support/service.js';
import { idOf, modificationClient, type Modified, upload } from './modification-client.js';

describe('control of modifications', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({ env: { MODIFICATION_APPROVALS_REQUIRED: '2' } });
  });
  afterAll(() => service.stop());

  const { workflow, definition, modify, follow } = modificationClient(() => service);

  const weaker = { type: 'change_approval', globals: { approval_hierarchies: [] } };
  const add = { type: 'add_step', steps: [upload] };
  const soon = (ms: number): string => new Date(Date.now() + ms).toISOString();

  it('lets pass what as many people have approved as are asked for, each once', async () => {
    const id = idOf(await modify(await workflow(), weaker));
    const approve = (approved_by: string) => follow('approve', id, { approved_by });
    expect(await approve('grace')).toMatchObject({
      status: 200,
      body: {
        modification_result: { status: 'pending_approval' },
        change_tracking: { approvals: [{ approved_by: 'grace' }], approved_by: null },
      },
    });
    for (const again of ['grace', ' GRACE ', 'ada']) {
      expect(await approve(again)).toMatchObject({ status: 403, body: { code: 'own_approval' } });
    }
    expect(await approve('linus')).toMatchObject({
      body: {
        modification_result: { status: 'applied' },
        change_tracking: { approvals: [{}, { approved_by: 'linus' }] },
      },
    });
  });

  it('applies at a time what needs no approval, and what has got it', async () => {
    const workflow_id = await workflow();
    const late = await modify(workflow_id, { ...add, scheduled_at: soon(-1_000) });
    expect(late).toMatchObject({ status: 400, body: { errors: [{ pointer: '/scheduled_at' }] } });
    const asked = await modify(workflow_id, { ...add, scheduled_at: soon(1_500) });
    expect(asked).toMatchObject({
      status: 202,
      body: { modification_result: { status: 'approved' }, change_tracking: { to_version: null } },
    });
    expect(asked.body.next_steps[0]).toMatch(/^It is applied at /);

    const other = await workflow();
    const waiting = idOf(await modify(other, { ...weaker, scheduled_at: soon(1_000) }));
    for (const id of [idOf(asked), waiting]) {
      if (id === waiting) {
        await follow('approve', id, { approved_by: 'grace' });
        await follow('approve', id, { approved_by: 'linus' });
      }
      await eventually(async () => {
        const { body: now } = await service.request<Modified>('GET', `/dynamic/status/${id}`);
        expect(now.modification_result.status).toBe('applied');
      });
    }
    expect(await definition(other)).toMatchObject({ approval_hierarchies: [] });
  });

  it('says why a change was not applied at its time', async () => {
    const workflow_id = await workflow();
    const id = idOf(await modify(workflow_id, { ...add, scheduled_at: soon(1_500) }));
    await modify(workflow_id, add);
    await eventually(async () => {
      const { body: now } = await service.request('GET', `/dynamic/status/${id}`);
      expect(now).toMatchObject({
        modification_result: { status: 'approved' },
        change_tracking: { error: expect.stringContaining('no longer fits') as unknown },
      });
    });
  });

  it('asks for a review of what passed as an emergency, by somebody else, once', async () => {
    const workflow_id = await workflow();
    const asked = await modify(workflow_id, { ...weaker, asked: { emergency_change: true } });
    const id = idOf(asked);
    expect(asked.body.change_tracking).toMatchObject({ review: { overdue: false, verdict: null } });
    const listed = (review: string) =>
      service.request('GET', `/dynamic/modifications?workflow_id=${workflow_id}&review=${review}`);
    expect((await listed('pending')).body).toMatchObject({ items: [{ modification_id: id }] });
    expect((await listed('overdue')).body).toMatchObject({ items: [] });
    const review = (reviewed_by: string) =>
      follow('review', id, { reviewed_by, verdict: 'objected', comments: 'It could wait.' });
    expect(await review('ada')).toMatchObject({ status: 403, body: { code: 'own_approval' } });
    expect(await review('grace')).toMatchObject({
      status: 200,
      body: {
        change_tracking: {
          review: { verdict: 'objected', reviewed_by: 'grace', comments: 'It could wait.' },
        },
      },
    });
    expect(await review('linus')).toMatchObject({ status: 409 });
    expect((await listed('pending')).body).toMatchObject({ items: [] });
  });
});

describe('modifications of callers who are known', () => {
  let issuer: Issuer;
  let service: Service;
  let authorization: string;
  beforeAll(async () => {
    issuer = await Issuer.start();
    service = await startService({ env: issuer.env });
    const token = await issuer.token({ roles: ['designer', 'approver_of_changes'] });
    authorization = `Bearer ${token}`;
  });
  afterAll(async () => {
    await service.stop();
    await issuer.stop();
  });

  const { workflow, modify } = modificationClient(
    () => service,
    () => ({ authorization }),
  );

  it('are no emergencies of those who only propose, and are approved by nobody who sent them', async () => {
    const workflow_id = await workflow();
    const weaker = { type: 'change_approval', globals: { approval_hierarchies: [] } };
    const urgent = await modify(workflow_id, { ...weaker, asked: { emergency_change: true } });
    expect(urgent).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    const id = idOf(await modify(workflow_id, weaker));
    for (const approved_by of ['grace', undefined]) {
      const answer = await service.request(
        'POST',
        `/dynamic/approve/${id}`,
        { approved_by },
        { authorization },
      );
      expect(answer).toMatchObject({ status: 403, body: { code: 'own_approval' } });
    }
  });
});
