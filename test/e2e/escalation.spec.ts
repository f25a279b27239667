import { DatabaseClock } from '../support/clock.js';
import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';

interface Instance {
  outcome: string | null;
  workflow_instance_id: string;
  steps: {
    step_id: string;
    due_at: string | null;
    escalated_at: string | null;
    approval_levels: { level: number; status: string; escalated?: true }[];
  }[];
}
interface Event {
  event_type: string;
  payload: { percentage?: number; level?: number; escalated?: true };
}

const nineToFive = [{ from: '09:00', to: '17:00' }];
const WEEK = Object.fromEntries(
  ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'].map((day) => [day, nineToFive]),
);

// 2027-03-26 is a Friday; the Monday after it is a holiday
const APPROVAL = {
  step_id: 'approval',
  step_name: 'Approval',
  step_type: 'approval',
  order_sequence: 1,
  auto_escalation_hours: 4,
  working_time: true,
};

describe('escalation', () => {
  let service: Service;
  let clock: DatabaseClock;
  let workflow: string;
  beforeAll(async () => {
    service = await startService();
    clock = await DatabaseClock.of(service);
    const calendar = {
      name: 'Office',
      time_zone: 'UTC',
      working_hours: WEEK,
      holidays: [{ date: '2027-03-29', name: 'Easter Monday' }],
    };
    expect((await service.request('POST', '/access/calendars', calendar)).status).toBe(201);
    const { body } = await service.request<{ workflow_id: string }>('POST', '/multi-step/create', {
      workflow_name: 'Escalating',
      category: 'test',
      // the clock is moved further than the default
      global_timeout_hours: 1_000,
      steps: [APPROVAL],
      approval_hierarchies: [1, 2, 3].map((level) => ({ level, role_required: `role_${level}` })),
    });
    workflow = body.workflow_id;
  });
  afterAll(async () => {
    await clock.stop();
    await service.stop();
  });

  const start = async (): Promise<string> => {
    const path = `/workflows/${workflow}/instances`;
    const { body } = await service.request<Instance>('POST', path, { started_by: 'ada' });
    return `${path}/${body.workflow_instance_id}`;
  };
  const read = async (instance: string) => (await service.request<Instance>('GET', instance)).body;
  const stepOf = async (instance: string) => (await read(instance)).steps.at(-1)!;
  /** What happened by itself, once so much of it has. */
  const happened = async (instance: string, count: number) =>
    eventually(async () => {
      const { body } = await service.request<{ items: Event[] }>(
        'GET',
        `${instance}/history?limit=200`,
      );
      const words = body.items.flatMap(
        ({ event_type, payload: { percentage, level, escalated } }) => {
          if (event_type === 'step_reminded') return [`reminded at ${percentage}`];
          if (event_type === 'step_escalated') return ['escalated'];
          return event_type === 'approval_asked' && escalated ? [`asked ${level}`] : [];
        },
      );
      if (words.length < count) throw new Error(`only ${words.join(', ')}`);
      return words;
    });
  const decide = (instance: string, level: number) =>
    service.request<Instance>('POST', `${instance}/steps/approval/approve`, {
      decided_by: `person_${level}`,
      user_context: { roles: [`role_${level}`] },
    });
  /** Minutes between them: the clock has run on by itself. */
  const apart = (instant: string | null, expected: string) =>
    Math.abs(Date.parse(instant ?? '') - Date.parse(expected)) / 60_000;

  it('goes up three levels over a weekend with a holiday, and the top has the last word', async () => {
    await clock.set('2027-03-26T14:50:00Z');
    const instance = await start();
    expect(apart((await stepOf(instance)).due_at, '2027-03-30T10:50:00Z')).toBeLessThan(3);

    await clock.set('2027-03-26T16:51:00Z');
    expect(await happened(instance, 1)).toEqual(['reminded at 50']);
    await clock.set('2027-03-30T09:55:00Z');
    await service.restart();
    expect(await happened(instance, 1)).toEqual(['reminded at 50']);
    await clock.set('2027-03-30T10:04:00Z');
    expect(await happened(instance, 2)).toEqual(['reminded at 50', 'reminded at 80']);
    await clock.set('2027-03-30T10:52:00Z');
    expect((await happened(instance, 4)).slice(2)).toEqual(['escalated', 'asked 2']);
    const second = await stepOf(instance);
    expect(second.approval_levels.map(({ status }) => status)).toEqual([
      'asked',
      'asked',
      'pending',
    ]);
    expect(apart(second.due_at, '2027-03-30T14:52:00Z')).toBeLessThan(3);

    await clock.set('2027-03-30T14:59:00Z');
    expect((await happened(instance, 8)).slice(4)).toEqual([
      'reminded at 50',
      'reminded at 80',
      'escalated',
      'asked 3',
    ]);
    await clock.set('2027-03-31T11:15:00Z');
    // nobody is left to ask
    expect((await happened(instance, 11)).slice(8)).toEqual([
      'reminded at 50',
      'reminded at 80',
      'escalated',
    ]);
    const { body } = await decide(instance, 3);
    expect(body.outcome).toBe('completed');
    expect(body.steps.at(-1)!.approval_levels.map(({ status }) => status)).toEqual([
      'superseded',
      'superseded',
      'approved',
    ]);
  });

  it('rests while the requester is asked, and goes on with what was left', async () => {
    await clock.set('2027-04-02T15:00:00Z');
    const instance = await start();
    await clock.set('2027-04-02T16:00:00Z');
    const question = {
      question: 'Why?',
      decided_by: 'person_1',
      user_context: { roles: ['role_1'] },
    };
    const asked = await service.request<Instance>(
      'POST',
      `${instance}/steps/approval/ask`,
      question,
    );
    expect([asked.status, asked.body.steps.at(-1)!.due_at]).toEqual([200, null]);
    await clock.set('2027-04-07T12:00:00Z');
    const answer = { answer: 'Because.', answered_by: 'ada' };
    const { body } = await service.request<Instance>(
      'POST',
      `${instance}/steps/approval/answer`,
      answer,
    );
    // one hour of four was used: 12:00 and three more
    expect(apart(body.steps.at(-1)!.due_at, '2027-04-07T15:00:00Z')).toBeLessThan(3);
    expect((await happened(instance, 0)).length).toBe(0);
    await clock.set('2027-04-07T15:05:00Z');
    expect(await happened(instance, 4)).toEqual([
      'reminded at 50',
      'reminded at 80',
      'escalated',
      'asked 2',
    ]);
    // nor does time run while it is suspended
    await clock.set('2027-04-07T16:00:00Z');
    await service.request('POST', `${instance}/suspend`, {});
    await clock.set('2027-04-12T09:00:00Z');
    await service.request('POST', `${instance}/resume`, {});
    expect(apart((await stepOf(instance)).due_at, '2027-04-12T12:05:00Z')).toBeLessThan(3);
    // the first level answers after all: the second was asked as well, and still decides
    for (const [level, outcome] of [
      [1, null],
      [2, null],
      [3, 'completed'],
    ] as const) {
      expect((await decide(instance, level)).body).toMatchObject({ outcome });
    }
  });

  it('counts by the calendar of the department that is asked, in its zone, over a change of its clock', async () => {
    // Easter Monday is a holiday of everybody else; Berlin goes from UTC+1 to UTC+2 on that Sunday
    const calendar = {
      name: 'Berlin',
      department: 'Berlin',
      time_zone: 'Europe/Berlin',
      working_hours: WEEK,
    };
    const made = await service.request('POST', '/access/calendars', calendar);
    expect(made.status).toBe(201);
    const { body } = await service.request<{ workflow_id: string }>('POST', '/multi-step/create', {
      workflow_name: 'In Berlin',
      category: 'test',
      steps: [APPROVAL],
      approval_hierarchies: [
        { level: 1, role_required: 'role_1', department_required: 'Berlin' },
        { level: 2, role_required: 'role_2' },
      ],
    });
    await clock.set('2027-03-26T15:30:00Z');
    const path = `/workflows/${body.workflow_id}/instances`;
    const started = await service.request<Instance>('POST', path, { started_by: 'ada' });
    const instance = `${path}/${started.body.workflow_instance_id}`;
    // half an hour until 17:00 on Friday (16:00Z), and from 9:00 on Monday (07:00Z)
    expect(apart((await stepOf(instance)).due_at, '2027-03-29T10:30:00Z')).toBeLessThan(3);
    await clock.set('2027-03-29T10:33:00Z');
    expect(await happened(instance, 4)).toEqual([
      'reminded at 50',
      'reminded at 80',
      'escalated',
      'asked 2',
    ]);
    // the next level is of no department: the office counts, which has a holiday
    expect(apart((await stepOf(instance)).due_at, '2027-03-30T13:00:00Z')).toBeLessThan(3);
  });

  it('asks the next level at once where a rule escalates', async () => {
    await clock.set('2027-05-03T09:00:00Z');
    const instance = await start();
    const [, workflow_id = '', id = ''] = /workflows\/(.+)\/instances\/(.+)/.exec(instance) ?? [];
    const rule = {
      rule_id: 'urgent',
      rule_name: 'Urgent',
      condition_type: 'time_based',
      condition_expression: 'true',
      target_action: 'escalate',
    };
    const context = { workflow_instance_id: id, current_step_id: 'approval' };
    const asked = { workflow_id, context, business_rules: [rule] };
    expect((await service.request('PUT', '/conditional/route', asked)).status).toBe(200);
    const step = await stepOf(instance);
    expect(step.approval_levels.map(({ status }) => status)).toEqual(['asked', 'asked', 'pending']);
    expect((await decide(instance, 2)).body.steps.at(-1)!.approval_levels[0]).toMatchObject({
      status: 'superseded',
    });
  });

  it('counts by calendars that make sense', async () => {
    const again = { name: 'Office', time_zone: 'UTC', working_hours: WEEK };
    const second = await service.request('POST', '/access/calendars', again);
    expect([second.status, second.body['code']]).toEqual([409, 'calendar_exists']);
    const { status, body } = await service.request<{ errors: { pointer: string }[] }>(
      'POST',
      '/access/calendars',
      {
        ...again,
        department: 'HR',
        time_zone: 'Mars/Olympus',
        holidays: [{ date: 'x', name: 'y' }],
      },
    );
    expect(status).toBe(400);
    expect(body.errors.map(({ pointer }) => pointer)).toEqual(['/time_zone', '/holidays/0/date']);
    const made = await service.request('POST', '/access/calendars', { ...again, department: 'HR' });
    const path = `/access/calendars/${String(made.body['calendar_id'])}`;
    const changed = { ...again, department: 'IT' };
    expect((await service.request('PUT', path, changed)).body).toMatchObject({ department: 'IT' });
    expect((await service.request('PUT', path, again)).body['code']).toBe('calendar_exists');
    expect((await service.request('DELETE', path)).status).toBe(200);
    expect((await service.request('DELETE', path)).body['code']).toBe('calendar_not_found');
  });
});
