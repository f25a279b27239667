import { type Service, startService } from '../support/service.js';
import { idOf, modificationClient } from './modification-client.js';

interface Approval {
  status: string;
  version_number: number;
  question: { question: string } | null;
  steps: {
    step_id: string;
    status: string;
    due_at: string | null;
    escalated_at: string | null;
    approval_levels: { level: number; status: string; votes?: unknown[] }[];
  }[];
  code?: string;
}

describe('an instance that a roll-back restores', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  const { step, workflow, start, query, modify, follow, moved } = modificationClient(() => service);

  const approval = {
    steps: [
      step('request', 1),
      step('approve', 2, { step_type: 'approval', auto_escalation_hours: 10 }),
    ],
    approval_hierarchies: [
      {
        level: 1,
        role_required: 'boss',
        policy: { voters: 3, approve_when: { at_least: 2 }, reject_when: 'any' },
      },
      { level: 2, role_required: 'director' },
    ],
    routing_rules: [],
  };
  /** All levels are asked anew. */
  const other = {
    type: 'change_approval',
    globals: { approval_hierarchies: [{ level: 1, role_required: 'clerk' }] },
    apply_to: 'all',
    rollback_strategy: 'immediate',
    asked: { emergency_change: true },
  };

  const act = (instance: string, verb: string, decided_by: string, more = {}) =>
    service.request<Approval>('POST', `${instance}/steps/approve/${verb}`, {
      decided_by,
      user_context: { roles: ['boss'], management_level: 5 },
      ...more,
    });

  const atApproval = async (instance: string): Promise<object> => {
    const { body } = await service.request<Approval>('GET', instance);
    const { status, version_number, question, steps } = body;
    const { due_at, escalated_at, approval_levels } = steps.at(-1) ?? {};
    return { status, version_number, question, due_at, escalated_at, approval_levels };
  };

  const timersOf = (instance: string) =>
    query<{ kind: string; due_at: Date; paused_at: Date | null; payload: object }>(
      `select t.kind, t.due_at, t.paused_at, t.payload from timers t
       join workflow_instances w on w.instance_id = t.instance_id
       where w.workflow_instance_id = $1
         and t.step_execution_id = (w.current_step ->> 'step_execution_id')::uuid
       order by t.due_at`,
      instance.split('/').at(-1),
    );

  const whole = async (instances: readonly string[]) =>
    Promise.all(
      instances.map(async (instance) => ({
        ...(await atApproval(instance)),
        timers: await timersOf(instance),
      })),
    );

  it('is asked what it was asked, rests where it rested, and counts no vote twice', async () => {
    const workflow_id = await workflow(approval);
    const [asked, suspended, voted, late] = [
      await start(workflow_id, 'request'),
      await start(workflow_id, 'request'),
      await start(workflow_id, 'request'),
      await start(workflow_id, 'request'),
    ] as const;
    expect(await act(asked, 'ask', 'grace', { question: 'Why now?' })).toMatchObject({
      status: 200,
      body: { question: { question: 'Why now?' } },
    });
    await service.request('POST', `${suspended}/suspend`, { reason: 'A strike.' });
    expect((await act(voted, 'approve', 'grace')).status).toBe(200);
    // its time is over: it has been escalated, and reminds nobody
    await query(
      `with step as (
         update step_executions s set escalated_at = now(), due_at = now() - interval '1 minute'
         from workflow_instances w where w.instance_id = s.instance_id and w.workflow_instance_id = $1
         returning s.step_execution_id)
       delete from timers t using step where t.step_execution_id = step.step_execution_id`,
      late.split('/').at(-1),
    );
    const all = [asked, suspended, voted, late];
    const before = await whole(all);
    expect(before.map(({ timers }) => timers.map(({ paused_at }) => paused_at !== null))).toEqual([
      [true, true, true],
      [true, true, true],
      [false, false, false],
      [],
    ]);

    const id = idOf(await modify(workflow_id, other));
    expect((await moved(id)).change_tracking.moves).toMatchObject({ moved: 4, failed: 0 });
    const [, rests, begun] = await whole(all);
    expect(rests).toMatchObject({ status: 'suspended', version_number: 2 });
    for (const [{ timers } = { timers: [] }, paused_at] of [
      [rests, expect.any(Date)],
      [begun, null],
    ] as const) {
      expect(timers).toMatchObject([{ paused_at }, { paused_at }, { paused_at }]);
    }

    await follow('rollback', id);
    await moved(id);
    expect(await whole(all)).toEqual(before);
    expect((await act(voted, 'approve', 'grace')).body.code).toBe('approval_already_given');
    expect((await act(voted, 'approve', 'linus')).body.steps.at(-1)).toMatchObject({
      approval_levels: [{ status: 'approved' }, { status: 'asked' }],
    });
    await service.request('POST', `${asked}/steps/approve/answer`, { answer: 'It is due.' });
    await service.request('POST', `${suspended}/resume`, {});
    for (const instance of [asked, suspended]) {
      expect(await timersOf(instance)).toMatchObject(
        [50, 80, 100].map((percentage) => ({ paused_at: null, payload: { percentage } })),
      );
    }
  });
});
