import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';
import { idOf, modificationClient, upload } from './modification-client.js';

interface Told {
  kind: string;
  status: string;
  channel: string;
  to: string;
  message: string;
  recipients: { external_id: string }[] | null;
}

describe('who answers for a modification', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({
      env: { MONITORING_INTERVAL_SECONDS: '1', MODIFICATION_NOTIFY: 'E-linus, nobody' },
    });
    const people = ['ada', 'grace', 'linus', 'flo'].map((name) => ({
      external_id: `E-${name}`,
      subject: name,
      name,
      roles: [],
    }));
    expect((await service.request('POST', '/access/people/bulk', { people })).status).toBe(200);
  });
  afterAll(() => service.stop());

  const { workflow, start, query, modify, follow } = modificationClient(() => service);

  const told = (id: string, ...kinds: string[]): Promise<Told[]> =>
    eventually(
      async () => {
        const { body } = await service.request<{ notifications: Told[] }>(
          'GET',
          `/dynamic/monitoring/${id}`,
        );
        expect(body.notifications.map(({ kind }) => kind)).toEqual(kinds);
        expect(body.notifications.every(({ status }) => status === 'delivered')).toBe(true);
        return body.notifications;
      },
      { timeout_ms: 30_000 },
    );
  const namesOf = ({ recipients }: Told) =>
    recipients?.map(({ external_id }) => external_id).toSorted();

  it('is told when it is taken back by itself: who asked, who approved, and whom settings name', async () => {
    const workflow_id = await workflow({
      notification_escalation: {
        ...{ channel: 'log', to: ['ops', 'audit'], on: ['rolled_back'] },
        recipients: ['flo'],
      },
    });
    const id = idOf(
      await modify(workflow_id, {
        type: 'change_approval',
        globals: { approval_hierarchies: [] },
        auto_rollback_conditions: { expression: 'started >= 1' },
      }),
    );
    await follow('approve', id, { approved_by: 'grace' });
    await start(workflow_id);
    const both = await told(id, 'rolled_back', 'rolled_back');
    expect(both.map(({ to }) => to)).toEqual(['ops', 'audit']);
    for (const one of both) {
      expect(one).toMatchObject({
        channel: 'log',
        message: expect.stringContaining('started >= 1 holds') as unknown,
      });
      expect(namesOf(one)).toEqual(['E-ada', 'E-flo', 'E-grace', 'E-linus']);
    }
  });

  it('is told when it could not be applied at its time', async () => {
    const workflow_id = await workflow();
    const add = { type: 'add_step', steps: [upload] };
    const scheduled_at = new Date(Date.now() + 3_000).toISOString();
    const id = idOf(await modify(workflow_id, { ...add, scheduled_at }));
    expect((await modify(workflow_id, add)).status).toBe(200);
    const [one] = await told(id, 'application_failed');
    expect(one).toMatchObject({
      ...{ channel: 'log', to: 'modifications' },
      message: expect.stringContaining('no longer fits') as unknown,
    });
    expect(namesOf(one!)).toEqual(['E-ada', 'E-linus']);
  });

  it('is told once when the review of an emergency is overdue', async () => {
    const workflow_id = await workflow();
    const asked = { type: 'add_step', steps: [upload], asked: { emergency_change: true } };
    const id = idOf(await modify(workflow_id, asked));
    await told(id);
    await query(
      `update runtime_modifications set review_due_at = now() - interval '1 minute' where modification_id = $1`,
      id,
    );
    await told(id, 'review_overdue');
    // later rounds of the monitoring find that it was told
    const rounds = async () =>
      (
        await query<{ seen: number }>(
          'select count(*)::int as seen from modification_observations where modification_id = $1',
          id,
        )
      )[0]?.seen ?? 0;
    const before = await rounds();
    await eventually(async () => expect(await rounds()).toBeGreaterThan(before + 1), {
      timeout_ms: 20_000,
    });
    await told(id, 'review_overdue');
  });
});
