import { eventually } from '../support/eventually.js';
import { Issuer } from '../support/issuer.js';
import { type Answer, type Service, startService } from '../support/service.js';

interface Event {
  event_type: string;
  step_id: string | null;
  actor: string;
  payload: Record<string, unknown>;
}
interface Instance {
  code?: string;
  status: string;
  outcome: string | null;
  current_step_id: string | null;
  awaited_decision_id: string | null;
  workflow_instance_id: string;
}
interface Modified {
  code?: string;
  modification_result: { modification_id: string; status: string };
  change_tracking: { moves: { status: string | null; moved: number; failed: number } };
}

const ROLES = ['participant', 'worker', 'designer', 'viewer', 'approver_of_changes'] as const;
const STEPS = ['request', 'approval', 'pay'];
const HOUR_AGO = '2020-01-01T00:00:00Z';

/**
 * All that a caller can ask for that ends, leaves or goes around an approval, but giving it. By role: what nobody is
 * let in for, what is taken as a proposal only, and what those may do who run the processes, with its trace.
 */
describe('ways around an approval', () => {
  let issuer: Issuer;
  let service: Service;
  let workflow: string;
  const tokens = new Map<string, string>();
  beforeAll(async () => {
    issuer = await Issuer.start();
    service = await startService({ env: { ...issuer.env, ML_MIN_EVIDENCE: '2' } });
    const holder = async (sub: string, ...roles: string[]) =>
      tokens.set(sub, await issuer.token({ sub, roles }));
    for (const role of ROLES) await holder(role, role);
    await holder('root', 'admin');
    await holder('ada', 'participant');
    await holder('mia', 'participant', 'manager');
    await holder('cleo', 'participant', 'clerk');
    await holder('otto', 'operator', 'participant', 'manager');
    await holder('olga', 'operator', 'participant');
    await holder('engine', 'participant', 'manager');
    workflow = await define('Guarded');
  });
  afterAll(async () => {
    await service.stop();
    await issuer.stop();
  });

  const as = <Body = Instance>(who: string, method: string, path: string, body?: unknown) =>
    service.request<Body>(method, path, body, { authorization: `Bearer ${tokens.get(who)}` });
  const codeOf = async (answer: Promise<Answer<{ code?: string }>>) => {
    const { status, body } = await answer;
    return body.code ?? status;
  };
  async function define(workflow_name: string, more: object = {}, at: object = {}) {
    const steps = STEPS.map((step_id, index) => ({
      step_id,
      step_name: step_id,
      step_type: step_id === 'approval' ? 'approval' : 'user_task',
      order_sequence: index + 1,
      ...(step_id === 'approval' && at),
    }));
    const approval_hierarchies = [{ level: 1, role_required: 'manager' }];
    const { status, body } = await as<{ workflow_id: string }>(
      'root',
      'POST',
      '/multi-step/create',
      { workflow_name, category: 'test', steps, approval_hierarchies, ...more },
    );
    expect([status, body]).toEqual([201, expect.anything()]);
    return body.workflow_id;
  }
  const at = (id: string, workflow_id = workflow) => `/workflows/${workflow_id}/instances/${id}`;
  /** An instance at its approval. */
  async function asked(by: string, workflow_id = workflow): Promise<string> {
    const started = await as(by, 'POST', `/workflows/${workflow_id}/instances`, {});
    const id = started.body.workflow_instance_id;
    const { body } = await as(by, 'POST', `${at(id, workflow_id)}/steps/request/complete`, {});
    expect(body.current_step_id).toBe('approval');
    return id;
  }
  const historyOf = async (id: string, workflow_id = workflow) =>
    (await as<{ items: Event[] }>('root', 'GET', `${at(id, workflow_id)}/history?limit=200`)).body
      .items;
  const ended = async (id: string) =>
    (await historyOf(id)).find(
      ({ event_type, step_id }) => event_type === 'step_completed' && step_id === 'approval',
    );

  const rule = (target_action: string, target_step_id: string | null = null) => ({
    rule_id: 'around',
    rule_name: 'Around',
    condition_type: 'data_threshold',
    condition_expression: 'true',
    target_action,
    target_step_id,
  });
  const routed = (id: string, business_rules: object[], workflow_id = workflow) => ({
    workflow_id,
    context: { workflow_instance_id: id, current_step_id: 'approval', workflow_data: {} },
    business_rules,
  });
  const change = (type: string, step_modifications: object[], more: object = {}) => ({
    workflow_modification: {
      workflow_id: workflow,
      modification_type: type,
      step_modifications,
      reason: 'Nobody is there to approve it.',
      requested_by: 'whoever',
      ...more,
    },
    auto_apply: true,
  });
  const bypass = (ids: string[], more: object = { emergency_change: true }) =>
    change('emergency_bypass', [{ step_id: 'approval', modification_type: 'emergency_bypass' }], {
      global_changes: { workflow_instance_ids: ids },
      ...more,
    });

  /** What is asked, and what the answer may be: the codes by which it is refused to whoever is let in at all. */
  const attempts = (id: string): [string, string, object?, ...(string | number)[]][] => [
    ['PUT', '/conditional/route', routed(id, [rule('auto_approve')])],
    ['PUT', '/conditional/route', routed(id, [rule('route_to_step', 'pay')])],
    ['POST', `${at(id)}/steps/approval/complete`, {}, 'step_not_waiting'],
    ['POST', `${at(id)}/steps/pay/complete`, {}, 'step_not_current'],
    ['POST', `${at(id)}/steps/approval/approve`, {}, 'approver_not_entitled'],
    [
      'POST',
      `${at(id)}/steps/approval/approve`,
      { decided_by: 'mia', user_context: { roles: ['manager'] } },
      'speaks_for_others',
    ],
    [
      'POST',
      `${at(id)}/steps/approval/send-back`,
      { to_step_id: 'request', comment: '-' },
      'approver_not_entitled',
    ],
    [
      'POST',
      '/parallel/execute',
      {
        workflow_id: workflow,
        workflow_instance_id: id,
        tasks: [{ task_id: 't', task_name: 'T', task_type: 'approval', step_id: 'approval' }],
      },
    ],
    ['POST', '/dynamic/modify', bypass([id]), 'forbidden'],
    [
      'POST',
      '/dynamic/routing-overrides',
      { workflow_id: workflow, condition_expression: 'true', target_step_id: 'pay' },
    ],
    ['POST', '/parallel/incidents/skip', { filter: { workflow_id: workflow }, output_data: {} }],
    ['POST', `${at(id)}/suspend`, {}],
    ['POST', `${at(id)}/cancel`, {}],
    [
      'POST',
      `/workflows/${workflow}/instances`,
      { current_step_id: 'pay', data: {} },
      'validation_failed',
    ],
  ];

  it.each(ROLES)('let no %s past it', async (role) => {
    const id = await asked('ada');
    const before = await historyOf(id);
    for (const [method, path, body, ...refusals] of attempts(id)) {
      const code = await codeOf(as(role, method, path, body));
      expect([method, path, ['forbidden', ...refusals]]).toEqual([
        method,
        path,
        expect.arrayContaining([code]),
      ]);
    }
    expect(await historyOf(id)).toEqual(before);
  });

  it('are proposals only, where a designer asks for them', async () => {
    const id = await asked('ada');
    const before = await historyOf(id);
    const step = (modification: object) => [{ step_id: 'approval', ...modification }];
    const shortcut = {
      rule_id: 'shortcut',
      condition_expression: 'true',
      target_step_id: 'pay',
      source_step_id: 'request',
    };
    const asks: [object, object?][] = [
      [change('remove_step', step({ modification_type: 'remove_step' }))],
      [
        change(
          'modify_step',
          step({ modification_type: 'modify_step', new_configuration: { step_type: 'user_task' } }),
        ),
      ],
      [
        change(
          'modify_step',
          step({
            modification_type: 'modify_step',
            new_configuration: { conditions: { expression: 'false' } },
          }),
        ),
      ],
      [
        change('change_approval', [], {
          global_changes: {
            approval_hierarchies: [
              { level: 1, role_required: 'manager', bypass_conditions: ['true'] },
            ],
          },
        }),
      ],
      [change('update_routing', [], { global_changes: { routing_rules: [shortcut] } })],
      [
        change('modify_step', [
          {
            step_id: 'request',
            modification_type: 'modify_step',
            new_configuration: { step_name: 'Ask' },
          },
        ]),
        { step_mapping: { approval: 'pay' } },
      ],
      [bypass([id], {})],
    ];
    for (const [asking, migration] of asks) {
      const isBypass = migration === undefined && JSON.stringify(asking).includes('_bypass');
      const answer = await as<Modified>('designer', 'POST', '/dynamic/modify', {
        ...asking,
        ...(!isBypass && { apply_to: 'all' }),
        ...(migration && { migration }),
      });
      expect([answer.status, answer.body.modification_result?.status, asking]).toEqual([
        202,
        'pending_approval',
        asking,
      ]);
      const { modification_id } = answer.body.modification_result;
      for (const who of ['designer', 'operator-less']) {
        const approve = as(who, 'POST', `/dynamic/approve/${modification_id}`, {});
        expect(['forbidden', 'unauthenticated']).toContain(await codeOf(approve));
      }
      const rejected = await as(
        'approver_of_changes',
        'POST',
        `/dynamic/reject/${modification_id}`,
        {
          comments: 'No.',
        },
      );
      expect(rejected.status).toBe(200);
    }
    // a rule that is stored decides when somebody who runs processes asks, and moves nothing by itself
    const stored = await as('designer', 'POST', '/conditional/rules', {
      ...rule('auto_approve'),
      rule_id: 'stored',
      workflow_id: workflow,
    });
    expect(stored.status).toBe(201);
    await as('designer', 'DELETE', '/conditional/rules/stored');
    expect(await historyOf(id)).toEqual(before);
  });

  it('are open to operators, for the requests of others, and leave who, how and why', async () => {
    const approved = await asked('ada');
    const route = await as(
      'otto',
      'PUT',
      '/conditional/route',
      routed(approved, [rule('auto_approve')]),
    );
    expect(route.status).toBe(200);
    expect(await ended(approved)).toMatchObject({
      actor: 'user:otto',
      payload: { outcome: 'approved', reason: expect.stringContaining('Rule sent along around') },
    });

    const bypassed = await asked('ada');
    const { body } = await as<Modified>('olga', 'POST', '/dynamic/modify', bypass([bypassed]));
    expect(body.modification_result.status).toBe('applied');
    const moved = await eventually(async () => {
      const event = await ended(bypassed);
      expect(event).toBeDefined();
      return event;
    });
    expect(moved).toMatchObject({
      actor: 'user:olga',
      payload: { outcome: 'bypassed', reason: 'Nobody is there to approve it.' },
    });
    expect(await as('olga', 'GET', '/audit')).toMatchObject({ status: 403 });
    const audited = await as<{ items: { operation: string }[] }>(
      'root',
      'GET',
      '/audit?subject=olga',
    );
    expect(audited.body.items.map(({ operation }) => operation)).toContain('POST /dynamic/modify');
  });

  it('are closed to operators, too, on what they want themselves', async () => {
    const own = await asked('otto');
    for (const [action, target] of [
      ['auto_approve', null],
      ['auto_approve', 'pay'],
      ['route_to_step', 'pay'],
      ['reject', null],
    ] as const) {
      const route = as('otto', 'PUT', '/conditional/route', routed(own, [rule(action, target)]));
      expect([action, await codeOf(route)]).toEqual([action, 'own_approval']);
    }
    expect(await codeOf(as('otto', 'POST', `${at(own)}/steps/approval/approve`, {}))).toBe(
      'own_approval',
    );
    // also where it is mentioned for the first time, and whoever else it is for
    for (const data of [{}, { requester: 'ada' }]) {
      const first = routed(`first-${Object.keys(data).length}`, [rule('auto_approve')]);
      const mention = { ...first, context: { ...first.context, workflow_data: data } };
      expect(await codeOf(as('otto', 'PUT', '/conditional/route', mention))).toBe('own_approval');
    }
    const { body } = await as<Modified>('otto', 'POST', '/dynamic/modify', bypass([own]));
    await eventually(async () => {
      const path = `/dynamic/status/${body.modification_result.modification_id}`;
      const status = await as<Modified>('otto', 'GET', path);
      expect(status.body.change_tracking.moves).toMatchObject({ moved: 0, failed: 1 });
    });
    expect(await ended(own)).toBeUndefined();
    expect((await as('root', 'GET', at(own))).body).toMatchObject({ current_step_id: 'approval' });
  });

  it('lead through no duty that is to be another person’s', async () => {
    const separate = await define('Separate', {}, { different_person_from: ['pay'] });
    const id = await asked('ada', separate);
    const ask = routed(id, [rule('auto_approve')], separate);
    expect((await as('otto', 'PUT', '/conditional/route', ask)).status).toBe(200);
    const pay = (who: string) => as(who, 'POST', `${at(id, separate)}/steps/pay/complete`, {});
    expect(await codeOf(pay('otto'))).toBe('duties_not_separate');
    expect((await pay('olga')).body.outcome).toBe('completed');
  });

  it('do not open by overwriting who the requester is, nor by a name that reads like a program’s', async () => {
    const two = await define('Overwritten', {
      steps: [...STEPS.slice(0, 1), 'details', ...STEPS.slice(1)].map((step_id, index) => ({
        step_id,
        step_name: step_id,
        step_type: step_id === 'approval' ? 'approval' : 'user_task',
        order_sequence: index + 1,
      })),
    });
    const started = await as('cleo', 'POST', `/workflows/${two}/instances`, {});
    const id = started.body.workflow_instance_id;
    const complete = (who: string, step: string, requester: string) =>
      as(who, 'POST', `${at(id, two)}/steps/${step}/complete`, { output_data: { requester } });
    await complete('cleo', 'request', 'mia');
    await complete('mia', 'details', 'ada');
    const approve = (who: string, what = id, of = two) =>
      codeOf(as(who, 'POST', `${at(what, of)}/steps/approval/approve`, {}));
    expect(await approve('mia')).toBe('own_approval');
    expect(await approve('otto')).toBe(200);
    expect(await approve('engine', await asked('engine'), workflow)).toBe('own_approval');
  });

  it('are no choice of who requests, nor of who is not asked', async () => {
    const uncertain = await define('Uncertain', {
      minimum_confidence: 0.8,
      steps: [...STEPS, 'file'].map((step_id, index) => ({
        step_id,
        step_name: step_id,
        step_type: step_id === 'approval' ? 'approval' : 'user_task',
        order_sequence: index + 1,
        ...(step_id === 'request' && { required_roles: ['clerk'] }),
      })),
      routing_rules: [
        {
          rule_id: 'asks',
          condition_expression: 'true',
          target_step_id: 'approval',
          source_step_id: 'request',
        },
      ],
    });
    const begin = async (id: string, by: string) => {
      const named = { workflow_instance_id: id };
      await as(by, 'POST', `/workflows/${uncertain}/instances`, named);
      return (await as('root', 'POST', `${at(id, uncertain)}/steps/request/complete`, {})).body;
    };
    // two like decisions, of which one went well
    await begin('first', 'ada');
    await as('mia', 'POST', `${at('first', uncertain)}/steps/approval/approve`, {});
    for (const step of ['pay', 'file']) {
      await as('root', 'POST', `${at('first', uncertain)}/steps/${step}/complete`, {});
    }
    await begin('second', 'ada');
    await as('root', 'POST', `${at('second', uncertain)}/cancel`, {});

    const held = await begin('third', 'cleo');
    const chosen = (who: string, body: object, id = held.awaited_decision_id) =>
      codeOf(as(who, 'POST', `/conditional/decisions/${id}/choose`, body));
    expect(held.awaited_decision_id).not.toBeNull();
    expect(await chosen('cleo', {})).toBe('own_approval');
    expect(await chosen('mia', {})).toBe('approver_not_entitled');
    expect(await chosen('worker', {})).toBe('forbidden');
    const others = (await begin('fourth', 'ada')).awaited_decision_id;
    expect(await chosen('cleo', { target_step_id: 'pay' }, others)).toBe('approver_not_entitled');
    expect(await chosen('cleo', { chosen_by: 'mia' }, others)).toBe('speaks_for_others');
    expect(await chosen('cleo', {}, others)).toBe(200);
    expect((await as('root', 'GET', at('fourth', uncertain))).body.current_step_id).toBe(
      'approval',
    );
    expect(await chosen('olga', { target_step_id: 'pay', comment: 'Paid already.' })).toBe(200);
    expect(await historyOf('third', uncertain)).toContainEqual(
      expect.objectContaining({
        event_type: 'decision_chosen',
        actor: 'user:olga',
        payload: expect.objectContaining({ confirmed: false, comment: 'Paid already.' }),
      }),
    );
  });

  it('are closed to who is not active any more, whatever their token says', async () => {
    const left = { external_id: 'E-otto', subject: 'left', name: 'left', active: false };
    await as('root', 'POST', '/access/people', left);
    tokens.set('left', await issuer.token({ sub: 'left', roles: ['participant', 'manager'] }));
    const id = await asked('ada');
    const step = `${at(id)}/steps/approval`;
    const asks: [string, string, object?][] = [
      ['POST', `${step}/approve`, {}],
      ['POST', `${step}/ask`, { question: 'Why?' }],
      ['POST', `${step}/answer`, { answer: 'So.' }],
      ['POST', `${at(id)}/steps/request/complete`, {}],
      ['POST', `/workflows/${workflow}/instances`, {}],
      ['GET', at(id)],
    ];
    for (const [method, path, body] of asks) {
      const code = await codeOf(as('left', method, path, body));
      expect([path, code]).toEqual([path, 'approver_not_entitled']);
    }
  });

  it('are not opened by a substitute for the requester, nor by a role that the caller names', async () => {
    const people = ['mia', 'ada', 'cleo'].map((subject) => ({
      external_id: `E-${subject}`,
      subject,
      name: subject,
      roles: subject === 'mia' ? ['manager'] : [],
    }));
    await as('root', 'POST', '/access/people/bulk', { people });
    const absence = {
      person: 'E-mia',
      substitute: 'E-cleo',
      from: HOUR_AGO,
      to: '2100-01-01T00:00:00Z',
    };
    expect((await as('root', 'POST', '/access/absences', absence)).status).toBe(201);
    const ofMia = await asked('mia');
    const approve = (who: string, body: object) =>
      codeOf(as(who, 'POST', `${at(ofMia)}/steps/approval/approve`, body));
    expect(await approve('cleo', { on_behalf_of: 'E-mia' })).toBe('own_approval');
    expect(await approve('ada', { on_behalf_of: 'E-mia' })).toBe('not_substitute');
    expect(await approve('cleo', { user_context: { roles: ['manager'] } })).toBe(
      'speaks_for_others',
    );
  });
});
