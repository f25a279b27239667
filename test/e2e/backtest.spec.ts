import pg from 'pg';

import { eventually } from '../support/eventually.js';
import { type Answer, type Service, startService } from '../support/service.js';

interface Destination {
  routing_action: string;
  target_step_id: string | null;
}

interface Backtest {
  backtest_id: string;
  status: string;
  decisions_total: number;
  decisions_read: number;
  decisions_changed: number;
  decisions_undecidable: number;
  progress_percentage: number;
  matrix: {
    old: Destination;
    new: Destination;
    decisions: number;
    outcomes: Record<string, number>;
  }[];
  changes: {
    decision_id: string;
    href: string;
    workflow_instance_id: string;
    new: Destination & { decided_by: string; decided_by_id: string };
    outcome: string;
  }[];
  errors?: { pointer: string; code: string }[];
}

const STEPS = ['request', 'team', 'director', 'done'];
const toDirector = (limit: number): Record<string, unknown> => ({
  rule_id: 'to_director',
  rule_name: 'To the director',
  condition_type: 'approval_amount',
  condition_expression: `amount > ${limit}`,
  target_action: 'route_to_step',
  target_step_id: 'director',
});

describe('a backtest', () => {
  let service: Service;
  let database: pg.Client;
  let workflow_id: string;
  const decisions = new Map<string, string>();

  beforeAll(async () => {
    service = await startService();
    database = new pg.Client({
      connectionString: service.databaseUrl,
      options: '-c app.tenant_id=default',
    });
    await database.connect();
    const { body } = await service.request<{ workflow_id: string }>('POST', '/multi-step/create', {
      workflow_name: 'Tested back',
      category: 'test',
      steps: STEPS.map((step_id, index) => ({
        step_id,
        step_name: step_id,
        step_type: 'user_task',
        order_sequence: index + 1,
      })),
    });
    workflow_id = body.workflow_id;
    for (const amount of [100, 600, 900, 1500, 2000]) await decide(amount);
    await service.request('POST', `/workflows/${workflow_id}/instances/i600/cancel`, {
      reason: 'not needed',
    });
  });
  afterAll(async () => {
    await database.end();
    await service.stop();
  });

  /** Amounts above 1,000 went to the director, others to the team by the order of the steps. */
  async function decide(amount: number): Promise<void> {
    const { status, body } = await service.request<{ routing_decision: { decision_id: string } }>(
      'PUT',
      '/conditional/route',
      {
        workflow_id,
        context: {
          workflow_instance_id: `i${amount}`,
          current_step_id: 'request',
          workflow_data: { amount },
        },
        business_rules: [toDirector(1000)],
      },
    );
    if (status !== 200) throw new Error(JSON.stringify(body));
    decisions.set(`i${amount}`, body.routing_decision.decision_id);
  }
  const start = (candidate: unknown, more = {}): Promise<Answer<Backtest>> =>
    service.request<Backtest>('POST', '/conditional/backtest', { workflow_id, candidate, ...more });
  const read = async (id: string): Promise<Backtest> =>
    (await service.request<Backtest>('GET', `/conditional/backtest/${id}`)).body;
  async function finished(candidate: unknown, more = {}): Promise<Backtest> {
    const { status, body } = await start(candidate, more);
    if (status !== 202) throw new Error(JSON.stringify(body));
    return ended(body.backtest_id);
  }
  const ended = (id: string): Promise<Backtest> =>
    eventually(
      async () => {
        const backtest = await read(id);
        expect(['completed', 'failed']).toContain(backtest.status);
        return backtest;
      },
      { timeout_ms: 40_000 },
    );
  const recorded = async (): Promise<unknown> =>
    (
      await database.query(
        `select count(*)::int as rows,
           md5(string_agg(reasoning::text || context_data || evaluation || routing_action, '|' order by decision_id)) as digest
         from routing_analytics`,
      )
    ).rows;

  it('shows old × new with the outcomes, and the decisions that change; nothing recorded does', async () => {
    const before = await recorded();
    const backtest = await finished({ business_rules: [toDirector(500)] });
    const team = { routing_action: 'route_to_step', target_step_id: 'team' };
    const director = { routing_action: 'route_to_step', target_step_id: 'director' };
    expect(backtest).toMatchObject({
      status: 'completed',
      decisions_total: 5,
      decisions_read: 5,
      decisions_changed: 2,
      decisions_undecidable: 0,
      progress_percentage: 100,
    });
    expect(backtest.matrix).toHaveLength(3);
    expect(backtest.matrix).toEqual(
      expect.arrayContaining([
        { old: team, new: director, decisions: 2, outcomes: { cancelled: 1, open: 1 } },
        { old: director, new: director, decisions: 2, outcomes: { open: 2 } },
        { old: team, new: team, decisions: 1, outcomes: { open: 1 } },
      ]),
    );
    expect(backtest.changes.map((change) => change.workflow_instance_id)).toEqual(['i900', 'i600']);
    const [, change] = backtest.changes;
    expect(change).toMatchObject({
      decision_id: decisions.get('i600'),
      new: { ...director, decided_by: 'rule', decided_by_id: 'to_director' },
      outcome: 'cancelled',
    });
    expect((await service.request('GET', change?.href ?? '')).status).toBe(200);
    expect(await recorded()).toEqual(before);
  });

  it('takes a table or a tree, written out or stored, and the latest decisions of a period', async () => {
    const decision_table = {
      table_id: 'candidate',
      table_name: 'Candidate',
      hit_policy: 'first',
      inputs: [{ label: 'Amount', expression: 'amount' }],
      outputs: [{ name: 'target_step_id' }],
      rules: [{ rule_id: 'huge', inputs: ['>= 2000'], outputs: ['"done"'] }],
    };
    const stored = await service.request('POST', '/conditional/decision-tables', decision_table);
    expect(stored.status).toBe(201);
    const written = await finished({ decision_table }, { limit: 2 });
    const byId = await finished({ decision_table_id: 'candidate' }, { limit: 2 });
    // i1500 goes on in order now, i2000 by the table
    for (const backtest of [written, byId]) {
      expect(backtest).toMatchObject({ decisions_total: 2, decisions_changed: 2 });
      expect(
        backtest.changes.map(({ new: after }) => [after.target_step_id, after.decided_by]),
      ).toEqual([
        ['done', 'table'],
        ['team', 'sequence'],
      ]);
    }
    const decision_tree = {
      tree_id: 'candidate',
      tree_name: 'Candidate',
      root_node_id: 'stop',
      nodes: [{ node_id: 'stop', node_type: 'action', action_type: 'reject' }],
    };
    const byTree = await finished({ decision_tree });
    expect(byTree).toMatchObject({ decisions_total: 5, decisions_changed: 5 });
    const earlier = await finished({ decision_tree }, { to: '2020-01-01T00:00:00Z' });
    expect(earlier).toMatchObject({ decisions_total: 0, matrix: [], progress_percentage: 100 });
  });

  it('is refused with every fault at its place', async () => {
    const rules = [{ ...toDirector(1), target_step_id: 'mars' }];
    const { status, body } = await start({ business_rules: rules, decision_tree_id: 'nowhere' });
    expect(status).toBe(400);
    expect(body.errors?.map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/candidate/business_rules/0/target_step_id', 'unknown_step'],
      ['/candidate/decision_tree_id', 'decision_tree_not_found'],
    ]);
    expect((await start({})).body.errors).toMatchObject([
      { pointer: '/candidate', code: 'required' },
    ]);
    const missing = '/conditional/backtest/0198c0de-0000-7000-8000-000000000000';
    expect(await service.request('GET', missing)).toMatchObject({
      status: 404,
      body: { code: 'backtest_not_found' },
    });
  });

  it('goes on where a killed process left it, and counts each decision once', async () => {
    await database.query(
      `insert into routing_analytics (
         analytics_id, decision_id, request_id, workflow_id, version_number, workflow_instance_id, current_step_id,
         routing_action, target_step_id, question_hash, execution_time_ms, context_data, counted, routing_timestamp)
       select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), workflow_id, version_number, 'copy',
         current_step_id, routing_action, target_step_id, question_hash, 1, context_data, true,
         routing_timestamp - (n / 3) * interval '1 ms'
       from routing_analytics, generate_series(1, 8000) n where workflow_instance_id = 'i900'`,
    );
    const { body } = await start({ business_rules: [toDirector(500)] }, { limit: 100_000 });
    await eventually(async () => {
      expect((await read(body.backtest_id)).decisions_read).toBeGreaterThan(0);
    });
    await service.kill();
    const { rows } = await database.query<{ status: string }>(
      'select status from backtests where backtest_id = $1',
      [body.backtest_id],
    );
    expect(rows).toEqual([{ status: 'running' }]);
    await service.start();
    const backtest = await ended(body.backtest_id);
    expect(backtest).toMatchObject({
      status: 'completed',
      decisions_total: 8005,
      decisions_read: 8005,
      decisions_changed: 8002,
    });
    expect(backtest.matrix.reduce((sum, cell) => sum + cell.decisions, 0)).toBe(8005);
    expect(backtest.changes).toHaveLength(200);
    expect(new Set(backtest.changes.map((change) => change.decision_id)).size).toBe(200);
  });
});
