import { Issuer } from '../support/issuer.js';
import { type Service, startService } from '../support/service.js';

interface Step {
  step_id: string;
  assignee: string | null;
  owner: string | null;
  output_data: object | null;
}
interface Instance {
  workflow_instance_id: string;
  current_step_id: string | null;
  outcome: string | null;
  form_draft: { data: object; saved_by: string } | null;
  data: object;
  steps: Step[];
  code?: string;
}
interface Inbox {
  items: {
    workflow_instance_id: string;
    step_id: string;
    assignee: string | null;
    owner: string | null;
    due_at: string | null;
  }[];
  next_cursor: string | null;
}
interface Counts {
  total: number;
  at_least: boolean;
  overdue: number;
  assigned_to_me: number;
  by_step_type: object[];
  by_workflow: object[];
  by_step: object[];
}
interface CanAct {
  may_act: boolean;
  assignee: string | null;
  owner: string | null;
  reasons: { code: string; detail: string }[];
}
interface Comments {
  items: { author: string; comment: string; entry: number; created_at: string }[];
  next_cursor: string | null;
}

const WORKFLOW = {
  workflow_name: 'Invoices',
  category: 'test',
  steps: [
    {
      step_id: 'check',
      step_name: 'Check',
      step_type: 'user_task',
      order_sequence: 1,
      required_roles: ['clerk'],
    },
    {
      step_id: 'book',
      step_name: 'Book',
      step_type: 'user_task',
      order_sequence: 2,
      required_roles: ['clerk'],
      different_person_from: ['check'],
      auto_escalation_hours: 8,
    },
    { step_id: 'approve', step_name: 'Approve', step_type: 'approval', order_sequence: 3 },
  ],
  approval_hierarchies: [{ level: 1, role_required: 'manager', department_required: 'sales' }],
};

const person = (subject: string, roles: string[], more = {}) => ({
  external_id: `E-${subject}`,
  subject,
  name: subject,
  roles,
  ...more,
});
const CLERKS = Array.from({ length: 12 }, (_, number) => `clerk${number}`);
const PEOPLE = [
  person('boss', ['manager'], { department: 'sales' }),
  person('mia', ['manager'], { department: 'sales' }),
  person('ada', ['clerk'], { manager_external_id: 'E-boss' }),
  person('ben', ['clerk'], { manager_external_id: 'E-boss' }),
  person('cem', ['clerk']),
  person('eve', []),
  person('sam', []),
  ...CLERKS.map((name) => person(name, ['clerk'])),
];

describe('who has a step', () => {
  let issuer: Issuer;
  let service: Service;
  let workflow_id: string;
  let path: string;
  const tokens = new Map<string, string>();
  beforeAll(async () => {
    issuer = await Issuer.start();
    service = await startService({ env: issuer.env });
    tokens.set('root', await issuer.token({ sub: 'root', roles: ['admin'] }));
    for (const { subject } of PEOPLE)
      tokens.set(subject, await issuer.token({ sub: subject, roles: ['participant'] }));
    await ok('root', 'POST', '/access/people/bulk', { people: PEOPLE });
    ({ workflow_id } = await ok<{ workflow_id: string }>(
      'root',
      'POST',
      '/multi-step/create',
      WORKFLOW,
    ));
    path = `/workflows/${workflow_id}/instances`;
  });
  afterAll(async () => {
    await service.stop();
    await issuer.stop();
  });

  const as = <Body = Instance>(who: string, method: string, asked: string, body?: unknown) =>
    service.request<Body>(method, asked, body, { authorization: `Bearer ${tokens.get(who)}` });
  async function ok<Body = Instance>(who: string, method: string, asked: string, body?: unknown) {
    const answer = await as<Body>(who, method, asked, body);
    if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
    return answer.body;
  }
  const start = (id: string) => ok('sam', 'POST', path, { workflow_instance_id: id });
  const act = (who: string, id: string, what: string, body: object = {}, step = 'check') =>
    as(who, what === 'form-data' ? 'PUT' : 'POST', `${path}/${id}/steps/${step}/${what}`, body);
  const codeOf = async (answer: ReturnType<typeof act>) => {
    const { status, body } = await answer;
    return body.code ?? status;
  };
  const holderOf = ({ steps }: Instance) => {
    const { assignee, owner } = steps.at(-1)!;
    return { assignee, owner };
  };
  const inbox = (who: string, query = '') => ok<Inbox>(who, 'GET', `/inbox?${query}`);
  const ids = ({ items }: Inbox) => items.map((item) => item.workflow_instance_id);
  const canAct = (who: string, id: string, step = 'check', query = '') =>
    ok<CanAct>(who, 'GET', `${path}/${id}/steps/${step}/can-act?${query}`);

  it('is one of many who claim it at once; then they alone complete it', async () => {
    await start('race');
    const answers = await Promise.all(CLERKS.map((name) => act(name, 'race', 'claim')));
    const won = answers.findIndex(({ status }) => status === 200);
    const winner = CLERKS[won]!;
    expect(answers.map(({ status }) => status).sort()).toEqual([
      200,
      ...CLERKS.slice(1).map(() => 409),
    ]);
    for (const [index, { body }] of answers.entries()) {
      if (index !== won) expect(body.code).toBe('step_claimed');
    }
    expect(holderOf(await ok('root', 'GET', `${path}/race`))).toEqual({
      assignee: `user:${winner}`,
      owner: null,
    });
    const other = CLERKS[won === 0 ? 1 : 0]!;
    expect(ids(await inbox(winner))).toEqual(['race']);
    expect(ids(await inbox(other))).toEqual([]);
    expect(await canAct('root', 'race', 'check', `person=${other}`)).toEqual({
      may_act: false,
      on_behalf_of: null,
      assignee: `user:${winner}`,
      owner: null,
      reasons: [
        expect.objectContaining({
          code: 'step_claimed',
          detail: expect.stringContaining(`Claimed by user:${winner}`),
        }),
      ],
    });
    expect(await codeOf(act(other, 'race', 'complete'))).toBe('step_claimed');
    // an operator gives it to somebody, and does not pass by whoever has it
    expect(await codeOf(act('root', 'race', 'complete'))).toBe('step_claimed');
    expect(await codeOf(act('root', 'race', 'assign', { assignee: `E-${other}` }))).toBe(200);
    expect(await codeOf(act(winner, 'race', 'complete'))).toBe('step_claimed');
    expect(await codeOf(act(other, 'race', 'complete'))).toBe(200);
  });

  it('goes back to all when it is released, by who has it or an operator', async () => {
    await start('back');
    expect(await codeOf(act('eve', 'back', 'claim'))).toBe('approver_not_entitled');
    expect(await codeOf(act('ada', 'back', 'release'))).toBe('step_not_claimed');
    expect(await codeOf(act('ada', 'back', 'claim'))).toBe(200);
    expect(await codeOf(act('ada', 'back', 'claim', { performed_by: 'ben' }))).toBe(
      'speaks_for_others',
    );
    expect(await codeOf(act('ben', 'back', 'release'))).toBe('not_the_assignee');
    expect(await codeOf(act('ada', 'back', 'release', { comment: 'Later.' }))).toBe(200);
    expect(ids(await inbox('ben', 'assignment=unassigned'))).toContain('back');
    expect(await codeOf(act('ben', 'back', 'claim'))).toBe(200);
    expect(holderOf((await act('root', 'back', 'release')).body).assignee).toBeNull();
    const { items } = await ok<{ items: { event_type: string; actor: string; payload: object }[] }>(
      'root',
      'GET',
      `${path}/back/history`,
    );
    expect(items.slice(2).map(({ event_type, actor }) => [event_type, actor])).toEqual([
      ['step_claimed', 'user:ada'],
      ['step_released', 'user:ada'],
      ['step_claimed', 'user:ben'],
      ['step_released', 'user:root'],
    ]);
    expect(items[3]?.payload).toMatchObject({ assignee: 'user:ada', comment: 'Later.' });
  });

  it('is given by a manager to their own people, and to nobody who could not take it', async () => {
    await start('given');
    expect(await codeOf(act('ada', 'given', 'assign', { assignee: 'E-ben' }))).toBe(
      'may_not_assign',
    );
    expect(await codeOf(act('boss', 'given', 'assign', { assignee: 'E-cem' }))).toBe(
      'may_not_assign',
    );
    expect(
      holderOf((await act('boss', 'given', 'assign', { assignee: 'E-ada' })).body).assignee,
    ).toBe('user:ada');
    expect(await codeOf(act('boss', 'given', 'assign', { assignee: 'E-ben' }))).toBe(200);
    expect(await codeOf(act('root', 'given', 'assign', { assignee: 'cem' }))).toBe(200);
    expect(await codeOf(act('boss', 'given', 'assign', { assignee: 'E-ben' }))).toBe(
      'may_not_assign',
    );
    expect(await codeOf(act('root', 'given', 'assign', { assignee: 'eve' }))).toBe(
      'approver_not_entitled',
    );
    expect(await codeOf(act('root', 'given', 'assign', { assignee: 'nobody' }))).toBe(
      'person_not_found',
    );
    expect(ids(await inbox('cem', 'assignment=mine'))).toEqual(['given']);
  });

  it('is lent to somebody without its role, who sees it, fills it in and hands it back', async () => {
    await start('lent');
    expect((await as('eve', 'GET', `${path}/lent`)).status).toBe(404);
    await act('ada', 'lent', 'claim');
    await act('ada', 'lent', 'form-data', { form_data: { total: 1, cost_centre: 'x' } });
    expect(await codeOf(act('ada', 'lent', 'delegate', { assignee: 'E-eve' }))).toBe(200);
    const seen = await ok('eve', 'GET', `${path}/lent`);
    expect(holderOf(seen)).toEqual({ assignee: 'user:eve', owner: 'user:ada' });
    expect(ids(await inbox('eve'))).toEqual(['lent']);
    expect(ids(await inbox('ada', 'assignment=mine'))).toEqual(['lent']);
    expect((await canAct('eve', 'lent')).may_act).toBe(true);
    const form_data = { total: 12 };
    const saved = await act('eve', 'lent', 'form-data', { form_data });
    expect(saved.body.form_draft).toEqual({ data: form_data, saved_by: 'user:eve' });
    expect(await codeOf(act('ada', 'lent', 'form-data', { form_data }))).toBe('step_claimed');
    expect(await codeOf(act('ada', 'lent', 'complete'))).toBe('step_claimed');
    expect(await codeOf(act('eve', 'lent', 'complete'))).toBe('step_delegated');
    expect(await codeOf(act('cem', 'lent', 'hand-back'))).toBe('not_the_assignee');
    expect(holderOf((await act('eve', 'lent', 'hand-back', { comment: 'Done.' })).body)).toEqual({
      assignee: 'user:ada',
      owner: null,
    });
    expect(ids(await inbox('eve'))).toEqual([]);
    const { body } = await act('ada', 'lent', 'complete', { output_data: { booked: true } });
    expect(body.data).toEqual({ total: 12, booked: true });
    expect(body.steps[0]).toMatchObject({
      assignee: 'user:ada',
      output_data: { total: 12, booked: true },
    });
    expect(body.form_draft).toBeNull();
    // whoever filled it in or sent it cannot do what needs another person, nor be asked to
    expect(await codeOf(act('ada', 'lent', 'claim', {}, 'book'))).toBe('duties_not_separate');
    expect(await codeOf(act('root', 'lent', 'assign', { assignee: 'ada' }, 'book'))).toBe(
      'duties_not_separate',
    );
    expect(await codeOf(act('ben', 'lent', 'claim', {}, 'book'))).toBe(200);
    expect(await codeOf(act('ben', 'lent', 'delegate', { assignee: 'eve' }, 'book'))).toBe(
      'duties_not_separate',
    );
    expect(await codeOf(act('ben', 'lent', 'delegate', { assignee: 'sam' }, 'book'))).toBe(200);
    // who lent it may take it back
    expect(holderOf((await act('ben', 'lent', 'hand-back', {}, 'book')).body).assignee).toBe(
      'user:ben',
    );
    expect(await codeOf(act('ben', 'lent', 'complete', {}, 'book'))).toBe(200);
  });

  it('of an approval only shows who looks at it', async () => {
    const vote = { output_data: { ok: true } };
    expect(await codeOf(act('sam', 'lent', 'claim', {}, 'approve'))).toBe('approver_not_entitled');
    expect(await codeOf(act('boss', 'lent', 'claim', {}, 'approve'))).toBe(200);
    expect(await codeOf(act('boss', 'lent', 'delegate', { assignee: 'mia' }, 'approve'))).toBe(
      'not_delegable',
    );
    expect(await codeOf(act('root', 'lent', 'assign', { assignee: 'ada' }, 'approve'))).toBe(
      'approver_not_entitled',
    );
    const [item] = (await inbox('mia', 'department=sales')).items;
    expect(item).toMatchObject({ workflow_instance_id: 'lent', assignee: 'user:boss' });
    expect((await inbox('mia', 'department=it')).items).toEqual([]);
    expect(await canAct('mia', 'lent', 'approve')).toMatchObject({
      may_act: true,
      assignee: 'user:boss',
    });
    await act('mia', 'lent', 'form-data', { form_data: { ok: false, note: 'n' } }, 'approve');
    const { body } = await act('mia', 'lent', 'approve', vote, 'approve');
    expect(body).toMatchObject({ outcome: 'completed', data: { ok: true, note: 'n' } });
  });

  it('of a requester’s own is asked of their manager, in whose inbox it is', async () => {
    const own = await ok<{ workflow_id: string }>('root', 'POST', '/multi-step/create', {
      workflow_name: 'Leave',
      category: 'test',
      steps: [
        { step_id: 'approve', step_name: 'Approve', step_type: 'approval', order_sequence: 1 },
      ],
      approval_hierarchies: [{ level: 1, role_required: 'manager_of_requester' }],
    });
    const instances = `/workflows/${own.workflow_id}/instances`;
    await ok('ada', 'POST', instances, { workflow_instance_id: 'leave' });
    await ok('cem', 'POST', instances, { workflow_instance_id: 'of-nobody' });
    const query = `workflow_id=${own.workflow_id}`;
    expect(ids(await inbox('boss', query))).toEqual(['leave']);
    expect(ids(await inbox('mia', query))).toEqual([]);
    expect((await ok<Counts>('boss', 'GET', `/inbox/counts?${query}`)).total).toBe(1);
  });

  it('is commented on by whoever may read it, in order and for good', async () => {
    await start('said');
    const comments = `${path}/said/steps/check/comments`;
    expect((await as('eve', 'POST', comments, { comment: 'hm' })).status).toBe(404);
    for (const [who, comment] of [
      ['sam', 'Please hurry.'],
      ['ada', 'On it.'],
      ['sam', 'Thanks.'],
    ] as const)
      await ok(who, 'POST', comments, { comment });
    expect((await as('sam', 'POST', comments, { comment: '' })).status).toBe(400);
    expect(
      (await as('sam', 'POST', comments.replace('check', 'book'), { comment: 'x' })).body.code,
    ).toBe('step_not_entered');
    const first = await ok<Comments>('ada', 'GET', `${comments}?limit=2`);
    const rest = await ok<Comments>(
      'ada',
      'GET',
      `${comments}?limit=2&cursor=${first.next_cursor}`,
    );
    expect([...first.items, ...rest.items].map(({ author, comment }) => [author, comment])).toEqual(
      [
        ['user:sam', 'Please hurry.'],
        ['user:ada', 'On it.'],
        ['user:sam', 'Thanks.'],
      ],
    );
    expect(rest.next_cursor).toBeNull();
    expect((await as('eve', 'GET', comments)).status).toBe(404);
  });

  it('lists what is due first, page by page, and counts it by group', async () => {
    const all = await inbox('cem');
    const counts = await ok<Counts>('cem', 'GET', '/inbox/counts');
    expect(counts).toMatchObject({
      total: all.items.length,
      at_least: false,
      overdue: 0,
      assigned_to_me: 1,
    });
    for (const id of ['d1', 'd2', 'd3']) {
      await start(id);
      await act('ada', id, 'complete');
    }
    const [, second] = (await inbox('cem', 'sort=due')).items;
    const sorted = await inbox('cem', 'sort=due');
    const due = sorted.items.map(({ due_at }) => due_at);
    expect(due.slice(0, 4).every((at) => at !== null)).toBe(true);
    expect(due.slice(4).every((at) => at === null)).toBe(true);
    expect(ids(sorted).slice(0, 4)).toEqual(['race', 'd1', 'd2', 'd3']);
    const paged: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Inbox = await inbox('cem', `sort=due&limit=1${cursor && `&cursor=${cursor}`}`);
      paged.push(...ids(page));
      cursor = page.next_cursor;
    }
    expect(paged).toEqual(ids(sorted));
    expect(ids(await inbox('cem', `due_before=${second?.due_at}`))).toEqual(['race']);
    expect((await as('cem', 'GET', '/inbox?due_before=2026-W50')).status).toBe(400);
    expect((await as('cem', 'GET', `/inbox?cursor=${all.next_cursor ?? 'bm8'}`)).status).toBe(400);
    const after = await ok<Counts>('cem', 'GET', '/inbox/counts');
    expect(after.total).toBe(all.items.length + 3);
    expect(after.by_workflow).toEqual([
      { workflow_id, workflow_name: 'Invoices', count: after.total },
    ]);
    expect(after.by_step_type).toEqual([{ step_type: 'user_task', count: after.total }]);
    expect(after.by_step).toEqual(
      expect.arrayContaining([
        { workflow_id, workflow_name: 'Invoices', step_id: 'book', step_name: 'Book', count: 4 },
      ]),
    );
    const mine = await ok<Counts>('cem', 'GET', '/inbox/counts?assignment=mine');
    expect(mine.total).toBe(1);
  });
});
