import { NestFactory } from '@nestjs/core';
import pg from 'pg';
import { Jobs, JobsModule } from '#jobs';
import { PersistenceModule } from '#persistence';
import { AppConfig, ConfigModule, readConfig } from '#platform/config';
import { HealthModule } from '#platform/health';

import { eventually } from '../support/eventually.js';
import { describeOnBothQueues } from '../support/queues.js';
import { type Service, startService } from '../support/service.js';
import { ofTenant } from '../support/tenant.js';

interface AnalysisBody {
  analysis_id: string;
  code?: string;
  errors?: { pointer: string; code: string }[];
  workflows_analyzed: number;
  total_executions_analyzed: number;
  performance_metrics: Record<string, unknown>[];
  bottleneck_analysis: Record<string, unknown>[];
  ml_predictions: unknown[];
  optimization_recommendations: unknown[];
  executive_summary: { not_computed: Record<string, string> };
}

const UNKNOWN = ['01890000-0000-7000-8000-00000000000a', '01890000-0000-7000-8000-00000000000b'];

describeOnBothQueues('GET /advanced/analytics', (queue) => {
  let service: Service;
  let workflow_id: string;

  beforeAll(async () => {
    service = await startService({ queue });
    workflow_id = await define('Leave request');
    await run('one', ['ask', 'check']);
    await run('two', ['ask']);
  });
  afterAll(() => service.stop());

  async function define(workflow_name: string): Promise<string> {
    const steps = ['ask', 'check'].map((step_id, index) => ({
      step_id,
      step_name: step_id,
      step_type: 'user_task',
      order_sequence: index + 1,
    }));
    const { status, body } = await service.request<{ workflow_id: string }>(
      'POST',
      '/multi-step/create',
      { workflow_name, category: 'test', steps },
    );
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body.workflow_id;
  }

  /** Starts an instance and completes these steps of it. */
  async function run(workflow_instance_id: string, completed: readonly string[]): Promise<void> {
    const instances = `/workflows/${workflow_id}/instances`;
    const { status } = await service.request('POST', instances, { workflow_instance_id });
    expect(status).toBe(201);
    for (const step_id of completed) {
      const path = `${instances}/${workflow_instance_id}/steps/${step_id}/complete`;
      expect((await service.request('POST', path, {})).status).toBe(200);
    }
  }

  const analyse = (search: string) =>
    service.request<AnalysisBody>('GET', `/advanced/analytics?${search}`);

  it('analyses what the engine has recorded', async () => {
    const { status, body } = await analyse(`workflow_ids=${workflow_id}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      workflows_analyzed: 1,
      total_executions_analyzed: 2,
      performance_metrics: [
        {
          workflow_id,
          total_executions: 2,
          ended_executions: 1,
          success_rate_percentage: 100,
          avg_steps_completed: 2,
          most_frequent_failure_step: null,
        },
      ],
      ml_predictions: [],
    });
    const entries = body.bottleneck_analysis.map((step) => [
      step['step_id'],
      step['entries'],
      step['open_entries'],
      step['failure_rate_percentage'],
    ]);
    expect(entries.sort()).toEqual([
      ['ask', 2, 0, 0],
      ['check', 1, 1, 0],
    ]);
    expect(body.executive_summary.not_computed['ml_predictions']).toContain('20 are needed');
  });

  it('takes several workflows, and booleans in any case', async () => {
    const other = await define('Unused');
    const { status, body } = await analyse(
      `workflow_ids=${workflow_id},${other}&include_predictions=False&include_recommendations=0&analysis_depth=deep&date_range_days=1`,
    );
    expect(status).toBe(200);
    expect(body.workflows_analyzed).toBe(2);
    expect(body.performance_metrics).toHaveLength(2);
    expect(body.executive_summary.not_computed).toMatchObject({
      ml_predictions: 'include_predictions is false.',
      optimization_recommendations: 'include_recommendations is false.',
    });
  });

  it('refuses what it does not understand, all faults in one answer', async () => {
    const { status, body } = await analyse(
      'date_range_days=366&include_predictions=yes&analysis_depth=abyss&workflow_ids=x&deep=1',
    );
    expect(status).toBe(400);
    expect(body.errors?.map(({ pointer }) => pointer).sort()).toEqual([
      '?analysis_depth',
      '?date_range_days',
      '?deep',
      '?include_predictions',
      '?workflow_ids',
    ]);
  });

  it('names every workflow that there is not', async () => {
    const { status, body } = await analyse(`workflow_ids=${[...UNKNOWN, workflow_id].join(',')}`);
    expect(status).toBe(404);
    expect(body).toMatchObject({ code: 'workflow_not_found' });
    expect(body.errors).toHaveLength(2);
  });

  it('is rolled up by a job', async () => {
    const { environment, databaseUrl } = service.backing;
    const config = new AppConfig(readConfig({ ...environment, ROLE: 'api' }, false), databaseUrl);
    const sender = await NestFactory.createApplicationContext(senderOf(config), { logger: false });
    const client = new pg.Client({ connectionString: databaseUrl });
    try {
      await client.connect();
      await ofTenant(sender.get(Jobs)).enqueue('analytics.roll-up', {});
      await eventually(async () => {
        const { rows } = await client.query(
          'select workflow_name, total_executions, successful_executions from workflow_performance',
        );
        expect(rows).toEqual([
          { workflow_name: 'Leave request', total_executions: 2, successful_executions: 1 },
        ]);
      });
    } finally {
      await client.end();
      await sender.close();
    }
  });
});

/** Puts jobs into the service's queue, and does none. */
const senderOf = (config: AppConfig) => ({
  module: class Sender {},
  imports: [ConfigModule.forRoot(config), PersistenceModule, HealthModule, JobsModule.handling([])],
});
