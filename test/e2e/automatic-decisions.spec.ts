import pg from 'pg';

import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';

interface Summary {
  decision_id: string;
  current_step_id: string;
  decided_by: string;
  decided_by_id: string;
  target_step_id: string | null;
}

describe('what rules and trees decide by themselves', () => {
  let service: Service;
  let workflow_id: string;

  beforeAll(async () => {
    service = await startService();
    await created('POST', '/conditional/decision-trees', {
      tree_id: 'by_amount',
      tree_name: 'By amount',
      root_node_id: 'large',
      nodes: [
        {
          node_id: 'large',
          node_type: 'condition',
          condition_expression: 'amount > limit * 2',
          true_path: 'up',
        },
        {
          node_id: 'up',
          node_type: 'action',
          action_type: 'route_to_step',
          action_parameters: { target_step_id: 'boss' },
        },
      ],
    });
    const step = (step_id: string, order_sequence: number, more = {}): object => ({
      step_id,
      step_name: step_id,
      step_type: 'user_task',
      order_sequence,
      ...more,
    });
    const rule = (rule_id: string, condition_expression: string, priority: number): object => ({
      rule_id,
      condition_expression,
      target_step_id: 'team',
      source_step_id: 'request',
      priority,
    });
    const { workflow_id: id } = await created('POST', '/multi-step/create', {
      workflow_name: 'Explained',
      category: 'test',
      steps: [
        step('request', 1),
        step('choice', 2, { step_type: 'conditional', decision_tree_id: 'by_amount' }),
        step('team', 3),
        step('boss', 4),
      ],
      routing_rules: [
        rule('urgent', 'priority = "high"', 1),
        rule('signed', 'outcome = "completed" and signed', 2),
      ],
    });
    workflow_id = String(id);
  });
  afterAll(() => service.stop());

  async function created(
    method: string,
    path: string,
    body: unknown,
  ): Promise<Record<string, unknown>> {
    const answer = await service.request<Record<string, unknown>>(method, path, body);
    if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
    return answer.body;
  }

  /** Starts an instance, ends its first step, and reads what was decided on the way, first decided first. */
  async function decided(id: string, data: object): Promise<Summary[]> {
    const at = `/workflows/${workflow_id}/instances`;
    await created('POST', at, { workflow_instance_id: id, data });
    await created('POST', `${at}/${id}/steps/request/complete`, {});
    const list = `/conditional/decisions?workflow_id=${workflow_id}&workflow_instance_id=${id}`;
    const { items } = (await created('GET', list, undefined)) as unknown as { items: Summary[] };
    return items.toReversed();
  }

  const why = ({ decision_id }: Summary): Promise<Record<string, unknown>> =>
    created('GET', `/conditional/decisions/${decision_id}`, undefined);

  it('can be explained later: every rule in the order tried, and what each part was', async () => {
    const [only, ...more] = await decided('signed', { priority: 'low', signed: true });
    expect(more).toEqual([]);
    if (!only) throw new Error('nothing was recorded');
    expect(only).toMatchObject({
      decided_by: 'rule',
      decided_by_id: 'signed',
      target_step_id: 'team',
    });
    const { routing_decision, rules_tried, context } = await why(only);
    expect(context).toMatchObject({ workflow_data: { priority: 'low', signed: true } });
    expect(routing_decision).toMatchObject({
      applied_rules: ['signed'],
      reasoning: [
        'Routing rule urgent (priority 1) does not apply: "priority = "high"" is false.',
        'Routing rule signed (priority 2) applies: "outcome = "completed" and signed" is true, so it routes to team.',
      ],
    });
    expect(rules_tried).toMatchObject([
      { rule_id: 'urgent', value: false, parts: { value: false } },
      // the outcome is that of the step that had ended
      { rule_id: 'signed', matched: true, parts: { value: true } },
    ]);
  });

  it('tells of rules that do not hold, and of the tree that is asked after them', async () => {
    const [first, second, ...more] = await decided('large', { amount: 50, limit: 20 });
    expect(more).toEqual([]);
    if (!first || !second) throw new Error('something was not recorded');
    expect(first).toMatchObject({ current_step_id: 'request', decided_by: 'sequence' });
    expect((await why(first))['rules_tried']).toMatchObject([
      { rule_id: 'urgent', value: false, matched: false },
      { rule_id: 'signed', value: null, matched: false },
    ]);
    expect(second).toMatchObject({
      current_step_id: 'choice',
      decided_by: 'tree',
      decided_by_id: 'up',
      target_step_id: 'boss',
    });
    expect(await why(second)).toMatchObject({
      tree_path: [{ node_id: 'large', value: true, parts: { value: true } }, { node_id: 'up' }],
    });
  });

  it('counts as the evaluations and the use that it was', async () => {
    await decided('urgent', { priority: 'high' });
    const database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
    try {
      await eventually(async () => {
        const { rows } = await database.query(
          `select rule_id, evaluation_count, success_rate * evaluation_count as matches
           from routing_conditions where workflow_id = $1 order by rule_id`,
          [workflow_id],
        );
        expect(rows).toEqual([
          { rule_id: 'signed', evaluation_count: 2, matches: 1 },
          { rule_id: 'urgent', evaluation_count: 3, matches: 1 },
        ]);
      });
    } finally {
      await database.end();
    }
    const { usage_count } = await created(
      'GET',
      '/conditional/decision-trees/by_amount',
      undefined,
    );
    expect(usage_count).toBe(1);
  });
});
