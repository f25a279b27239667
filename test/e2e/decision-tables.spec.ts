import { type Answer, type Service, startService } from '../support/service.js';

interface TableBody {
  code?: string;
  errors?: { pointer: string; code: string; detail: string }[];
  version_number: number;
  is_active: boolean;
  warnings: { pointer: string; code: string; message: string }[];
}

interface RouteBody {
  code?: string;
  errors?: { pointer: string; code: string }[];
  routing_decision: {
    decision_id: string;
    routing_action: string;
    target_step_id: string | null;
    reasoning: string[];
    applied_rules: string[];
  };
  routing_analytics: Record<string, unknown>;
}

const STEPS = ['request', 'team', 'director', 'done'];

describe('decision tables', () => {
  let service: Service;
  let workflow_id: string;
  let number = 0;

  beforeAll(async () => {
    service = await startService();
    const { body } = await service.request<{ workflow_id: string }>('POST', '/multi-step/create', {
      workflow_name: 'By tables',
      category: 'test',
      steps: STEPS.map((step_id, index) => ({
        step_id,
        step_name: step_id,
        step_type: 'user_task',
        order_sequence: index + 1,
      })),
    });
    workflow_id = body.workflow_id;
  });
  afterAll(() => service.stop());

  function table(more: Record<string, unknown> = {}): Record<string, unknown> {
    number += 1;
    return {
      table_id: `levels_${number}`,
      table_name: 'Who approves',
      workflow_id,
      hit_policy: 'unique',
      inputs: [{ label: 'Amount', expression: 'amount' }],
      outputs: [{ name: 'target_step_id' }],
      rules: [
        { rule_id: 'small', inputs: ['< 1000'], outputs: ['"team"'] },
        { rule_id: 'large', inputs: ['> 1000'], outputs: ['"director"'] },
      ],
      ...more,
    };
  }
  const post = (body: unknown): Promise<Answer<TableBody>> =>
    service.request<TableBody>('POST', '/conditional/decision-tables', body);
  async function stored(more: Record<string, unknown> = {}): Promise<string> {
    const body = table(more);
    const { status, body: answer } = await post(body);
    if (status !== 201) throw new Error(JSON.stringify(answer));
    return String(body['table_id']);
  }
  const route = (
    instance: string,
    amount: unknown,
    more: Record<string, unknown>,
  ): Promise<Answer<RouteBody>> =>
    service.request<RouteBody>('PUT', '/conditional/route', {
      workflow_id,
      context: {
        workflow_instance_id: instance,
        current_step_id: 'request',
        workflow_data: { amount },
      },
      ...more,
    });

  it('tells faults of shape and of meaning in one answer', async () => {
    const { status, body } = await post(
      table({
        table_name: 7,
        colour: 'red',
        rules: [
          { rule_id: 'same', inputs: ['>> 3'], outputs: ['"team"'] },
          { rule_id: 'same', inputs: ['> 3', '4'], outputs: [5] },
        ],
      }),
    );
    expect(status).toBe(400);
    expect(body.errors?.map(({ pointer }) => pointer).toSorted()).toEqual([
      '/colour',
      '/rules/0/inputs/0',
      '/rules/1/inputs',
      '/rules/1/outputs',
      '/rules/1/rule_id',
      '/table_name',
    ]);
  });

  it('takes tables of 2,000 rules', async () => {
    const rules = Array.from({ length: 2_000 }, (_, index) => ({
      rule_id: `r${index}`,
      inputs: [`[${index}..${index + 1})`],
      outputs: [index % 2 === 0 ? '"team"' : '"director"'],
    }));
    const decision_table_id = await stored({ rules });
    const { body } = await route('of_many', 1_001.5, { decision_table_id, dry_run: true });
    expect(body.routing_decision).toMatchObject({ target_step_id: 'director' });
  });

  it('are stored, with their gaps shown by an example', async () => {
    const body = table();
    const { status, body: answer, headers } = await post(body);
    expect(status).toBe(201);
    expect(answer).toMatchObject({ version_number: 1, is_active: true, aggregation: null });
    expect(answer.warnings).toEqual([
      {
        pointer: '/rules',
        code: 'gap',
        message: 'No rule matches where Amount: 1000, such as {"Amount":1000}.',
      },
    ]);
    const path = `/conditional/decision-tables/${String(body['table_id'])}`;
    const read = await service.request<TableBody>('GET', path);
    expect(read.body).toEqual(answer);
    expect(read.headers.get('etag')).toBe(headers.get('etag'));
    const again = await service.request('GET', path, undefined, {
      'if-none-match': headers.get('etag') ?? '',
    });
    expect(again.status).toBe(304);
    expect(await post(body)).toMatchObject({
      status: 409,
      body: { code: 'decision_table_exists' },
    });
  });

  it('are refused with every fault at its place', async () => {
    const { status, body } = await post(
      table({
        hit_policy: 'first',
        outputs: [{ name: 'target_step_id' }, { name: 'action' }],
        rules: [
          { rule_id: 'a', inputs: ['>>'], outputs: ['"mars"', '"explode"'] },
          { rule_id: 'a', inputs: [], outputs: ['1 +', 'null'] },
        ],
      }),
    );
    expect(status).toBe(400);
    expect(body.errors?.map(({ pointer, code }) => `${pointer} ${code}`)).toEqual([
      '/rules/1/rule_id duplicate_rule_id',
      '/rules/1/inputs wrong_width',
      '/rules/0/inputs/0 expression_syntax',
      '/rules/1/outputs/0 expression_syntax',
      '/rules/0/outputs/0 unknown_step',
      '/rules/0/outputs/1 unknown_action',
    ]);
  });

  it('are refused where rules of a unique table overlap, with an input that shows it', async () => {
    const { body } = await post(
      table({
        rules: [
          { rule_id: 'low', inputs: ['[0..50]'], outputs: ['"team"'] },
          { rule_id: 'high', inputs: ['[50..100]'], outputs: ['"director"'] },
        ],
      }),
    );
    expect(body.errors).toMatchObject([{ pointer: '/rules/1', code: 'overlapping_rules' }]);
    expect(body.errors?.[0]?.detail).toContain('{"Amount":50}');
  });

  it('are replaced by their next version under If-Match, and deactivated', async () => {
    const table_id = await stored();
    const path = `/conditional/decision-tables/${table_id}`;
    const { headers } = await service.request('GET', path);
    const { table_id: _, ...next } = table({ table_name: 'Anew' });
    const matching = { 'if-match': headers.get('etag') ?? '' };
    const replaced = await service.request<TableBody>('PUT', path, next, matching);
    expect(replaced).toMatchObject({ status: 200, body: { version_number: 2 } });
    expect(await service.request('PUT', path, next, matching)).toMatchObject({ status: 412 });

    const versions = await service.request<{ items: TableBody[]; next_cursor: string | null }>(
      'GET',
      `${path}/versions?limit=1`,
    );
    expect(versions.body.items.map((item) => item.version_number)).toEqual([2]);
    const rest = await service.request<{ items: TableBody[] }>(
      'GET',
      `${path}/versions?limit=1&cursor=${versions.body.next_cursor}`,
    );
    expect(rest.body.items).toMatchObject([{ version_number: 1, is_active: false }]);

    expect(await service.request('DELETE', path)).toMatchObject({ body: { is_active: false } });
    expect(await service.request('DELETE', path)).toMatchObject({ status: 404 });
    const refused = await route('of-an-inactive-table', 1, { decision_table_id: table_id });
    expect(refused).toMatchObject({ status: 404, body: { code: 'decision_table_not_found' } });
    const list = await service.request<{ items: { table_id: string }[] }>(
      'GET',
      `/conditional/decision-tables?workflow_id=${workflow_id}&is_active=false&limit=200`,
    );
    expect(list.body.items.map((item) => item.table_id)).toContain(table_id);
  });

  it('route an instance, with reasons that are told later as well, part by part', async () => {
    const decision_table_id = await stored();
    const { status, body } = await route('by-table', 4200, { decision_table_id });
    expect(status).toBe(200);
    expect(body.routing_decision).toMatchObject({
      routing_action: 'route_to_step',
      target_step_id: 'director',
      applied_rules: ['large'],
    });
    expect(body.routing_decision.reasoning.slice(0, 2)).toEqual([
      `For decision table ${decision_table_id}, Amount is 4200.`,
      `Rule large of decision table ${decision_table_id} routes to director.`,
    ]);
    expect(body.routing_analytics).toMatchObject({
      decided_by: 'table',
      decided_by_id: 'large',
      decision_table_used: decision_table_id,
      instance: { current_step_id: 'director' },
    });
    const why = await service.request(
      'GET',
      `/conditional/decisions/${body.routing_decision.decision_id}`,
    );
    expect(why.body).toMatchObject({
      decision_table: {
        table_id: decision_table_id,
        version_number: 1,
        inputs: [{ label: 'Amount', value: 4200 }],
        matched_rules: ['large'],
        output: 'director',
        rules: [{ rule_id: 'large', cells: [{ cell: '> 1000', parts: { value: true } }] }],
      },
    });
  });

  it('leave the decision to the rules and the order where they have none', async () => {
    const decision_table_id = await stored();
    const { body } = await route('in-the-gap', 1000, { decision_table_id });
    expect(body.routing_decision.target_step_id).toBe('team');
    expect(body.routing_analytics).toMatchObject({ decided_by: 'sequence' });
    expect(body.routing_decision.reasoning).toContain(
      `Decision table ${decision_table_id} does not decide: no rule matches, and there is no default.`,
    );
  });

  it('are tried out by id beside trees and expressions; what cannot be is an error in its place', async () => {
    const decision_table_id = await stored({
      workflow_id: null,
      hit_policy: 'collect',
      aggregation: 'sum',
      outputs: [{ name: 'points' }],
      rules: [
        { rule_id: 'any', inputs: ['-'], outputs: ['1'] },
        { rule_id: 'much', inputs: ['> 10'], outputs: ['2.5'] },
      ],
    });
    const tree = await service.request('POST', '/conditional/decision-trees', {
      tree_id: 'tried',
      tree_name: 'Tried',
      root_node_id: 'big',
      nodes: [
        {
          node_id: 'big',
          node_type: 'condition',
          condition_expression: 'amount > 10',
          true_path: 'go',
        },
        {
          node_id: 'go',
          node_type: 'action',
          action_type: 'route_to_step',
          action_parameters: { target_step_id: 'boss' },
        },
      ],
    });
    expect(tree.status).toBe(201);
    const context = { amount: 11 };
    const { status, body } = await service.request<{ results: unknown[] }>(
      'POST',
      '/conditional/evaluate',
      {
        evaluations: [
          { expression: 'amount + 1', context },
          { decision_table_id, context },
          { decision_tree_id: 'tried', context },
          { decision_table_id: 'nowhere', context },
          { decision_table_id, decision_tree_id: 'tried' },
          {},
        ],
      },
    );
    expect(status).toBe(200);
    expect(body.results).toMatchObject([
      { value: 12, type: 'number' },
      { value: 3.5, type: 'number', matched_rules: ['any', 'much'], warnings: [] },
      {
        value: { routing_action: 'route_to_step', target_step_id: 'boss', leaf_node_id: 'go' },
        type: 'context',
        path: [{ node_id: 'big', value: true }, { node_id: 'go' }],
      },
      { value: null, error: { code: 'decision_table_not_found' } },
      { error: { code: 'validation_failed' } },
      { error: { code: 'validation_failed' } },
    ]);
  });
});
