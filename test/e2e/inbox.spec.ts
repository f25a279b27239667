import { Issuer } from '../support/issuer.js';
import { type Service, startService } from '../support/service.js';

interface Item {
  workflow_instance_id: string;
  step_id: string;
  step_type: string;
  on_behalf_of: string[] | null;
  overdue: boolean;
}
interface Inbox {
  items: Item[];
  next_cursor: string | null;
  code?: string;
}
interface CanAct {
  may_act: boolean;
  on_behalf_of: string[] | null;
  reasons: { code: string; detail: string; on_behalf_of: string | null }[];
  code?: string;
}

const DAY_MS = 86_400_000;

const WORKFLOW = {
  workflow_name: 'Leave',
  category: 'test',
  steps: [
    {
      step_id: 'check',
      step_name: 'Check the leave',
      step_type: 'user_task',
      order_sequence: 1,
      required_roles: ['clerk'],
    },
    { step_id: 'approve', step_name: 'Approve', step_type: 'approval', order_sequence: 2 },
  ],
  approval_hierarchies: [{ level: 1, role_required: 'manager', department_required: 'sales' }],
};

const PEOPLE = [
  { external_id: 'E-1', subject: 'clara', name: 'Clara', roles: ['clerk'] },
  { external_id: 'E-2', subject: 'mia', name: 'Mia', roles: ['manager'], department: 'sales' },
  { external_id: 'E-3', subject: 'max', name: 'Max', roles: ['manager'], department: 'it' },
  { external_id: 'E-4', subject: 'sam', name: 'Sam' },
];

describe('the inbox', () => {
  let issuer: Issuer;
  let service: Service;
  let path: string;
  const tokens = new Map<string, string>();
  beforeAll(async () => {
    issuer = await Issuer.start();
    service = await startService({ env: issuer.env });
    tokens.set('root', await issuer.token({ sub: 'root', roles: ['admin'] }));
    for (const { subject } of PEOPLE)
      tokens.set(subject, await issuer.token({ sub: subject, roles: ['participant'] }));
    await ok('root', 'POST', '/access/people/bulk', { people: PEOPLE });
    const { workflow_id } = await ok<{ workflow_id: string }>(
      'root',
      'POST',
      '/multi-step/create',
      WORKFLOW,
    );
    path = `/workflows/${workflow_id}/instances`;
  });
  afterAll(async () => {
    await service.stop();
    await issuer.stop();
  });

  const as = <Body>(who: string, method: string, asked: string, body?: unknown) =>
    service.request<Body>(method, asked, body, { authorization: `Bearer ${tokens.get(who)}` });
  async function ok<Body>(who: string, method: string, asked: string, body?: unknown) {
    const answer = await as<Body>(who, method, asked, body);
    if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
    return answer.body;
  }
  const start = (who: string, workflow_instance_id: string) =>
    ok(who, 'POST', path, { workflow_instance_id });
  const check = (id: string) => ok('clara', 'POST', `${path}/${id}/steps/check/complete`, {});
  const inbox = (who: string, query = '') => ok<Inbox>(who, 'GET', `/inbox?${query}`);
  const names = ({ items }: Inbox) =>
    items.map(({ workflow_instance_id, step_id }) => `${workflow_instance_id} ${step_id}`);
  const canAct = (who: string, id: string, step: string, query = '') =>
    as<CanAct>(who, 'GET', `${path}/${id}/steps/${step}/can-act?${query}`);

  it('shows what one may act on now, by role, department and what one has done; and says why not', async () => {
    await start('sam', 'one');
    await start('mia', 'of-mia');
    expect(names(await inbox('clara'))).toEqual(['one check', 'of-mia check']);
    for (const who of ['mia', 'max', 'sam']) expect(names(await inbox(who))).toEqual([]);
    expect((await canAct('clara', 'one', 'check')).body).toEqual({
      may_act: true,
      on_behalf_of: null,
      assignee: null,
      owner: null,
      reasons: [],
    });
    await check('one');
    await check('of-mia');
    // not her own request
    expect(names(await inbox('mia'))).toEqual(['one approve']);
    expect(names(await inbox('max'))).toEqual([]);
    const own = await canAct('mia', 'of-mia', 'approve');
    expect(own.body).toMatchObject({ may_act: false, reasons: [{ code: 'own_approval' }] });
    const asMax = await canAct('root', 'one', 'approve', 'person=max');
    expect(asMax.body.reasons).toEqual([
      {
        code: 'approver_not_entitled',
        detail: 'Level 1 needs somebody of the department sales.',
        on_behalf_of: null,
      },
    ]);
    const passed = await canAct('root', 'one', 'check', 'person=clara');
    expect(passed.body.reasons[0]?.code).toBe('step_not_current');
  });

  it('is refused by the same rule that lists it', async () => {
    await start('sam', 'two');
    await check('two');
    for (const [who, status] of [
      ['max', 403],
      ['mia', 200],
    ] as const) {
      const listed = names(await inbox(who)).includes('two approve');
      const may = await canAct('root', 'two', 'approve', `person=${who}`);
      const { body, status: answered } = await as<{ code?: string }>(
        who,
        'POST',
        `${path}/two/steps/approve/approve`,
        {},
      );
      expect([who, listed, may.body.may_act]).toEqual([who, status === 200, status === 200]);
      expect(answered).toBe(status);
      expect(body.code).toBe(may.body.reasons[0]?.code);
    }
    expect(names(await inbox('mia'))).not.toContain('two approve');
  });

  it('shows a substitute for whom they may decide, and never their own request', async () => {
    await start('sam', 'of-sam');
    await start('clara', 'of-clara');
    await check('of-sam');
    await check('of-clara');
    const time = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();
    await ok('root', 'POST', '/access/absences', {
      person: 'E-2',
      substitute: 'E-4',
      from: time(-1),
      to: time(1),
    });
    const { items } = await inbox('sam');
    const seen = new Map(items.map((item) => [item.workflow_instance_id, item.on_behalf_of]));
    expect(seen.get('of-clara')).toEqual(['E-2']);
    expect(seen.has('of-sam')).toBe(false);
    const { body } = await canAct('sam', 'of-sam', 'approve');
    expect(body.reasons.map(({ code, on_behalf_of }) => [code, on_behalf_of])).toEqual([
      ['approver_not_entitled', null],
      ['own_approval', 'E-2'],
    ]);
  });

  it('is another’s for operators alone, filtered, and page by page the same', async () => {
    for (const id of ['p1', 'p2', 'p3']) await start('sam', id);
    expect((await as<Inbox>('max', 'GET', '/inbox?person=clara')).body.code).toBe(
      'speaks_for_others',
    );
    expect((await as<Inbox>('root', 'GET', '/inbox?person=nobody')).status).toBe(404);
    const all = names(await inbox('root', 'person=clara&step_type=user_task'));
    expect(all).toEqual(['p1 check', 'p2 check', 'p3 check']);
    expect(names(await inbox('root', 'person=clara&step_type=approval'))).toEqual([]);
    expect(names(await inbox('clara', 'overdue=true'))).toEqual([]);
    const paged: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Inbox = await inbox('clara', `limit=1${cursor && `&cursor=${cursor}`}`);
      paged.push(...names(page));
      cursor = page.next_cursor;
    }
    expect(paged).toEqual(all);
  });

  it('tells nobody of an instance that they have no part in', async () => {
    expect((await canAct('max', 'p1', 'check')).status).toBe(404);
  });
});
