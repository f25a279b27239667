import pg from 'pg';

import { type Service, startService } from '../support/service.js';

interface RouteBody {
  routing_decision: { confidence_score: number | null };
  routing_analytics: { confidence: { cases: number } };
}

const STEPS = ['request', 'check'];

describe('confidence', () => {
  let service: Service;
  let database: pg.Client;
  let workflow_id: string;

  beforeAll(async () => {
    service = await startService({ env: { ML_MIN_EVIDENCE: '1' } });
    database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
    const { body } = await service.request<{ workflow_id: string }>('POST', '/multi-step/create', {
      workflow_name: 'Judged',
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
  afterAll(async () => {
    await database.end();
    await service.stop();
  });

  async function route(id: string, from: string, to: string, dry_run = false): Promise<RouteBody> {
    const { status, body } = await service.request<RouteBody>('PUT', '/conditional/route', {
      workflow_id,
      context: { workflow_instance_id: id, current_step_id: from },
      business_rules: [
        {
          rule_id: `to_${to}`,
          rule_name: to,
          condition_type: 'data_threshold',
          condition_expression: 'true',
          target_action: 'route_to_step',
          target_step_id: to,
        },
      ],
      dry_run,
    });
    if (status !== 200) throw new Error(JSON.stringify(body));
    return body;
  }
  async function complete(id: string): Promise<void> {
    const path = `/workflows/${workflow_id}/instances/${id}/steps/check/complete`;
    const { status, body } = await service.request('POST', path, {});
    if (status !== 200) throw new Error(JSON.stringify(body));
  }
  const confidence = async (): Promise<[score: number | null, cases: number]> => {
    const body = await route('asked', 'request', 'check', true);
    return [body.routing_decision.confidence_score, body.routing_analytics.confidence.cases];
  };

  it('counts as well what completed in time and was not sent back', async () => {
    expect(await confidence()).toEqual([null, 0]);
    await route('smooth', 'request', 'check');
    await complete('smooth');
    expect(await confidence()).toEqual([1, 1]);

    await route('back', 'request', 'check');
    await route('back', 'check', 'request');
    await route('back', 'request', 'check');
    await complete('back');
    // the first of its decisions was sent back, the second was not
    expect(await confidence()).toEqual([2 / 3, 3]);

    await route('late', 'request', 'check');
    await complete('late');
    await database.query(
      `update workflow_instances set due_at = ended_at - interval '1 minute' where workflow_instance_id = 'late'`,
    );
    await database.query(
      `update routing_analytics set went_well = null where workflow_instance_id = 'late'`,
    );
    expect(await confidence()).toEqual([2 / 4, 4]);
  });
});
