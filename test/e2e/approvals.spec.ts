import pg from 'pg';

import { Issuer } from '../support/issuer.js';
import { type Service, startService } from '../support/service.js';

interface Level {
  level: number;
  status: string;
  votes?: { voter: string; decision: string; on_behalf_of: string | null }[];
}
interface Instance {
  instance_id: string;
  status: string;
  outcome: string | null;
  current_step_id: string | null;
  question: { question: string } | null;
  steps: {
    step_id: string;
    status: string;
    entry: number;
    outcome: string;
    approval_levels: Level[];
  }[];
  code?: string;
}
type Act = 'approve' | 'reject' | 'send-back' | 'ask' | 'answer';

const step = (step_id: string, order_sequence: number, more = {}) => ({
  step_id,
  step_name: step_id,
  step_type: 'user_task',
  order_sequence,
  ...more,
});
const REQUEST_AND_APPROVAL = [step('request', 1), step('approval', 2, { step_type: 'approval' })];

describe('approvals', () => {
  let issuer: Issuer;
  let service: Service;
  let database: pg.Client;
  let admin: string;
  beforeAll(async () => {
    issuer = await Issuer.start();
    service = await startService({ env: issuer.env });
    database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
    await database.query(`set app.tenant_id = 'default'`);
    admin = await issuer.token({ sub: 'root', roles: ['admin'] });
    const person = (subject: string, roles: string[], more = {}) => ({
      external_id: `E-${subject}`,
      subject,
      name: subject,
      roles,
      ...more,
    });
    const { status } = await as(admin, 'POST', '/access/people/bulk', {
      people: [
        person('ada', [], { manager_external_id: 'E-max' }),
        person('mia', ['manager'], { department: 'HR', management_level: 2 }),
        person('max', ['manager'], { department: 'IT', management_level: 1 }),
        person('dan', ['director'], { management_level: 4 }),
        person('aud', ['auditor']),
        ...Array.from({ length: 50 }, (_, number) => person(`b${number}`, ['board'])),
      ],
    });
    expect(status).toBe(200);
  });
  afterAll(async () => {
    await database.end();
    await service.stop();
    await issuer.stop();
  });

  const as = <Body = Instance>(token: string, method: string, path: string, body?: unknown) =>
    service.request<Body>(method, path, body, { authorization: `Bearer ${token}` });
  const tokens = new Map<string, Promise<string>>();
  const tokenOf = (sub: string): Promise<string> => {
    const token = tokens.get(sub) ?? issuer.token({ sub, roles: ['participant'] });
    tokens.set(sub, token);
    return token;
  };

  let workflows = 0;
  const define = async (definition: object): Promise<string> => {
    workflows += 1;
    const { status, body } = await as<{ workflow_id: string }>(
      admin,
      'POST',
      '/multi-step/create',
      {
        workflow_name: `Approvals ${workflows}`,
        category: 'test',
        ...definition,
      },
    );
    expect([status, body]).toEqual([201, expect.anything()]);
    return body.workflow_id;
  };
  /** An instance that ada has started, at its approval. */
  const ask = async (workflow_id: string, data: object = {}): Promise<string> => {
    const ada = await tokenOf('ada');
    const path = `/workflows/${workflow_id}/instances`;
    const started = await as<Instance & { workflow_instance_id: string }>(ada, 'POST', path, {
      data,
    });
    const instance = `${path}/${started.body.workflow_instance_id}`;
    await as(ada, 'POST', `${instance}/steps/request/complete`, {});
    return instance;
  };
  const act = async (
    instance: string,
    who: string,
    what: Act,
    body: object = {},
    at = 'approval',
  ) => as(await tokenOf(who), 'POST', `${instance}/steps/${at}/${what}`, body);
  const codeOf = async (answer: ReturnType<typeof act>) => {
    const { status, body } = await answer;
    return body.code ?? status;
  };
  const levelsOf = ({ steps }: Instance) =>
    steps.at(-1)!.approval_levels.map(({ status }) => status);

  it('ask levels in order, with department and management level from the directory', async () => {
    const workflow = await define({
      steps: REQUEST_AND_APPROVAL,
      approval_hierarchies: [
        { level: 1, role_required: 'manager', department_required: 'HR', minimum_level: 2 },
        { level: 2, role_required: 'director', bypass_conditions: ['amount < 100'] },
      ],
    });
    const large = await ask(workflow, { amount: 500 });
    expect(await codeOf(act(large, 'max', 'approve'))).toBe('approver_not_entitled');
    expect(await codeOf(act(large, 'dan', 'approve'))).toBe('approver_not_entitled');
    expect(
      await codeOf(act(large, 'max', 'approve', { user_context: { roles: ['director'] } })),
    ).toBe('speaks_for_others');
    expect(await codeOf(act(large, 'max', 'approve', { decided_by: 'mia' }))).toBe(
      'speaks_for_others',
    );
    expect(levelsOf((await act(large, 'mia', 'approve')).body)).toEqual(['approved', 'asked']);
    expect((await act(large, 'dan', 'approve')).body).toMatchObject({ outcome: 'completed' });

    const small = await ask(workflow, { amount: 50 });
    const { body } = await act(small, 'mia', 'approve');
    expect(body).toMatchObject({ outcome: 'completed' });
    expect(body.steps.at(-1)!.approval_levels[1]).toMatchObject({
      status: 'bypassed',
      bypassed_by: 'amount < 100',
    });
  });

  it('ask the manager of the requester, and nobody who only says so', async () => {
    const workflow = await define({
      steps: REQUEST_AND_APPROVAL,
      approval_hierarchies: [{ level: 1, role_required: 'manager_of_requester' }],
    });
    const instance = await ask(workflow);
    expect((await as(await tokenOf('max'), 'GET', instance)).status).toBe(200);
    expect((await as(await tokenOf('mia'), 'GET', instance)).status).toBe(404);
    expect(await codeOf(act(instance, 'mia', 'approve'))).toBe('approver_not_entitled');
    const claimed = { decided_by: 'mia', user_context: { roles: ['manager_of_requester'] } };
    const claim = as(admin, 'POST', `${instance}/steps/approval/approve`, claimed);
    expect(await codeOf(claim)).toBe('approver_not_entitled');
    expect((await act(instance, 'max', 'approve')).body).toMatchObject({ outcome: 'completed' });
  });

  it('ask parallel levels together; one rejection ends it', async () => {
    const workflow = await define({
      steps: REQUEST_AND_APPROVAL,
      approval_hierarchies: [
        { level: 1, role_required: 'manager', parallel_approval: true },
        { level: 2, role_required: 'director' },
      ],
    });
    const instance = await ask(workflow);
    expect(levelsOf((await act(instance, 'dan', 'approve')).body)).toEqual(['asked', 'approved']);
    expect((await act(instance, 'mia', 'reject')).body).toMatchObject({ outcome: 'rejected' });
  });

  const BOARD = {
    level: 1,
    role_required: 'board',
    policy: {
      voters: 5,
      approve_when: { at_least: 3 },
      reject_when: 'all',
      veto_roles: ['auditor'],
    },
  };

  it('count N of M, and close as soon as nothing can turn it', async () => {
    const workflow = await define({ steps: REQUEST_AND_APPROVAL, approval_hierarchies: [BOARD] });
    const yes = await ask(workflow);
    for (const who of ['b1', 'b2'])
      expect((await act(yes, who, 'approve')).body.outcome).toBeNull();
    expect(await codeOf(act(yes, 'b2', 'approve'))).toBe('approval_already_given');
    expect(await codeOf(act(yes, 'b2', 'reject'))).toBe('approval_already_given');
    expect((await act(yes, 'b3', 'approve')).body).toMatchObject({ outcome: 'completed' });

    const no = await ask(workflow);
    for (const who of ['b1', 'b2']) expect((await act(no, who, 'reject')).body.outcome).toBeNull();
    expect((await act(no, 'b3', 'reject')).body).toMatchObject({ outcome: 'rejected' });
    const { body } = await as<{ items: { event_type: string; payload: object }[] }>(
      admin,
      'GET',
      `${no}/history`,
    );
    expect(
      body.items.find(({ event_type }) => event_type === 'level_settled')?.payload,
    ).toMatchObject({
      decision: 'rejected',
      reason: '0 approved and 2 could still: 3 of 5 are needed cannot be reached.',
    });
  });

  it('let a veto end it at once', async () => {
    const policy = { ...BOARD.policy, veto_roles: ['board'] };
    const workflow = await define({
      steps: REQUEST_AND_APPROVAL,
      approval_hierarchies: [{ ...BOARD, policy }],
    });
    expect((await act(await ask(workflow), 'b1', 'reject')).body).toMatchObject({
      outcome: 'rejected',
    });
  });

  it('count each of 50 parallel votes once, or refuse it with a reason', async () => {
    const policy = { voters: 50, approve_when: { at_least: 30 }, reject_when: 'all' };
    const workflow = await define({
      steps: REQUEST_AND_APPROVAL,
      approval_hierarchies: [{ level: 1, role_required: 'board', policy }],
    });
    const instance = await ask(workflow);
    // 25 people vote twice at the same time, and 25 once
    const voters = Array.from({ length: 50 }, (_, index) => `b${index < 25 ? index : index - 25}`);
    const codes = await Promise.all(voters.map((who) => codeOf(act(instance, who, 'approve'))));
    expect(codes.filter((code) => code === 200)).toHaveLength(25);
    expect(codes.filter((code) => code === 'approval_already_given')).toHaveLength(25);
    const others = Array.from({ length: 25 }, (_, index) => `b${index + 25}`);
    const rest = await Promise.all(others.map((who) => codeOf(act(instance, who, 'approve'))));
    expect(rest.filter((code) => code === 200)).toHaveLength(5);
    expect(new Set(rest)).toEqual(new Set([200, 'instance_not_running']));
    const { rows } = await database.query<{ votes: number; people: number }>(
      `select count(*)::int as votes, count(distinct person_key)::int as people from approval_votes
       where instance_id = (select instance_id from workflow_instances where workflow_id = $1)`,
      [workflow],
    );
    expect(rows).toEqual([{ votes: 30, people: 30 }]);
  });

  it('are never given on one’s own request, under whatever name', async () => {
    const workflow = await define({
      steps: REQUEST_AND_APPROVAL,
      approval_hierarchies: [{ level: 1, role_required: 'manager' }],
    });
    const path = `/workflows/${workflow}/instances`;
    const start = async (body: object) => {
      const started = await as<{ workflow_instance_id: string }>(admin, 'POST', path, body);
      const instance = `${path}/${started.body.workflow_instance_id}`;
      await as(admin, 'POST', `${instance}/steps/request/complete`, {
        output_data: { requester: 'x' },
      });
      return instance;
    };
    for (const body of [
      { started_by: 'mia' },
      { started_by: 'E-mia' },
      { started_by: 'user:mia' },
      { data: { requester: 'E-mia' } },
    ]) {
      expect(await codeOf(act(await start(body), 'mia', 'approve'))).toBe('own_approval');
    }
    expect((await act(await start({ started_by: 'ada' }), 'mia', 'approve')).status).toBe(200);
    // past every check of the service: the database itself refuses
    const instance = await start({ started_by: 'E-mia' });
    const { body } = await as(admin, 'GET', instance);
    const insert = database.query(
      `insert into approval_votes (vote_id, step_execution_id, instance_id, level, decision, decided_by)
       select gen_random_uuid(), step_execution_id, instance_id, 1, 'approved', 'user:mia'
       from step_executions where instance_id = $1 and step_id = 'approval'`,
      [body.instance_id],
    );
    await expect(insert).rejects.toMatchObject({ constraint: 'approval_votes_not_own' });
  });

  it('need other people where duties are separated, whichever step says so', async () => {
    const workflow = await define({
      steps: [
        step('request', 1),
        step('check', 2, { step_type: 'approval', different_person_from: ['pay'] }),
        step('pay', 3),
      ],
      approval_hierarchies: [{ level: 1, role_required: 'manager' }],
    });
    const instance = await ask(workflow);
    expect((await act(instance, 'mia', 'approve', {}, 'check')).status).toBe(200);
    const pay = async (who: string) =>
      codeOf(as(await tokenOf(who), 'POST', `${instance}/steps/pay/complete`, {}));
    expect(await pay('mia')).toBe('duties_not_separate');
    const acts = database.query(
      `insert into step_acts select instance_id, 'pay', person_key, '["check"]' from step_acts
       where instance_id = (select instance_id from workflow_instances where workflow_id = $1)`,
      [workflow],
    );
    await expect(acts).rejects.toMatchObject({ constraint: 'step_acts_apart' });
    expect(await pay('max')).toBe(200);
  });

  it('are given by a substitute who says for whom, but never for or by the requester', async () => {
    const workflow = await define({
      steps: REQUEST_AND_APPROVAL,
      approval_hierarchies: [{ level: 1, role_required: 'director' }],
    });
    const instance = await ask(workflow);
    const forDan = { on_behalf_of: 'E-dan' };
    expect(await codeOf(act(instance, 'max', 'approve', forDan))).toBe('not_substitute');
    for (const substitute of ['max', 'ada']) {
      const absence = { substitute, from: '2020-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z' };
      await as(await tokenOf('dan'), 'POST', '/access/absences', absence);
    }
    expect(await codeOf(act(instance, 'max', 'approve'))).toBe('approver_not_entitled');
    expect(await codeOf(act(instance, 'ada', 'approve', forDan))).toBe('own_approval');
    expect((await act(instance, 'max', 'approve', forDan)).body).toMatchObject({
      outcome: 'completed',
    });
    const { body } = await as<{ items: { event_type: string; actor: string; payload: object }[] }>(
      await tokenOf('max'),
      'GET',
      `${instance}/history`,
    );
    expect(body.items.find(({ event_type }) => event_type === 'approval_decided')).toMatchObject({
      actor: 'user:max',
      payload: { decided_by: 'user:max', on_behalf_of: 'E-dan' },
    });
    const audit = await as<{ items: object[] }>(admin, 'GET', '/audit?subject=E-dan');
    expect(audit.body.items).toMatchObject([{ actor: 'user:max', on_behalf_of: 'E-dan' }]);
  });

  it('are sent back twice and given then; a question keeps its place', async () => {
    const workflow = await define({
      steps: REQUEST_AND_APPROVAL,
      approval_hierarchies: [
        { level: 1, role_required: 'manager' },
        { level: 2, role_required: 'director' },
      ],
    });
    const instance = await ask(workflow);
    const again = async () =>
      as(await tokenOf('ada'), 'POST', `${instance}/steps/request/complete`, {});
    await act(instance, 'mia', 'approve');
    const back = { to_step_id: 'request', comment: 'Add the cost centre.' };
    expect(
      await codeOf(act(instance, 'dan', 'send-back', { ...back, to_step_id: 'approval' })),
    ).toBe('step_not_entered');
    const sent = await act(instance, 'dan', 'send-back', back);
    expect(sent.body).toMatchObject({ status: 'running', current_step_id: 'request' });
    expect(levelsOf((await again()).body)).toEqual(['asked', 'pending']);
    await act(instance, 'mia', 'send-back', back);
    await again();

    await act(instance, 'mia', 'approve');
    const question = { question: 'Which cost centre?' };
    expect((await act(instance, 'dan', 'ask', question)).body.question).toMatchObject(question);
    expect(await codeOf(act(instance, 'dan', 'ask', question))).toBe('information_awaited');
    expect(await codeOf(act(instance, 'mia', 'answer', { answer: '?' }))).toBe('not_the_requester');
    const answered = await act(instance, 'ada', 'answer', { answer: '4711' });
    expect(answered.body.question).toBeNull();
    expect(levelsOf(answered.body)).toEqual(['approved', 'asked']);
    const { body } = await act(instance, 'dan', 'approve');
    expect(body).toMatchObject({ outcome: 'completed' });
    expect(
      body.steps.map(({ step_id, entry, outcome }) => `${step_id} ${entry} ${outcome}`),
    ).toEqual([
      'request 1 completed',
      'approval 1 sent_back',
      'request 2 completed',
      'approval 2 sent_back',
      'request 3 completed',
      'approval 3 approved',
    ]);
  });

  it('show an instance to those who have a part in it, and to no other participant', async () => {
    const workflow = await define({
      steps: REQUEST_AND_APPROVAL,
      approval_hierarchies: [
        { level: 1, role_required: 'manager' },
        { level: 2, role_required: 'director' },
      ],
    });
    const instance = await ask(workflow);
    const seenBy = async (...people: string[]) =>
      Promise.all(
        people.map(async (who) => (await as(await tokenOf(who), 'GET', instance)).status),
      );
    expect(await seenBy('ada', 'mia', 'dan', 'aud')).toEqual([200, 200, 404, 404]);
    await act(instance, 'mia', 'approve');
    expect(await seenBy('ada', 'mia', 'dan', 'aud')).toEqual([200, 200, 200, 404]);
    const listed = async (who: string) =>
      (await as<{ items: object[] }>(await tokenOf(who), 'GET', `/workflows/${workflow}/instances`))
        .body.items.length;
    expect([await listed('ada'), await listed('mia'), await listed('aud')]).toEqual([1, 1, 0]);
  });

  it('refuse a policy that can never decide, with pointers', async () => {
    const { status, body } = await as<{ errors: { pointer: string; code: string }[] }>(
      admin,
      'POST',
      '/multi-step/create',
      {
        workflow_name: 'Never',
        category: 'test',
        steps: [{ ...REQUEST_AND_APPROVAL[0], different_person_from: ['request', 'nowhere'] }],
        approval_hierarchies: [
          { level: 1, role_required: 'a', policy: { approve_when: 'all' } },
          { level: 2, role_required: 'b', policy: { voters: 1, approve_when: { at_least: 2 } } },
        ],
      },
    );
    expect(status).toBe(400);
    expect(body.errors.map(({ pointer, code }) => `${pointer} ${code}`)).toEqual([
      '/steps/0/different_person_from/0 invalid_step',
      '/steps/0/different_person_from/1 unknown_step',
      '/approval_hierarchies/0/policy/approve_when voters_required',
      '/approval_hierarchies/1/policy/approve_when threshold_unreachable',
    ]);
  });
});
