import pg from 'pg';

import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';

const CASES = 60;
const TREE = 'by_kind';

/** What is decided on case n, and what becomes of it. */
const cases = Array.from({ length: CASES }, (_, n) => ({
  id: `case_${n}`,
  amount: n,
  byTree: n % 3 === 0,
  goesWell: n % 4 !== 0,
}));

describe('counts behind decisions', () => {
  let service: Service;
  let database: pg.Client;
  let workflow_id: string;

  beforeAll(async () => {
    service = await startService();
    database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
    const { body } = await service.request<{ workflow_id: string }>('POST', '/multi-step/create', {
      workflow_name: 'Counted',
      category: 'test',
      steps: ['request', 'check'].map((step_id, index) => ({
        step_id,
        step_name: step_id,
        step_type: 'user_task',
        order_sequence: index + 1,
      })),
    });
    workflow_id = body.workflow_id;
    await must('POST', '/conditional/rules', {
      workflow_id,
      rule_id: 'large',
      rule_name: 'Large',
      condition_type: 'approval_amount',
      condition_expression: 'amount >= 20',
      target_action: 'route_to_step',
      target_step_id: 'check',
    });
    await must('POST', '/conditional/decision-trees', {
      workflow_id,
      tree_id: TREE,
      tree_name: 'By kind',
      root_node_id: 'go',
      nodes: [
        {
          node_id: 'go',
          node_type: 'action',
          action_type: 'route_to_step',
          action_parameters: { target_step_id: 'check' },
        },
      ],
    });
  });
  afterAll(async () => {
    await database.end();
    await service.stop();
  });

  async function must(method: string, path: string, body: unknown): Promise<void> {
    const answer = await service.request(method, path, body);
    if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
  }
  async function decide({ id, amount, byTree, goesWell }: (typeof cases)[number]): Promise<void> {
    await must('PUT', '/conditional/route', {
      workflow_id,
      context: {
        workflow_instance_id: id,
        current_step_id: 'request',
        workflow_data: { amount },
      },
      decision_tree_id: byTree ? TREE : null,
    });
    const end = goesWell ? 'steps/check/complete' : 'cancel';
    await must('POST', `/workflows/${workflow_id}/instances/${id}/${end}`, {});
  }
  async function row(sql: string): Promise<Record<string, unknown>> {
    const { rows } = await database.query<Record<string, unknown>>(sql);
    expect(rows).toHaveLength(1);
    return rows[0] ?? {};
  }

  it('come to what was decided and what became of it, once each', async () => {
    await Promise.all(cases.map(decide));
    const ofRule = cases.filter(({ byTree, amount }) => !byTree && amount >= 20);
    const ofTree = cases.filter(({ byTree }) => byTree);
    const bySequence = cases.filter(({ byTree, amount }) => !byTree && amount < 20);
    const well = (some: typeof cases): number => some.filter(({ goesWell }) => goesWell).length;
    const check = async (): Promise<void> => {
      // the rule is tried beside the tree as well, for the alternatives
      const large = cases.filter(({ amount }) => amount >= 20).length;
      const tried = await row('select evaluation_count, success_rate from routing_conditions');
      expect(tried['evaluation_count']).toBe(CASES);
      expect(tried['success_rate']).toBeCloseTo(large / CASES);
      expect(await row('select success_count, failure_count from business_rules')).toEqual({
        success_count: well(ofRule),
        failure_count: ofRule.length - well(ofRule),
      });
      const tree = await row('select usage_count, accuracy_score from decision_trees');
      expect(tree['usage_count']).toBe(ofTree.length);
      expect(tree['accuracy_score']).toBeCloseTo(well(ofTree) / ofTree.length);
      const { rows } = await database.query(
        `select decided_by, labelled_cases, good_cases from decision_evidence order by decided_by`,
      );
      expect(rows).toEqual(
        [
          ['rule', ofRule] as const,
          ['sequence', bySequence] as const,
          ['tree', ofTree] as const,
        ].map(([decided_by, some]) => ({
          decided_by,
          labelled_cases: some.length,
          good_cases: well([...some]),
        })),
      );
      expect(await row('select count(*)::int as decisions from routing_analytics')).toEqual({
        decisions: CASES,
      });
    };
    await eventually(check, { timeout_ms: 40_000 });

    // a process that starts anew looks at all of them again, and counts none twice
    await service.restart();
    await eventually(async () => {
      const { rows } = await database.query(
        'select from routing_analytics where not counted or went_well is null',
      );
      expect(rows).toEqual([]);
    });
    await check();
  });
});
