import { type Answer, type Service, startService } from '../support/service.js';

interface Problem {
  code: string;
  errors?: { pointer: string; code: string; detail: string }[];
}

const step = (step_id: string, order_sequence: number, more = {}): Record<string, unknown> => ({
  step_id,
  step_name: step_id,
  step_type: 'user_task',
  order_sequence,
  ...more,
});

describe('definitions', () => {
  let service: Service;
  let number = 0;

  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  const workflow = (more = {}): Record<string, unknown> => {
    number += 1;
    return {
      workflow_name: `Definition ${number}`,
      category: 'test',
      steps: [step('a', 1), step('b', 2)],
      ...more,
    };
  };
  const create = <Body = Problem & { workflow_id: string }>(body: unknown): Promise<Answer<Body>> =>
    service.request<Body>('POST', '/multi-step/create', body);
  const created = async (more = {}): Promise<string> => {
    const { status, body } = await create(workflow(more));
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body.workflow_id;
  };
  const faults = ({ errors = [] }: Problem): [string, string][] =>
    errors.map(({ pointer, code }) => [pointer, code]);

  it('are created with exactly the fields of the contract, defaults filled in', async () => {
    const { status, body } = await create(workflow());
    expect(status).toBe(201);
    expect(body).toStrictEqual({
      workflow_id: expect.any(String) as unknown,
      workflow_name: `Definition ${number}`,
      version: '1.0',
      status: 'created',
      steps_configured: 2,
      routing_rules_created: 0,
      approval_levels: 0,
      created_at: expect.any(String) as unknown,
      estimated_setup_time_minutes: 10,
    });
    const read = await service.request('GET', `/workflows/${body.workflow_id}`);
    expect(read.body).toMatchObject({
      version_number: 1,
      is_active: true,
      global_timeout_hours: 168,
      steps: [
        { step_id: 'a', required_roles: [], estimated_duration_minutes: 30, conditions: {} },
        { step_id: 'b', auto_escalation_hours: null },
      ],
    });
  });

  it('come back as they were sent', async () => {
    const sent = workflow({
      workflow_description: 'All of it',
      version: '2024-06',
      global_timeout_hours: 12.5,
      retry_configuration: { max: 3, __proto: 'x' },
      notification_escalation: { toString: 'kept', nested: [{ a: null }] },
      steps: [
        step('auto', 1, {
          step_type: 'automated',
          handler: { type: 'delay', duration_ms: 5 },
          conditions: { expression: 'amount > 3', own: true },
          form_schema: { fields: ['x'] },
        }),
        step('who', 2, {
          step_type: 'approval',
          required_roles: ['manager'],
          auto_escalation_hours: 0.5,
        }),
        step('which', 3, { step_type: 'conditional', decision_tree_id: 'some_tree' }),
      ],
      approval_hierarchies: [
        {
          level: 1,
          role_required: 'manager',
          department_required: null,
          minimum_level: 2,
          parallel_approval: true,
          bypass_conditions: ['amount < 10'],
        },
      ],
      routing_rules: [
        { rule_id: 'z', condition_expression: 'x', target_step_id: 'who', source_step_id: 'auto' },
        { rule_id: 'y', condition_expression: "y = 'q'", target_step_id: 'auto', priority: 100 },
      ],
    });
    const { body } = await create(sent);
    const read = await service.request('GET', `/workflows/${body.workflow_id}`);
    expect(read.body).toMatchObject(sent);
  });

  it('list every fault of shape and of meaning in one answer', async () => {
    const { status, body } = await create({
      workflow_name: 'ab',
      category: 'test',
      version: '1.0',
      nonsense: 1,
      steps: [
        step('a', 1, { step_type: 'dance' }),
        step('a', 1, { conditions: { expression: 'x >' } }),
        { step_id: 'no good' },
      ],
      approval_hierarchies: [{ level: 1, role_required: 'r', bypass_conditions: ['a =='] }],
      routing_rules: [
        { rule_id: 'r', condition_expression: 'amount > > 1', target_step_id: 'nowhere' },
        { rule_id: 'r', condition_expression: 'true', target_step_id: 'a', priority: 'high' },
      ],
    });
    expect(status).toBe(400);
    expect(faults(body).sort()).toEqual(
      [
        ['/workflow_name', 'is_text'],
        ['/nonsense', 'unknown_field'],
        ['/steps/0/step_type', 'is_in'],
        ['/steps/1/step_id', 'duplicate_step_id'],
        ['/steps/1/order_sequence', 'duplicate_order_sequence'],
        ['/steps/1/conditions/expression', 'expression_syntax'],
        ['/steps/2/step_id', 'is_client_id'],
        ['/steps/2/step_name', 'required'],
        ['/steps/2/step_type', 'required'],
        ['/steps/2/order_sequence', 'required'],
        ['/approval_hierarchies/0/bypass_conditions/0', 'expression_syntax'],
        ['/routing_rules/0/condition_expression', 'expression_syntax'],
        ['/routing_rules/0/target_step_id', 'unknown_step'],
        ['/routing_rules/1/rule_id', 'duplicate_rule_id'],
        ['/routing_rules/1/priority', 'is_int'],
      ].sort(),
    );
    const where = body.errors?.find(({ pointer }) => pointer.endsWith('0/condition_expression'));
    expect(where?.detail).toContain('line 1, column 10');
  });

  it('refuse levels that are not consecutive from 1', async () => {
    const levels = [1, 3].map((level) => ({ level, role_required: 'r' }));
    const { status, body } = await create(workflow({ approval_hierarchies: levels }));
    expect(status).toBe(400);
    expect(faults(body)).toEqual([['/approval_hierarchies', 'levels_not_consecutive']]);
  });

  it.each([
    ['no body', undefined],
    ['a list', []],
    ['null', null],
    ['steps of a wrong type', workflow({ steps: { a: 1 } })],
    ['steps that are no objects', workflow({ steps: [1, null, 'x', [], {}] })],
    ['no steps', workflow({ steps: [] })],
    ['null for a field with a default', workflow({ is_active: null, global_timeout_hours: null })],
    ['a timeout of no hours', workflow({ global_timeout_hours: 0 })],
    ['a priority beyond an integer', workflow({ steps: [step('a', 2 ** 40)] })],
  ])('refuse %s with 400', async (_what, body) => {
    const answer = await create(body);
    expect(answer.status).toBe(400);
    expect(answer.body.code).toBe('validation_failed');
  });

  it('of the same active name are refused with 409, in any letter case, also when they race', async () => {
    const body = workflow({ workflow_name: 'Purchase Order' });
    const answers = await Promise.all(Array.from({ length: 8 }, () => create(body)));
    expect(answers.map(({ status }) => status).sort()).toEqual([
      201,
      ...Array<number>(7).fill(409),
    ]);
    const again = await create({ ...body, workflow_name: 'PURCHASE order' });
    expect(again).toMatchObject({
      status: 409,
      body: { code: 'workflow_name_taken', errors: [{ pointer: '/workflow_name' }] },
    });
    const beside = await create({ ...body, steps: [step('a', 1), step('a', 2)] });
    expect(beside.status).toBe(400);
    expect(faults(beside.body)).toEqual([
      ['/steps/1/step_id', 'duplicate_step_id'],
      ['/workflow_name', 'workflow_name_taken'],
    ]);
    expect((await create({ ...body, is_active: false })).status).toBe(201);
  });

  it('are validated without being stored', async () => {
    const body = workflow({ steps: [step('a', 1, { step_type: 'automated' })] });
    const { status, body: report } = await service.request('POST', '/workflows/validate', body);
    expect(status).toBe(200);
    expect(report).toMatchObject({
      valid: true,
      errors: [],
      warnings: [{ pointer: '/steps/0/handler', code: 'needs_worker' }],
    });
    const listed = await service.request<{ items: unknown[] }>(
      'GET',
      `/workflows?name=${encodeURIComponent(String(body['workflow_name']))}`,
    );
    expect(listed.body.items).toEqual([]);
    const bad = await service.request<{ valid: boolean; errors: unknown[] }>(
      'POST',
      '/workflows/validate',
      { ...body, steps: [] },
    );
    expect(bad).toMatchObject({ status: 200, body: { valid: false } });
    expect(bad.body.errors).toHaveLength(1);
  });

  it('are listed newest first, filtered and page by page', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i += 1) {
      ids.unshift(await created({ category: 'paged', is_active: i !== 2 }));
    }
    const pages: string[][] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const { body }: Answer<{ items: { workflow_id: string }[]; next_cursor: string | null }> =
        await service.request('GET', `/workflows?category=paged&limit=2${query}`);
      pages.push(body.items.map(({ workflow_id }) => workflow_id));
      cursor = body.next_cursor;
    }
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
    expect(pages.flat()).toEqual(ids);
    const inactive = await service.request<{ items: { workflow_id: string }[] }>(
      'GET',
      '/workflows?category=paged&is_active=False',
    );
    expect(inactive.body.items.map(({ workflow_id }) => workflow_id)).toEqual([ids[2]]);
    expect((await service.request('GET', '/workflows?cursor=nonsense')).body).toMatchObject({
      code: 'cursor_invalid',
    });
  });

  it('are published as further versions by whoever has read the current one', async () => {
    const body = workflow();
    const { workflow_id } = (await create(body)).body;
    const path = `/workflows/${workflow_id}`;
    const first = await service.request('GET', path);
    const etag = first.headers.get('etag') ?? '';
    expect((await service.request('GET', path, undefined, { 'if-none-match': etag })).status).toBe(
      304,
    );
    const next = { ...body, steps: [step('a', 1), step('b', 2), step('c', 3)] };
    expect((await service.request('PUT', path, next)).status).toBe(412);
    const changes = await Promise.all(
      [1, 2, 3].map(() => service.request('PUT', path, next, { 'if-match': etag })),
    );
    expect(changes.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
    const done = changes.find(({ status }) => status === 200);
    expect(done?.body).toMatchObject({ version_number: 2, version: '1.1', is_active: true });
    expect((await service.request('GET', path)).headers.get('etag')).toBe(
      done?.headers.get('etag'),
    );
    const old = await service.request('GET', `${path}?version_number=1`);
    expect(old.body).toMatchObject({ version: '1.0', is_active: false, steps_configured: 2 });
    const versions = await service.request<{ items: unknown[] }>('GET', `${path}/versions`);
    expect(versions.body.items).toMatchObject([
      { version_number: 2, is_active: true, steps_configured: 3 },
      { version_number: 1, is_active: false, steps_configured: 2 },
    ]);
    expect((await service.request('GET', `${path}?version_number=3`)).body).toMatchObject({
      code: 'version_not_found',
    });
  });

  it('go back to an earlier version, and stop and start', async () => {
    const body = workflow();
    const { workflow_id } = (await create(body)).body;
    const path = `/workflows/${workflow_id}`;
    const draft = { ...body, is_active: false };
    const published = await service.request('PUT', path, draft, { 'if-match': '*' });
    expect(published.body).toMatchObject({ version_number: 2, is_active: false });
    expect((await service.request('GET', path)).body).toMatchObject({ version_number: 1 });
    const activate = (version_number: number): Promise<Answer<Record<string, unknown>>> =>
      service.request('POST', `${path}/activate`, { version_number });
    expect((await activate(2)).body).toMatchObject({ version_number: 2, is_active: true });
    expect((await activate(1)).body).toMatchObject({ version_number: 1, is_active: true });
    expect((await activate(9)).status).toBe(404);

    await service.request('POST', `${path}/instances`, { workflow_instance_id: 'running' });
    const stopped = await service.request('DELETE', path);
    expect(stopped).toMatchObject({ status: 200, body: { is_active: false } });
    expect(await service.request('DELETE', path)).toMatchObject({
      status: 409,
      body: { code: 'workflow_inactive' },
    });
    expect((await service.request('POST', `${path}/instances`, {})).status).toBe(409);
    const goesOn = await service.request('POST', `${path}/instances/running/steps/a/complete`, {});
    expect(goesOn).toMatchObject({ status: 200, body: { current_step_id: 'b' } });

    expect((await create(body)).status).toBe(201);
    expect(await activate(1)).toMatchObject({
      status: 409,
      body: { code: 'workflow_name_taken' },
    });
  });

  it('of unknown workflows are 404', async () => {
    const path = '/workflows/0190aaaa-0000-7000-8000-000000000000';
    for (const [method, at, body] of [
      ['GET', path, undefined],
      ['GET', `${path}/versions`, undefined],
      ['PUT', path, workflow()],
      ['DELETE', path, undefined],
      ['POST', `${path}/activate`, {}],
    ] as const) {
      const answer = await service.request(method, at, body);
      expect([answer.status, answer.body['code']]).toEqual([404, 'workflow_not_found']);
    }
  });
});
