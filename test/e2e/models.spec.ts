import pg from 'pg';

import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';

interface RouteBody {
  routing_decision: { confidence_score: number; reasoning: string[] };
  routing_analytics: {
    awaits_person: boolean;
    confidence: { basis: string; model_id: string; cases: number };
  };
}
interface Model {
  model_id: string;
  is_current: boolean;
  is_better: boolean;
  cases_trained: number;
  decided_by_id: string;
  version_number: number;
  calibration: {
    cases: number;
    brier_score: number;
    brier_score_of_share: number;
    reliability: { cases: number }[];
  };
  features: { name: string; weight: number }[];
}

const CASES = 400;

describe('models of decisions', () => {
  let service: Service;
  let database: pg.Client;
  let workflow_id: string;

  beforeAll(async () => {
    service = await startService({ env: { ML_MIN_EVIDENCE: '1' } });
    database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
    const { body } = await service.request<{ workflow_id: string }>('POST', '/multi-step/create', {
      workflow_name: 'Learnt',
      category: 'test',
      minimum_confidence: 0.5,
      steps: ['request', 'check'].map((step_id, index) => ({
        step_id,
        step_name: step_id,
        step_type: 'user_task',
        order_sequence: index + 1,
      })),
    });
    workflow_id = body.workflow_id;
  });
  afterAll(async () => {
    await database.end();
    await service.stop();
  });

  async function route(id: string, amount: number, dry_run: boolean): Promise<RouteBody> {
    const { status, body } = await service.request<RouteBody>('PUT', '/conditional/route', {
      workflow_id,
      context: {
        workflow_instance_id: id,
        current_step_id: 'request',
        workflow_data: { amount },
      },
      business_rules: [
        {
          rule_id: 'to_check',
          rule_name: 'To the check',
          condition_type: 'data_threshold',
          condition_expression: 'true',
          target_action: 'route_to_step',
          target_step_id: 'check',
        },
      ],
      dry_run,
    });
    if (status !== 200) throw new Error(JSON.stringify(body));
    return body;
  }
  const models = async (): Promise<Model[]> => {
    const path = `/conditional/models?workflow_id=${workflow_id}`;
    return (await service.request<{ items: Model[] }>('GET', path)).body.items;
  };
  /** Decisions like the first, on amounts from 0 to 99; their instances ended just now, well where the amount is small. */
  async function remember(cases: number): Promise<void> {
    await database.query(
      `with cases as (
         select number, gen_random_uuid() as id, (number * 37) % 100 as amount,
           now() - (${cases} - number) * interval '1 second' as at
         from generate_series(1, ${cases}) number
       ), instances as (
         insert into workflow_instances
         select (jsonb_populate_record(w, jsonb_build_object(
           'instance_id', c.id, 'workflow_instance_id', c.id, 'status', 'completed',
           'outcome', case when c.amount < 50 then 'completed' else 'rejected' end, 'ended_at', now()))).*
         from cases c, workflow_instances w where w.workflow_instance_id = 'first'
         returning instance_id
       )
       insert into routing_analytics
       select (jsonb_populate_record(d, jsonb_build_object(
         'analytics_id', gen_random_uuid(), 'decision_id', gen_random_uuid(), 'instance_id', c.id,
         'workflow_instance_id', c.id, 'routing_timestamp', c.at,
         'context_data', d.context_data || jsonb_build_object('workflow_data', jsonb_build_object('amount', c.amount))
       ))).*
       from cases c, routing_analytics d where d.workflow_instance_id = 'first'`,
    );
  }

  it('refine the confidence by the data once there are enough outcomes', async () => {
    await route('first', 0, false);
    await remember(CASES);
    const [model] = await eventually(
      async () => {
        const found = await models();
        expect(found).toHaveLength(1);
        return found;
      },
      { timeout_ms: 40_000 },
    );
    expect(model).toMatchObject({
      is_current: true,
      is_better: true,
      version_number: 1,
      decided_by_id: 'to_check',
      cases_trained: 300,
      calibration: { cases: 100 },
    });
    const { brier_score, brier_score_of_share, reliability } = model?.calibration ?? {};
    expect(brier_score).toBeLessThan(brier_score_of_share ?? 0);
    expect(reliability?.reduce((sum, { cases }) => sum + cases, 0)).toBe(100);

    const small = await route('asked', 10, true);
    expect(small.routing_decision.confidence_score).toBeGreaterThan(0.9);
    expect(small.routing_analytics.confidence).toMatchObject({
      basis: 'model',
      model_id: model?.model_id,
      cases: 300,
    });
    expect(small.routing_decision.reasoning.at(-1)).toContain('By a model of 300 like decisions');
    const large = await route('asked', 90, true);
    expect(large.routing_decision.confidence_score).toBeLessThan(0.1);
    expect([small, large].map((each) => each.routing_analytics.awaits_person)).toEqual([
      false,
      true,
    ]);
  });

  it('show what they look at, and give way to new ones', async () => {
    const [first] = await models();
    const path = `/conditional/models/${first?.model_id}`;
    const { body } = await service.request<Model>('GET', path);
    expect(body.features.map(({ name }) => name)).toEqual(['intercept', 'amount']);
    expect(body.features[1]?.weight).toBeLessThan(-1);
    const nobody = await service.request('GET', `/conditional/models/${workflow_id}`);
    expect([nobody.status, nobody.body['code']]).toEqual([404, 'decision_model_not_found']);

    await remember(CASES);
    await eventually(
      async () => {
        const [latest, before] = await models();
        expect([latest?.version_number, latest?.is_current]).toEqual([2, true]);
        expect([before?.version_number, before?.is_current]).toEqual([1, false]);
      },
      { timeout_ms: 40_000 },
    );
  });
});
