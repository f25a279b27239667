import pg from 'pg';

import { eventually } from '../support/eventually.js';
import { type Answer, type Service, startService } from '../support/service.js';

interface RouteBody {
  code?: string;
  errors?: { pointer: string; code: string; detail: string }[];
  request_id: string;
  routing_decision: {
    decision_id: string;
    routing_action: string;
    target_step_id: string | null;
    reasoning: string[];
    confidence_score: number | null;
    applied_rules: string[];
    alternative_paths: { rule_id: string | null; target_step_id: string | null }[];
  };
  timestamp: string;
  routing_analytics: {
    confidence: { cases: number; interval: { low: number; high: number } | null };
    is_repeated: boolean;
    instance: { status: string; current_step_id: string | null } | null;
    [field: string]: unknown;
  };
}

const STEPS = ['request', 'check', 'team', 'director', 'done'];

describe('routing', () => {
  let service: Service;
  let database: pg.Client;
  let number = 0;

  beforeAll(async () => {
    service = await startService();
    database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
  });
  afterAll(async () => {
    await database.end();
    await service.stop();
  });

  async function define(more = {}, types: Record<string, string> = {}): Promise<string> {
    number += 1;
    const { status, body } = await service.request<{ workflow_id: string }>(
      'POST',
      '/multi-step/create',
      {
        workflow_name: `Routed ${number}`,
        category: 'test',
        steps: STEPS.map((step_id, index) => ({
          step_id,
          step_name: step_id,
          step_type: types[step_id] ?? 'user_task',
          order_sequence: index + 1,
        })),
        ...more,
      },
    );
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body.workflow_id;
  }

  const ask = (
    workflow_id: string,
    context: Record<string, unknown> = {},
    more: Record<string, unknown> = {},
  ): Promise<Answer<RouteBody>> =>
    service.request<RouteBody>('PUT', '/conditional/route', {
      workflow_id,
      context: { workflow_instance_id: 'i', current_step_id: 'request', ...context },
      ...more,
    });
  const instance = async (workflow_id: string, id = 'i'): Promise<Record<string, unknown>> =>
    (await service.request('GET', `/workflows/${workflow_id}/instances/${id}`)).body;
  const rule = (rule_id: string, more = {}): Record<string, unknown> => ({
    rule_id,
    rule_name: rule_id,
    condition_type: 'data_threshold',
    condition_expression: 'amount > 1000',
    target_action: 'route_to_step',
    target_step_id: 'director',
    ...more,
  });
  const store = async (body: unknown): Promise<void> => {
    const answer = await service.request('POST', '/conditional/rules', body);
    if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  };

  /** Rows of every table, by what changes them: a statement that writes nothing leaves all of these. */
  async function fingerprint(): Promise<unknown> {
    const tables = [
      'workflow_instances',
      'step_executions',
      'instance_events',
      'routing_analytics',
      'routing_conditions',
      'business_rules',
      'decision_trees',
      'timers',
      'parallel_executions',
      'idempotency_keys',
    ];
    const counts = tables.map(
      (table) =>
        `select '${table}' as name, count(*)::int as rows, coalesce(sum(xmin::text::bigint), 0)::text as writes from ${table}`,
    );
    return (await database.query(counts.join(' union all '))).rows;
  }
  /** Waits until the counters have what was decided so far. */
  const counted = (): Promise<void> =>
    eventually(async () => {
      const { rows } = await database.query<{ open: number }>(
        'select count(*)::int as open from routing_analytics where not counted',
      );
      expect(rows[0]?.open).toBe(0);
    });

  it('takes an instance at its first mention where the rules sent along say, and tells why', async () => {
    const workflow_id = await define();
    const { status, body } = await ask(
      workflow_id,
      { workflow_data: { amount: 4200, priority: 'high' }, user_context: { role: 'clerk' } },
      {
        business_rules: [
          rule('vip', { condition_expression: "priority = 'low'", priority: 10 }),
          rule('large', { condition_expression: 'amount > 1000 and user.role = "clerk"' }),
          rule('any', { condition_expression: 'true', target_step_id: 'team', priority: 200 }),
        ],
      },
    );
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual([
      'is_dry_run',
      'request_id',
      'routing_analytics',
      'routing_decision',
      'timestamp',
      'workflow_id',
      'workflow_instance_id',
    ]);
    expect(body.routing_decision).toStrictEqual({
      decision_id: expect.any(String) as unknown,
      routing_action: 'route_to_step',
      target_step_id: 'director',
      reasoning: [
        'Rule sent along vip (priority 10) does not apply: "priority = \'low\'" is false.',
        'Rule sent along large (priority 100) applies: "amount > 1000 and user.role = "clerk"" is true, so it routes to director.',
        'any would apply as well, but is tried later.',
        'The confidence is unknown: only 0 like decisions have an outcome yet; 20 are needed.',
      ],
      confidence_score: null,
      applied_rules: ['large'],
      execution_time_ms: expect.any(Number) as unknown,
      alternative_paths: [
        expect.objectContaining({ rule_id: 'any', target_step_id: 'team' }),
        expect.objectContaining({ rule_id: null, target_step_id: 'check' }),
      ],
    });
    expect(body.routing_analytics).toMatchObject({
      rules_evaluated: 3,
      rules_matched: 2,
      decided_by: 'rule',
      decided_by_id: 'large',
      instance: { status: 'running', current_step_id: 'director' },
    });
    expect(await instance(workflow_id)).toMatchObject({
      current_step_id: 'director',
      data: { amount: 4200, priority: 'high' },
    });
  });

  it('changes nothing at all in a dry run', async () => {
    const workflow_id = await define();
    await ask(workflow_id, { workflow_instance_id: 'known' });
    await counted();
    const before = await fingerprint();
    for (const workflow_instance_id of ['known', 'unknown']) {
      const { status, body } = await ask(
        workflow_id,
        { workflow_instance_id, workflow_data: { amount: 4200 } },
        { dry_run: true, business_rules: [rule('large')] },
      );
      expect(status).toBe(200);
      expect(body).toMatchObject({
        is_dry_run: true,
        routing_decision: { target_step_id: 'director' },
        routing_analytics: { instance: null },
      });
      const { decision_id } = body.routing_decision;
      expect((await service.request('GET', `/conditional/decisions/${decision_id}`)).status).toBe(
        404,
      );
    }
    expect(await fingerprint()).toEqual(before);
    const { body } = await ask(workflow_id, { workflow_instance_id: 'known' }, { dry_run: true });
    expect(body.routing_decision.reasoning[0]).toContain('stands at check');
  });

  it('decides a conditional step, which would else decide for itself', async () => {
    const workflow_id = await define({}, { check: 'conditional', team: 'automated' });
    const { body } = await ask(workflow_id, { current_step_id: 'check' });
    expect(body.routing_decision).toMatchObject({ target_step_id: 'team' });
    expect(await instance(workflow_id)).toMatchObject({ current_step_id: 'team' });
  });

  it('tries rules sent along, then stored ones, then those of the workflow, then the order', async () => {
    const workflow_id = await define({
      routing_rules: [
        { rule_id: 'own', condition_expression: 'level >= 1', target_step_id: 'team' },
        {
          rule_id: 'elsewhere',
          condition_expression: 'true',
          target_step_id: 'done',
          source_step_id: 'team',
        },
        { rule_id: 'back', condition_expression: 'true', target_step_id: 'request' },
      ],
    });
    await store(rule('stored', { condition_expression: 'level >= 2', workflow_id, priority: 900 }));
    const sent = { business_rules: [rule('sent', { condition_expression: 'level >= 3' })] };
    const decided = async (level: number): Promise<unknown[]> => {
      const { body } = await ask(
        workflow_id,
        { workflow_data: { level } },
        { ...sent, dry_run: true },
      );
      const { applied_rules, target_step_id } = body.routing_decision;
      return [applied_rules, target_step_id, body.routing_analytics['decided_by']];
    };
    expect(await decided(3)).toEqual([['sent'], 'director', 'rule']);
    expect(await decided(2)).toEqual([['stored'], 'director', 'rule']);
    expect(await decided(1)).toEqual([['own'], 'team', 'rule']);
    expect(await decided(0)).toEqual([[], 'check', 'sequence']);
  });

  it('lets a rule of the workflow take the place of one for all, and leaves other workflows alone', async () => {
    const [mine, other] = [await define(), await define()];
    await store(rule('shared', { condition_expression: 'shared = 1' }));
    await store(
      rule('shared', {
        condition_expression: 'shared = 1',
        workflow_id: mine,
        target_step_id: 'team',
      }),
    );
    const target = async (workflow_id: string): Promise<string | null> => {
      const { body } = await ask(workflow_id, { workflow_data: { shared: 1 } }, { dry_run: true });
      return body.routing_decision.target_step_id;
    };
    expect([await target(mine), await target(other)]).toEqual(['team', 'director']);
    await service.request('DELETE', `/conditional/rules/shared?workflow_id=${mine}`);
    await service.request('DELETE', '/conditional/rules/shared');
    expect(await target(other)).toBe('check');
  });

  it.each([
    ['escalate', null, { status: 'running', current_step_id: 'request' }],
    ['auto_approve', null, { status: 'running', current_step_id: 'check' }],
    ['auto_approve', 'done', { status: 'running', current_step_id: 'done' }],
    ['reject', null, { status: 'completed', outcome: 'rejected' }],
    ['parallel_process', 'team', { status: 'running', current_step_id: 'team' }],
  ])('carries out %s (target %s)', async (target_action, target_step_id, expected) => {
    const workflow_id = await define();
    const always = rule('r', { condition_expression: 'true', target_action, target_step_id });
    const { status, body } = await ask(workflow_id, {}, { business_rules: [always] });
    expect(status).toBe(200);
    expect(body.routing_decision).toMatchObject({ routing_action: target_action, target_step_id });
    expect(await instance(workflow_id)).toMatchObject(expected);
  });

  it('lets a stored tree decide first, and rules where it does not', async () => {
    const workflow_id = await define();
    const tree_id = `tree_${number}`;
    const stored = await service.request('POST', '/conditional/decision-trees', {
      tree_id,
      tree_name: 'Who decides',
      workflow_id,
      root_node_id: 'large',
      nodes: [
        {
          node_id: 'large',
          node_type: 'condition',
          condition_expression: 'amount > 1000',
          true_path: 'fork',
        },
        { node_id: 'fork', node_type: 'fork', true_path: 'a', false_path: 'b' },
        {
          node_id: 'a',
          node_type: 'action',
          action_type: 'route_to_step',
          action_parameters: { target_step_id: 'director' },
          true_path: 'join',
        },
        {
          node_id: 'b',
          node_type: 'action',
          action_type: 'route_to_step',
          action_parameters: { target_step_id: 'team' },
          true_path: 'join',
        },
        { node_id: 'join', node_type: 'join', action_parameters: { target_step_id: 'check' } },
      ],
    });
    expect(stored).toMatchObject({ status: 201, body: { version_number: 1, is_active: true } });
    const decided = async (amount: number): Promise<RouteBody> => {
      const { body } = await ask(
        workflow_id,
        { workflow_instance_id: `of_${amount}`, workflow_data: { amount } },
        {
          decision_tree_id: tree_id,
          business_rules: [rule('small', { condition_expression: 'true' })],
        },
      );
      return body;
    };
    const large = await decided(2000);
    expect(large.routing_decision).toMatchObject({
      routing_action: 'parallel_process',
      target_step_id: 'check',
      applied_rules: [],
    });
    expect(large.routing_analytics).toMatchObject({
      decided_by: 'tree',
      decided_by_id: 'fork',
      decision_tree_used: tree_id,
      tree_path: ['large', 'fork', 'a', 'b', 'join'],
      parallel_branches: [{ target_step_id: 'director' }, { target_step_id: 'team' }],
    });
    const small = await decided(1);
    expect(small.routing_decision).toMatchObject({
      applied_rules: ['small'],
      target_step_id: 'director',
    });
    await counted();
    const read = await service.request('GET', `/conditional/decision-trees/${tree_id}`);
    expect(read.body).toMatchObject({ usage_count: 2, accuracy_score: null });
  });

  it('answers a repeated call with the recorded decision, once, until force_evaluation or the instance changes', async () => {
    const workflow_id = await define();
    const question = [workflow_id, { workflow_data: { amount: 1 } }] as const;
    const answers = await Promise.all([1, 2, 3, 4].map(() => ask(...question)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const ids = new Set(answers.map(({ body }) => body.routing_decision.decision_id));
    expect(ids.size).toBe(1);
    expect(answers.filter(({ body }) => !body.routing_analytics.is_repeated).length).toBe(1);
    const repeated = await ask(...question);
    const [first] = answers;
    expect(repeated.body.routing_decision).toEqual(first?.body.routing_decision);
    expect(repeated.body.timestamp).toBe(first?.body.timestamp);
    expect((await instance(workflow_id))['step_entries']).toEqual({ request: 1, check: 1 });

    const forced = await ask(...question, { force_evaluation: true });
    expect(forced).toMatchObject({ status: 409, body: { code: 'step_not_current' } });
    const other = await ask(workflow_id, { workflow_data: { amount: 2 } });
    expect(other).toMatchObject({ status: 409, body: { code: 'step_not_current' } });
    await service.request('POST', `/workflows/${workflow_id}/instances/i/steps/check/complete`, {});
    expect((await ask(...question)).status).toBe(409);
  });

  it('escalates again only when forced', async () => {
    const workflow_id = await define();
    const sent = {
      business_rules: [
        rule('up', {
          condition_expression: 'true',
          target_action: 'escalate',
          target_step_id: null,
        }),
      ],
    };
    const first = await ask(workflow_id, {}, sent);
    const again = await ask(workflow_id, {}, sent);
    const forced = await ask(workflow_id, {}, { ...sent, force_evaluation: true });
    const id = ({ body }: Answer<RouteBody>): string => body.routing_decision.decision_id;
    expect(id(again)).toBe(id(first));
    expect(id(forced)).not.toBe(id(first));
    const { body } = await service.request<{ items: { event_type: string }[] }>(
      'GET',
      `/workflows/${workflow_id}/instances/i/history`,
    );
    const escalations = body.items.filter(({ event_type }) => event_type === 'step_escalated');
    expect(escalations).toHaveLength(2);
  });

  it('lists all that a question names wrongly', async () => {
    const workflow_id = await define();
    const { status, body } = await ask(
      workflow_id,
      { current_step_id: 'nowhere' },
      {
        decision_tree_id: 'no_tree',
        business_rules: [
          rule('a', { target_step_id: 'moon' }),
          rule('a', { target_step_id: null }),
        ],
      },
    );
    expect(status).toBe(400);
    expect(body.errors?.map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/decision_tree_id', 'decision_tree_not_found'],
      ['/context/current_step_id', 'step_not_found'],
      ['/business_rules/0/target_step_id', 'unknown_step'],
      ['/business_rules/1/rule_id', 'duplicate_rule_id'],
      ['/business_rules/1/target_step_id', 'required'],
    ]);
    const shape = await ask(
      'not-a-uuid',
      { current_step_id: 7, timestamp: 'yesterday' },
      {
        business_rules: [
          rule('x', { condition_expression: 'amount >' }),
          rule('y', { target_action: 'fly', extra: 1 }),
        ],
      },
    );
    expect(shape.status).toBe(400);
    expect(shape.body.errors?.map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/workflow_id', 'is_uuid'],
      ['/context/current_step_id', 'is_client_id'],
      ['/context/timestamp', 'is_iso8601'],
      ['/business_rules/0/condition_expression', 'expression_syntax'],
      ['/business_rules/1/extra', 'unknown_field'],
      ['/business_rules/1/target_action', 'is_in'],
    ]);
  });

  it('refuses unknown and inactive workflows, instances that have ended, unknown trees', async () => {
    const unknown = await ask('0190aaaa-0000-7000-8000-000000000000');
    expect(unknown).toMatchObject({ status: 404, body: { code: 'workflow_not_found' } });
    const workflow_id = await define();
    const tree = await ask(workflow_id, {}, { decision_tree_id: 'no_tree' });
    expect(tree).toMatchObject({ status: 404, body: { code: 'decision_tree_not_found' } });
    await ask(workflow_id);
    await service.request('POST', `/workflows/${workflow_id}/instances/i/cancel`, {});
    const ended = await ask(workflow_id, { current_step_id: 'check' });
    expect(ended).toMatchObject({ status: 409, body: { code: 'instance_not_running' } });
    await service.request('DELETE', `/workflows/${workflow_id}`);
    const inactive = await ask(workflow_id, { workflow_instance_id: 'new' });
    expect(inactive).toMatchObject({ status: 409, body: { code: 'workflow_inactive' } });
  });

  it('survives conditions that cannot be told or are too much work', async () => {
    const workflow_id = await define();
    const endless = 'count(for a in 1..1000000000 return a) > 0';
    const { status, body } = await ask(
      workflow_id,
      { workflow_data: { text: 'x', __proto: 1, constructor: 'y' } },
      {
        business_rules: [
          rule('endless', { condition_expression: endless }),
          rule('unknown', { condition_expression: 'nobody.knows > 3' }),
          rule('mixed', { condition_expression: 'text > 3' }),
        ],
      },
    );
    expect(status).toBe(200);
    expect(body.routing_decision).toMatchObject({ applied_rules: [], target_step_id: 'check' });
    expect(body.routing_analytics).toMatchObject({ rules_undetermined: 3 });
  });

  it('explains a decision later from what was recorded', async () => {
    const workflow_id = await define();
    const asked = await ask(
      workflow_id,
      { workflow_data: { amount: 4200 }, timestamp: '2026-03-01T10:00:00Z' },
      {
        business_rules: [
          rule('early', { condition_expression: 'now() < date and time("2026-01-01T00:00:00Z")' }),
          rule('large', { condition_expression: 'amount > 1000 and amount < 5000' }),
        ],
      },
    );
    const { decision_id } = asked.body.routing_decision;
    const { status, body } = await service.request<Record<string, unknown>>(
      'GET',
      `/conditional/decisions/${decision_id}`,
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({
      routing_decision: asked.body.routing_decision,
      current_step_id: 'request',
      context: { workflow_data: { amount: 4200 }, now: '2026-03-01T10:00:00.000Z' },
      rules_tried: [
        { rule_id: 'early', matched: false, value: false },
        {
          rule_id: 'large',
          matched: true,
          parts: {
            value: true,
            children: [
              { text: 'amount > 1000', value: true },
              { text: 'amount < 5000', value: true },
            ],
          },
        },
      ],
      instance_status: 'running',
    });
  });

  it('gives its confidence from what became of like decisions, with their number', async () => {
    const workflow_id = await define({
      steps: STEPS.slice(0, 2).map((step_id, index) => ({
        step_id,
        step_name: step_id,
        step_type: 'user_task',
        order_sequence: index + 1,
      })),
    });
    await store(
      rule('to_check', { workflow_id, condition_expression: 'n >= 0', target_step_id: 'check' }),
    );
    for (let n = 0; n < 20; n += 1) {
      const id = `case_${n}`;
      await ask(workflow_id, { workflow_instance_id: id, workflow_data: { n } });
      const end = n < 18 ? 'steps/check/complete' : 'cancel';
      await service.request('POST', `/workflows/${workflow_id}/instances/${id}/${end}`, {});
      if (n === 18) {
        const { body } = await ask(workflow_id, { workflow_data: { n } }, { dry_run: true });
        expect(body.routing_decision.confidence_score).toBeNull();
        expect(body.routing_analytics.confidence.cases).toBe(19);
      }
    }
    const { body } = await ask(workflow_id, { workflow_data: { n: 99 } });
    expect(body.routing_decision.confidence_score).toBeCloseTo(0.9);
    expect(body.routing_analytics.confidence).toMatchObject({ cases: 20 });
    expect(body.routing_analytics.confidence.interval?.low).toBeCloseTo(0.699, 2);
    await eventually(
      async () => {
        const read = await service.request(
          'GET',
          `/conditional/rules/to_check?workflow_id=${workflow_id}`,
        );
        expect(read.body).toMatchObject({ success_count: 18, failure_count: 2 });
        expect(read.body['last_used']).not.toBeNull();
      },
      { timeout_ms: 20_000 },
    );
    await counted();
    const { rows } = await database.query(
      `select rule_id, condition_type, evaluation_count, success_rate from routing_conditions where workflow_id = $1`,
      [workflow_id],
    );
    expect(rows).toEqual([
      {
        rule_id: 'to_check',
        condition_type: 'data_threshold',
        evaluation_count: 21,
        success_rate: 1,
      },
    ]);
  });

  it('sees the data of the instance beneath what is sent', async () => {
    const workflow_id = await define();
    await service.request('POST', `/workflows/${workflow_id}/instances`, {
      workflow_instance_id: 'i',
      data: { amount: 5000, role: 'none' },
    });
    const { body } = await ask(
      workflow_id,
      { user_context: { role: 'clerk' } },
      {
        business_rules: [
          rule('large', { condition_expression: 'amount > 1000 and role = "clerk"' }),
        ],
      },
    );
    expect(body.routing_decision.applied_rules).toEqual(['large']);
  });

  it('evaluates expressions, each for itself', async () => {
    const { status, body } = await service.request('POST', '/conditional/evaluate', {
      evaluations: [
        { expression: 'amount * 2', context: { amount: 0.1 } },
        { expression: 'date("2026-02-28") + duration("P1D")' },
        { expression: 'amount' },
        { expression: 'amount ==> 3' },
        { expression: '[1, "a", null]' },
      ],
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      results: [
        { value: 0.2, type: 'number', warnings: [] },
        { value: '2026-03-01', type: 'date' },
        { value: null, type: 'null', warnings: [expect.stringContaining('amount')] },
        { value: null, type: null, error: { code: 'expression_syntax', position: { line: 1 } } },
        { value: [1, 'a', null], type: 'list' },
      ],
    });
  });
});

describe('stored rules and trees', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  const RULE = {
    rule_id: 'big',
    rule_name: 'Big ones',
    condition_type: 'approval_amount',
    condition_expression: 'amount > 10',
    target_action: 'escalate',
    metadata: { owner: 'ann' },
  };
  const { rule_id, ...replacement } = RULE;
  const TREE = {
    tree_id: 't',
    tree_name: 'A tree',
    root_node_id: 'a',
    nodes: [
      { node_id: 'a', node_type: 'condition', condition_expression: 'x', true_path: 'b' },
      { node_id: 'b', node_type: 'action', action_type: 'reject' },
    ],
    metadata: { k: 'v' },
  };

  it('keep rules by version, one active', async () => {
    const path = `/conditional/rules/${rule_id}`;
    const stored = await Promise.all(
      [1, 2, 3].map(() => service.request('POST', '/conditional/rules', RULE)),
    );
    expect(stored.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    const read = await service.request('GET', path);
    expect(read.body).toMatchObject({
      ...RULE,
      workflow_id: null,
      version_number: 1,
      priority: 100,
      success_count: 0,
      last_used: null,
    });
    const etag = read.headers.get('etag') ?? '';
    const put = (ifMatch: string): Promise<Answer<Record<string, unknown>>> =>
      service.request(
        'PUT',
        path,
        { ...replacement, condition_expression: 'amount > 20' },
        { 'if-match': ifMatch },
      );
    expect(await put(etag)).toMatchObject({ status: 200, body: { version_number: 2 } });
    expect((await put(etag)).status).toBe(412);
    expect((await service.request('DELETE', path)).body).toMatchObject({ is_active: false });
    expect(await service.request('DELETE', path)).toMatchObject({
      status: 404,
      body: { code: 'rule_not_found' },
    });
    expect((await service.request('POST', '/conditional/rules', RULE)).body).toMatchObject({
      version_number: 3,
      is_active: true,
    });
    const list = await service.request<{ items: unknown[] }>('GET', '/conditional/rules');
    expect(list.body.items).toMatchObject([{ rule_id, version_number: 3 }]);
  });

  it('check rules against their workflow', async () => {
    const unknown = await service.request('POST', '/conditional/rules', {
      ...RULE,
      workflow_id: '0190aaaa-0000-7000-8000-000000000000',
    });
    expect(unknown).toMatchObject({ status: 404, body: { code: 'workflow_not_found' } });
    const aimless = await service.request('POST', '/conditional/rules', {
      ...RULE,
      rule_id: 'aimless',
      target_action: 'route_to_step',
    });
    expect(aimless).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/target_step_id', code: 'required' }] },
    });
  });

  it('keep trees by version, one active', async () => {
    const path = '/conditional/decision-trees';
    const stored = await Promise.all([1, 2, 3].map(() => service.request('POST', path, TREE)));
    expect(stored.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    const { tree_id, ...rest } = TREE;
    const replaced = await service.request('PUT', `${path}/${tree_id}`, {
      ...rest,
      tree_name: 'Another',
    });
    expect(replaced.body).toMatchObject({
      version_number: 2,
      tree_name: 'Another',
      metadata: { k: 'v' },
    });
    expect((await service.request('DELETE', `${path}/${tree_id}`)).status).toBe(200);
    expect((await service.request('DELETE', `${path}/${tree_id}`)).status).toBe(404);
    const list = await service.request('GET', `${path}?is_active=0`);
    expect(list.body).toMatchObject({ items: [{ tree_id, version_number: 2, is_active: false }] });
  });

  it('list every fault of a tree in one answer', async () => {
    const { status, body } = await service.request<{
      errors: { pointer: string; code: string }[];
    }>('POST', '/conditional/decision-trees', {
      tree_id: 'broken tree',
      tree_name: 'Broken',
      root_node_id: 'gone',
      nodes: [
        { node_id: 'a', node_type: 'condition', condition_expression: 'x >', true_path: 'b' },
        { node_id: 'b', node_type: 'condition', condition_expression: 'x', true_path: 'a' },
        { node_id: 'c', node_type: 'action', action_type: 'route_to_step' },
      ],
    });
    expect(status).toBe(400);
    expect(body.errors.map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/tree_id', 'is_client_id'],
      ['/nodes/0/condition_expression', 'expression_syntax'],
      ['/nodes/2/action_parameters/target_step_id', 'missing'],
      ['/root_node_id', 'unknown_node'],
    ]);
  });
});
