import {
  AnalyticsResultEntity,
  BottleneckAnalysisEntity,
  InstanceEventEntity,
  insertRows,
  newId,
  OptimizationSuggestionEntity,
  ParallelExecutionEntity,
  StepExecutionEntity,
  TaskExecutionEntity,
  updateRows,
  type WorkflowDefinitionEntity,
  WorkflowInstanceEntity,
  WorkflowPerformanceEntity,
} from '#persistence';
import { AppConfig, readConfig } from '#platform/config';
import { AnalysisReader } from '../../src/analytics/analysis-reader.js';
import { AnalyticsQuery } from '../../src/analytics/analytics.dto.js';
import { AnalyticsService } from '../../src/analytics/analytics.service.js';
import { RollUp } from '../../src/analytics/roll-up.js';
import { newStoredDefinition, newStoredInstance } from '../factories/stored.factory.js';
import { ofTenant } from '../support/tenant.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

let test: TestDatabase;
let readers: AnalysisReader[] = [];

beforeAll(async () => {
  test = await testDatabase();
});
afterEach(async () => {
  await Promise.all(readers.map((reader) => reader.onApplicationShutdown()));
  readers = [];
  await test.dataSource.query(
    'truncate workflow_definitions, parallel_executions, analytics_results, workflow_performance, bottleneck_analysis, optimization_suggestions cascade',
  );
});
afterAll(() => test.drop());

function analytics(environment: Record<string, string> = {}) {
  const config = new AppConfig(readConfig(environment, false), test.url);
  const reader = ofTenant(new AnalysisReader(test.database, config));
  readers.push(reader);
  return {
    reader,
    service: ofTenant(new AnalyticsService(test.database, reader, config)),
    rollUp: ofTenant(new RollUp(test.database, reader, config)),
  };
}

const query = (fields: Partial<AnalyticsQuery> = {}) => Object.assign(new AnalyticsQuery(), fields);

/** `clock` on the day (UTC) so many days ago. */
function at(daysAgo: number, clock: string): Date {
  const day = new Date(Date.now() - daysAgo * DAY_MS).toISOString().slice(0, 10);
  return new Date(`${day}T${clock}:00Z`);
}

async function newStep(
  instance: WorkflowInstanceEntity,
  step: Pick<StepExecutionEntity, 'step_id' | 'entered_at'> & Partial<StepExecutionEntity>,
): Promise<string> {
  const step_execution_id = newId();
  const { instance_id, workflow_id, version_number } = instance;
  const row = {
    step_execution_id,
    instance_id,
    workflow_id,
    version_number,
    step_name: step.step_id,
    step_type: 'user_task',
    entry: 1,
    status: 'completed',
    ...step,
  } as const;
  await insertRows(test.database.read, StepExecutionEntity, [row]);
  return step_execution_id;
}

async function newTask(
  { instance_id, workflow_id, workflow_instance_id }: WorkflowInstanceEntity,
  step_execution_id: string,
  task: Pick<TaskExecutionEntity, 'start_time' | 'end_time'>,
): Promise<void> {
  const execution_id = newId();
  const execution = {
    execution_id,
    workflow_id,
    workflow_instance_id,
    instance_id,
    step_execution_id,
    total_tasks: 1,
    overall_status: 'completed',
    failure_strategy: 'partial_success',
    max_concurrent_tasks: 10,
    global_timeout_minutes: 240,
    monitoring_interval_seconds: 30,
  } as const;
  await insertRows(test.database.read, ParallelExecutionEntity, [execution]);
  const row = {
    task_execution_id: newId(),
    execution_id,
    workflow_id,
    step_id: 'book',
    task_id: 'book',
    task_name: 'book',
    task_type: 'automation',
    ordinal: 0,
    status: 'completed',
    handler: { type: 'worker' },
    handler_kind: 'worker',
    worker_id: 'worker-1',
    timeout_minutes: 60,
    estimated_duration_minutes: 15,
    ...task,
  } as const;
  await insertRows(test.database.read, TaskExecutionEntity, [row]);
}

/** Four instances of two days ago: one completed, one rejected, one failed, one open. */
async function newHistory(): Promise<{
  definition: WorkflowDefinitionEntity;
  open: WorkflowInstanceEntity;
}> {
  const tx = test.database.read;
  const definition = await newStoredDefinition(tx, { workflow_name: 'Leave request' });
  const start = (clock: string, fields: Partial<WorkflowInstanceEntity>) =>
    newStoredInstance(tx, definition, { started_at: at(2, clock), ...fields });

  const done = await start('09:00', {
    status: 'completed',
    outcome: 'completed',
    ended_at: at(2, '10:00'),
  });
  await newStep(done, {
    step_id: 'review',
    entered_at: at(2, '09:00'),
    started_at: at(2, '09:30'),
    ended_at: at(2, '09:40'),
  });
  const book = await newStep(done, {
    step_id: 'book',
    step_type: 'automated',
    entered_at: at(2, '09:40'),
    started_at: at(2, '10:00'),
    ended_at: at(2, '10:00'),
  });
  await newTask(done, book, { start_time: at(2, '09:45'), end_time: at(2, '09:55') });

  const rejected = await start('09:00', {
    status: 'completed',
    outcome: 'rejected',
    ended_at: at(2, '11:00'),
  });
  await newStep(rejected, {
    step_id: 'review',
    entered_at: at(2, '09:00'),
    started_at: at(2, '11:00'),
    ended_at: at(2, '11:00'),
  });

  const failed = await start('10:00', { status: 'failed', ended_at: at(2, '10:30') });
  await newStep(failed, {
    step_id: 'review',
    entered_at: at(2, '10:00'),
    started_at: at(2, '10:05'),
    ended_at: at(2, '10:10'),
  });
  await newStep(failed, {
    step_id: 'book',
    step_type: 'automated',
    status: 'failed',
    entered_at: at(2, '10:10'),
    ended_at: at(2, '10:30'),
  });

  const open = await start('14:00', {});
  await newStep(open, { step_id: 'review', status: 'waiting', entered_at: at(2, '14:00') });
  return { definition, open };
}

describe('the analysis of recorded history', () => {
  it('gives the figures that one computes by hand', async () => {
    const { definition } = await newHistory();
    const { workflow_id } = definition;
    const answer = await analytics().service.answer(query({ workflow_ids: [workflow_id] }));

    expect(answer).toMatchObject({ workflows_analyzed: 1, total_executions_analyzed: 4 });
    expect(answer.performance_metrics).toEqual([
      {
        workflow_id,
        workflow_name: 'Leave request',
        total_executions: 4,
        ended_executions: 3,
        // 60, 120 and 30 minutes
        avg_execution_time_minutes: 70,
        success_rate_percentage: expect.closeTo(100 / 3, 9),
        // 2, 1 and 1
        avg_steps_completed: expect.closeTo(4 / 3, 9),
        most_frequent_failure_step: 'book',
        peak_execution_hours: [9, 10, 14],
        resource_utilization: {
          meaning: expect.any(String),
          tasks_running_per_worker: 1,
          tasks: 1,
          workers: 1,
          busy_minutes: 10,
          span_minutes: 10,
        },
        unavailable: {},
      },
    ]);
    expect(answer.bottleneck_analysis).toEqual([
      expect.objectContaining({
        workflow_id,
        step_id: 'review',
        entries: 3,
        open_entries: 1,
        // 30, 120 and 5 minutes; of the second no begin of work is recorded
        queue_time_minutes: expect.closeTo(155 / 3, 9),
        avg_processing_time_minutes: 7.5,
        failure_rate_percentage: 0,
        resource_contention_score: expect.closeTo(155 / 170, 9),
        optimization_potential_score: expect.closeTo(155 / 210, 9),
        bottleneck_severity: 'critical',
        queue_time_quantiles_minutes: null,
        unavailable: {},
      }),
      expect.objectContaining({
        step_id: 'book',
        entries: 2,
        open_entries: 0,
        // 10 of 20 minutes while its task ran, and 20 without one
        queue_time_minutes: 15,
        avg_processing_time_minutes: 10,
        failure_rate_percentage: 50,
        resource_contention_score: 0.75,
        optimization_potential_score: expect.closeTo(30 / 210, 9),
        bottleneck_severity: 'medium',
      }),
    ]);
    expect(answer.bottleneck_analysis[0]?.recommended_actions[0]).toContain(
      '3 entries waited 51.7 min on average, 73.8 % of all time',
    );
    expect(
      answer.optimization_recommendations.map(({ step_id, category, priority }) => [
        step_id,
        category,
        priority,
      ]),
    ).toEqual([
      ['review', 'process', 'critical'],
      ['book', 'resource', 'medium'],
      ['book', 'automation', 'medium'],
    ]);
    expect(answer.optimization_recommendations[0]).toMatchObject({
      estimated_impact_percentage: expect.closeTo((100 * 155) / 210, 9),
      estimated_roi: null,
      success_probability: null,
      unavailable: { estimated_roi: expect.any(String), success_probability: expect.any(String) },
    });
    expect(answer.ai_insights[0]).toBe(
      '4 instances of 1 workflow started in the last 30 days; 3 have ended, 33.3 % of them successfully, after 70 min on average.',
    );
    expect(answer.ml_predictions).toEqual([]);
    expect(answer.executive_summary).toMatchObject({
      bottlenecks_by_severity: { low: 0, medium: 1, high: 0, critical: 1 },
      not_computed: {
        ml_predictions: 'Predictions of "Leave request": 3 ended cases, 20 are needed.',
      },
    });
    expect(answer.trend_analysis).toMatchObject({
      no_predictions: expect.stringContaining('20 are needed'),
      executions: { direction: null, reason: expect.stringContaining('8 are needed') },
    });
  });

  it('leaves out what is before the period, and compares with it', async () => {
    const { definition } = await newHistory();
    await newStoredInstance(test.database.read, definition, {
      started_at: at(4, '09:00'),
      ended_at: at(4, '09:35'),
      status: 'completed',
      outcome: 'completed',
    });
    const answer = await analytics().service.answer(query({ date_range_days: 3 }));
    expect(answer.total_executions_analyzed).toBe(4);
    expect(answer.comparative_analysis).toMatchObject({
      workflows: [
        {
          workflow_id: definition.workflow_id,
          total_executions: { current: 4, previous: 1, change: 3, change_percentage: 300 },
          avg_execution_time_minutes: { current: 70, previous: 35, change_percentage: 100 },
          success_rate_percentage: { previous: 100 },
        },
      ],
    });
  });

  it('computes what the depth asks for, and says what it leaves out', async () => {
    await newHistory();
    const { service } = analytics();
    const basic = await service.answer(query({ analysis_depth: 'basic' }));
    expect(basic.performance_metrics).toHaveLength(1);
    expect(basic.bottleneck_analysis).toEqual([]);
    expect(basic.optimization_recommendations).toEqual([]);
    expect(basic.executive_summary).toMatchObject({
      bottlenecks_by_severity: null,
      worst_bottleneck: null,
      not_computed: {
        bottleneck_analysis: expect.stringContaining('basic'),
        ml_predictions: expect.stringContaining('basic'),
        optimization_recommendations: expect.stringContaining('basic'),
        trend_analysis: expect.stringContaining('basic'),
        comparative_analysis: expect.stringContaining('basic'),
      },
    });
    const deep = await service.answer(query({ analysis_depth: 'comprehensive' }));
    // 5, 30 and 120 minutes
    expect(deep.bottleneck_analysis[0]?.queue_time_quantiles_minutes).toEqual({
      p50: 30,
      p90: expect.closeTo(102, 9),
      p95: expect.closeTo(111, 9),
    });
    expect(deep.trend_analysis).toMatchObject({
      workflows: [{ daily: expect.any(Array) }],
      steps: [
        { step_id: 'book', queue_time_minutes: { direction: null, days: 1 } },
        // one of four entries is open: too many for the mean of the day
        { step_id: 'review', queue_time_minutes: { direction: null, days: 0 } },
      ],
    });
    expect(deep.comparative_analysis).toMatchObject({
      workflows: [{ execution_time_test: { p_value: null, cases: { current: 3, previous: 0 } } }],
    });
  });

  it('gives nulls with reasons where nothing is recorded', async () => {
    const { workflow_id } = await newStoredDefinition(test.database.read);
    const answer = await analytics().service.answer(query({ workflow_ids: [workflow_id] }));
    expect(answer.total_executions_analyzed).toBe(0);
    expect(answer.performance_metrics).toEqual([
      expect.objectContaining({
        total_executions: 0,
        avg_execution_time_minutes: null,
        success_rate_percentage: null,
        avg_steps_completed: null,
        most_frequent_failure_step: null,
        peak_execution_hours: [],
        unavailable: {
          avg_execution_time_minutes: 'No instance started in the period.',
          success_rate_percentage: 'No instance started in the period.',
          avg_steps_completed: 'No instance started in the period.',
          most_frequent_failure_step: expect.any(String),
        },
      }),
    ]);
    expect(answer).toMatchObject({
      bottleneck_analysis: [],
      ml_predictions: [],
      optimization_recommendations: [],
      executive_summary: {
        not_computed: {
          bottleneck_analysis: 'No step was entered in the period.',
          ml_predictions: expect.stringContaining('No ended case'),
          optimization_recommendations: 'No step was entered in the period.',
        },
      },
    });
  });

  it('names each workflow that there is not', async () => {
    const [one, other] = [newId(), newId()].sort();
    await expect(
      analytics().service.answer(query({ workflow_ids: [one!, other!] })),
    ).rejects.toMatchObject({
      faults: [one, other].map((id) => ({
        pointer: '?workflow_ids',
        code: 'workflow_not_found',
        message: expect.stringContaining(id!),
      })),
    });
  });
});

describe('process maps', () => {
  /** Enters these steps in one minute each, and ends in the next. */
  async function newWay(
    definition: WorkflowDefinitionEntity,
    steps: readonly string[],
    fields: Partial<WorkflowInstanceEntity> = {},
  ): Promise<void> {
    const tx = test.database.read;
    const started_at = at(2, '09:00');
    const after = (minutes: number) => new Date(started_at.getTime() + minutes * MINUTE_MS);
    const { instance_id, workflow_id } = await newStoredInstance(tx, definition, {
      status: 'completed',
      outcome: 'completed',
      started_at,
      ended_at: after(steps.length + 1),
      ...fields,
    });
    const entered = steps.map((step_id, index) => ({
      event_type: 'step_entered',
      step_id,
      occurred_at: after(index + 1),
    }));
    const others = [
      { event_type: 'step_completed', step_id: 'review', occurred_at: after(steps.length) },
      { event_type: 'step_skipped', step_id: 'book', occurred_at: after(steps.length) },
    ];
    const rows = [...entered, ...others].map((event, index) => ({
      instance_id,
      workflow_id,
      sequence: index + 1,
      actor: 'somebody',
      ...event,
    }));
    await insertRows(tx, InstanceEventEntity, rows);
  }

  it('count what followed what, and the ways that were taken', async () => {
    const definition = await newStoredDefinition(test.database.read, { workflow_name: 'Leave' });
    await newWay(definition, ['review', 'book']);
    await newWay(definition, ['review', 'book'], { outcome: 'rejected' });
    await newWay(definition, ['review', 'review', 'book']);
    await newWay(definition, ['review'], { status: 'running', outcome: null, ended_at: null });
    const { service } = analytics();
    const answer = await service.answer(query({ analysis_depth: 'comprehensive' }));
    const edge = (from: string | null, to: string | null, transitions: number) => ({
      from_step_id: from,
      to_step_id: to,
      transitions,
      avg_minutes: expect.closeTo(1, 9),
    });
    expect(answer.process_maps).toEqual([
      {
        workflow_id: definition.workflow_id,
        workflow_name: 'Leave',
        instances: 3,
        transitions: [
          edge(null, 'review', 3),
          edge('book', null, 3),
          edge('review', 'book', 3),
          edge('review', 'review', 1),
        ],
        transitions_seen: 4,
        variants: [
          {
            step_ids: ['review', 'book'],
            entries: 2,
            instances: 2,
            share: 2 / 3,
            success_rate_percentage: 50,
            avg_execution_time_minutes: 3,
          },
          {
            step_ids: ['review', 'review', 'book'],
            entries: 3,
            instances: 1,
            share: 1 / 3,
            success_rate_percentage: 100,
            avg_execution_time_minutes: 4,
          },
        ],
        variants_seen: 2,
      },
    ]);
  });

  it('are made at depth comprehensive alone, of what has ended', async () => {
    const definition = await newStoredDefinition(test.database.read);
    await newWay(definition, ['review'], { status: 'running', outcome: null, ended_at: null });
    const reasonAt = async (analysis_depth: AnalyticsQuery['analysis_depth']) => {
      const answer = await analytics().service.answer(query({ analysis_depth }));
      expect(answer.process_maps).toEqual([]);
      return (answer.executive_summary.not_computed as Record<string, string>).process_maps;
    };
    expect(await reasonAt('deep')).toContain('comprehensive');
    expect(await reasonAt('comprehensive')).toContain('No instance');
  });
});

describe('predictions', () => {
  /** On each of ten days one instance more than on the day before; the k-th takes k minutes, half of them waiting. */
  async function newCases(): Promise<string> {
    const tx = test.database.read;
    const definition = await newStoredDefinition(tx);
    let taken = 0;
    for (let day = 1; day <= 10; day += 1) {
      for (let nth = 0; nth < day; nth += 1) {
        taken += 1;
        const started_at = at(11 - day, '08:00');
        const ended_at = new Date(started_at.getTime() + taken * MINUTE_MS);
        const instance = await newStoredInstance(tx, definition, {
          started_at,
          ended_at,
          ...(taken === 55 ? { status: 'failed' } : { status: 'completed', outcome: 'completed' }),
        });
        await newStep(instance, {
          step_id: 'review',
          entered_at: started_at,
          started_at: new Date(started_at.getTime() + (taken * MINUTE_MS) / 2),
          ended_at,
        });
      }
    }
    return definition.workflow_id;
  }

  it('come from like cases, with their spread and number', async () => {
    const workflow_id = await newCases();
    const answer = await analytics().service.answer(query({ workflow_ids: [workflow_id] }));
    const predictions = Object.fromEntries(
      answer.ml_predictions.map((prediction) => [prediction.prediction_type, prediction]),
    );
    // 54 completed: 1, 2, … 54 minutes; the second and the last but one cover (53 − 2)/55
    expect(predictions.execution_time).toMatchObject({
      workflow_id,
      predicted_value: 27.5,
      prediction_range: [2, 53],
      confidence_score: expect.closeTo(51 / 55, 9),
      cases: 54,
      prediction_timestamp: answer.analysis_timestamp,
    });
    expect(predictions.failure_probability).toMatchObject({
      predicted_value: 1 / 55,
      confidence_score: 0.95,
      cases: 55,
    });
    expect(predictions.optimization_impact).toMatchObject({
      predicted_value: expect.closeTo(50, 9),
      prediction_range: [expect.closeTo(50, 9), expect.closeTo(50, 9)],
    });
    const { predicted_value, prediction_range } = predictions.resource_demand!;
    const days = (Date.parse(answer.analysis_timestamp) - at(10, '00:00').getTime()) / DAY_MS;
    expect(predicted_value).toBeCloseTo(55 / days, 9);
    expect(prediction_range[0]).toBeLessThan(predicted_value);
    expect(prediction_range[1]).toBeGreaterThan(predicted_value);

    expect(answer.trend_analysis).toMatchObject({
      executions: {
        direction: 'rising',
        slope_per_day: 1,
        p_value: expect.closeTo(8.3e-5, 5),
        days: 10,
      },
    });
    expect(Object.keys(answer.executive_summary.not_computed as object)).toEqual(['process_maps']);
  });

  it('are left out by the request, by the settings, and below the evidence they need', async () => {
    const workflow_ids = [await newCases()];
    const reasonOf = async (environment: Record<string, string>, fields = {}) => {
      const answer = await analytics(environment).service.answer(
        query({ workflow_ids, ...fields }),
      );
      expect(answer.ml_predictions).toEqual([]);
      return (answer.executive_summary.not_computed as Record<string, string>).ml_predictions;
    };
    expect(await reasonOf({}, { include_predictions: false })).toBe(
      'include_predictions is false.',
    );
    expect(await reasonOf({ ML_PREDICTION_ENABLED: 'false' })).toBe(
      'ML_PREDICTION_ENABLED is false.',
    );
    expect(await reasonOf({ ML_MIN_EVIDENCE: '56' })).toContain('55 ended cases, 56 are needed');

    const unadvised = await analytics({
      OPTIMIZATION_RECOMMENDATIONS_ENABLED: 'false',
      TREND_ANALYSIS_DAYS: '9',
    }).service.answer(query({ workflow_ids }));
    expect(unadvised.optimization_recommendations).toEqual([]);
    expect(unadvised.trend_analysis).toMatchObject({ days: 9 });
  });
});

describe('an answer', () => {
  it('is kept, and given again to who asks the same at once', async () => {
    await newHistory();
    const { service } = analytics();
    const [one, other] = await Promise.all([service.answer(query()), service.answer(query())]);
    expect(other).toBe(one);
    const kept = await test.database.read.find(AnalyticsResultEntity);
    expect(kept).toMatchObject([
      {
        analysis_id: one.analysis_id,
        analysis_type: 'advanced_analytics',
        workflows_analyzed: 1,
        analysis_metadata: { source: 'primary', days: 30, depth: 'standard' },
      },
    ]);
    expect(kept[0]?.analysis_results).toEqual(JSON.parse(JSON.stringify(one)));
  });

  it('is read from the first replica that is there', async () => {
    await newHistory();
    const nobody = 'postgresql://nobody:nothing@127.0.0.1:1/none';
    const sourceOf = async (urls: string) => {
      const { service } = analytics({ DATABASE_READ_URLS: urls });
      const { analysis_id } = await service.answer(query());
      const [row] = await test.database.read.findBy(AnalyticsResultEntity, { analysis_id });
      return row?.analysis_metadata.source;
    };
    expect(await sourceOf(`${nobody},${test.url}`)).toBe('replica');
    expect(await sourceOf(nobody)).toBe('primary');
  });
});

describe('reading', () => {
  it('ends with a word on what to do where it takes too long', async () => {
    const { reader } = analytics();
    await expect(reader.read((tx) => tx.query('select pg_sleep(30)'), 20)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('fewer'),
    });
  });

  it('cannot write', async () => {
    const { reader } = analytics();
    await expect(
      reader.read((tx) => tx.query('delete from analytics_results')),
    ).rejects.toMatchObject({ driverError: { code: '25006' } });
  });
});

describe('the roll-up', () => {
  it('fills the tables that reports read, and follows what ends later', async () => {
    const { definition, open } = await newHistory();
    const { workflow_id } = definition;
    const tx = test.database.read;
    const { rollUp } = analytics();
    await rollUp.run();
    await rollUp.run();
    const performance = () => tx.findBy(WorkflowPerformanceEntity, { workflow_id });
    expect(await performance()).toMatchObject([
      {
        workflow_name: 'Leave request',
        execution_date: at(2, '00:00'),
        total_executions: 4,
        successful_executions: 1,
        failed_executions: 2,
        avg_execution_time_minutes: 70,
        min_execution_time_minutes: 30,
        max_execution_time_minutes: 120,
        avg_steps_completed: expect.closeTo(4 / 3, 9),
        resource_utilization: { tasks: 1, busy_minutes: 10 },
        peak_usage_hours: [9, 10, 14],
      },
    ]);
    expect(await tx.findBy(BottleneckAnalysisEntity, { step_id: 'review' })).toMatchObject([
      {
        workflow_id,
        analysis_date: at(0, '00:00'),
        queue_time_minutes: expect.closeTo(155 / 3, 9),
        bottleneck_severity: 'critical',
        analysis_metadata: { days: 30, entries: 3, open_entries: 1 },
      },
    ]);
    const suggestions = await tx.find(OptimizationSuggestionEntity);
    expect(suggestions.map(({ category }) => category).sort()).toEqual([
      'automation',
      'process',
      'resource',
    ]);

    // a later day is rolled up already when the open instance of the earlier one ends
    await newStoredInstance(tx, definition, { started_at: at(0, '00:00') });
    await rollUp.run();
    await updateRows(
      tx,
      WorkflowInstanceEntity,
      { instance_id: open.instance_id },
      { status: 'completed', outcome: 'completed', ended_at: at(2, '14:10') },
    );
    await rollUp.run();
    expect(
      (await performance()).find(({ total_executions }) => total_executions === 4),
    ).toMatchObject({
      successful_executions: 2,
      failed_executions: 2,
      avg_execution_time_minutes: 55,
    });
  });

  it('leaves a suggestion alone that somebody has taken up, and withdraws an open one without grounds', async () => {
    await newHistory();
    const tx = test.database.read;
    const { rollUp } = analytics();
    await rollUp.run();
    await updateRows(
      tx,
      OptimizationSuggestionEntity,
      { category: 'process' },
      { status: 'accepted', title: 'ours' },
    );
    await test.dataSource.query(
      'truncate workflow_instances, step_executions, parallel_executions, task_executions cascade',
    );
    await rollUp.run();
    expect(await tx.find(OptimizationSuggestionEntity)).toMatchObject([
      { category: 'process', status: 'accepted', title: 'ours' },
    ]);
  });
});
