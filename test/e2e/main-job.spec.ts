import { eventually } from '../support/eventually.js';
import { describeOnBothQueues } from '../support/queues.js';
import { type Service, startService } from '../support/service.js';

// The main job: the five calls of the contract one after the other, on an onboarding workflow, with the people and the
// worker played through the public API; every answer asserted field by field.

const UUID = expect.stringMatching(
  /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/,
);
const INSTANT = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
const NUMBER = expect.any(Number);

const WORKFLOW = {
  workflow_name: 'Employee onboarding',
  workflow_description: 'From the request to the first day.',
  category: 'hr',
  steps: [
    {
      step_id: 'initial_request',
      step_name: 'Initial request',
      step_type: 'user_task',
      order_sequence: 1,
      required_roles: ['recruiter'],
    },
    {
      step_id: 'manager_approval',
      step_name: 'Manager approval',
      step_type: 'approval',
      order_sequence: 2,
      required_roles: ['manager'],
      auto_escalation_hours: 24,
    },
    {
      step_id: 'hr_processing',
      step_name: 'HR processing',
      step_type: 'user_task',
      order_sequence: 3,
      required_roles: ['hr'],
    },
    {
      step_id: 'provisioning',
      step_name: 'Checks, equipment and access',
      step_type: 'parallel',
      order_sequence: 4,
    },
    {
      step_id: 'welcome',
      step_name: 'Welcome',
      step_type: 'automated',
      order_sequence: 5,
      handler: { type: 'delay', duration_ms: 0 },
    },
  ],
  approval_hierarchies: [
    { level: 1, role_required: 'manager', minimum_level: 2 },
    { level: 2, role_required: 'director', bypass_conditions: ['salary < 100000'] },
  ],
  routing_rules: [
    {
      rule_id: 'contractors',
      condition_expression: "contract = 'contractor'",
      target_step_id: 'hr_processing',
      priority: 10,
    },
  ],
};

interface InstanceBody {
  status: string;
  outcome: string | null;
  current_step_id: string | null;
  version_number: number;
  data: Record<string, unknown>;
  steps: { step_id: string; status: string; outcome: string | null }[];
}

describeOnBothQueues('the main job', (queue) => {
  let service: Service;
  let workflow_id: string;
  const workflow_instance_id = 'onboarding-1';
  const instancePath = (): string => `/workflows/${workflow_id}/instances/${workflow_instance_id}`;
  const readInstance = async (): Promise<InstanceBody> =>
    (await service.request<InstanceBody>('GET', instancePath())).body;

  beforeAll(async () => {
    service = await startService({ queue });
  });
  afterAll(() => service.stop());

  it('66: defines the workflow', async () => {
    const { status, body } = await service.request<{ workflow_id: string }>(
      'POST',
      '/multi-step/create',
      WORKFLOW,
    );
    expect(status).toBe(201);
    expect(body).toStrictEqual({
      workflow_id: UUID,
      workflow_name: 'Employee onboarding',
      version: '1.0',
      status: 'created',
      steps_configured: 5,
      routing_rules_created: 1,
      approval_levels: 2,
      created_at: INSTANT,
      estimated_setup_time_minutes: NUMBER,
    });
    workflow_id = body.workflow_id;
  });

  it('67: routes an instance on its first mention, with reasons, and a dry run changes nothing', async () => {
    const question = {
      workflow_id,
      context: {
        workflow_instance_id,
        current_step_id: 'initial_request',
        workflow_data: { employee: 'Ada Lovelace', contract: 'employee', salary: 80_000 },
        user_context: { role: 'recruiter' },
      },
      business_rules: [
        {
          rule_id: 'standard_hire',
          rule_name: 'Hires go to their manager',
          condition_type: 'approval_amount',
          condition_expression: 'salary > 0 and user.role = "recruiter"',
          target_action: 'route_to_step',
          target_step_id: 'manager_approval',
          priority: 50,
        },
      ],
    };
    const rehearsal = await service.request('PUT', '/conditional/route', {
      ...question,
      dry_run: true,
    });
    expect(rehearsal.status).toBe(200);
    expect(rehearsal.body).toMatchObject({ is_dry_run: true });
    expect((await service.request('GET', instancePath())).status).toBe(404);

    const { status, body } = await service.request('PUT', '/conditional/route', question);
    expect(status).toBe(200);
    expect(body).toStrictEqual({
      request_id: UUID,
      workflow_id,
      workflow_instance_id,
      routing_decision: {
        decision_id: UUID,
        routing_action: 'route_to_step',
        target_step_id: 'manager_approval',
        reasoning: expect.arrayContaining([expect.stringContaining('standard_hire')]) as unknown,
        confidence_score: null,
        applied_rules: ['standard_hire'],
        execution_time_ms: NUMBER,
        alternative_paths: expect.any(Array) as unknown,
      },
      timestamp: INSTANT,
      is_dry_run: false,
      routing_analytics: expect.any(Object) as unknown,
    });
    expect(await readInstance()).toMatchObject({
      status: 'running',
      current_step_id: 'manager_approval',
    });
  });

  it('lets the manager approve, and bypasses the director', async () => {
    const refused = await service.request(
      'POST',
      `${instancePath()}/steps/manager_approval/approve`,
      {
        decided_by: 'mallory',
        user_context: { roles: ['manager'], management_level: 1 },
      },
    );
    expect(refused).toMatchObject({ status: 403, body: { code: 'approver_not_entitled' } });
    const approved = await service.request(
      'POST',
      `${instancePath()}/steps/manager_approval/approve`,
      {
        decided_by: 'grace',
        user_context: { roles: ['manager'], management_level: 3 },
        comment: 'A strong hire.',
      },
    );
    expect(approved).toMatchObject({ status: 200, body: { current_step_id: 'hr_processing' } });
  });

  it('70: adds a document upload while the instance runs, and moves it over', async () => {
    const { status, body } = await service.request<{
      modification_result: { modification_id: string };
    }>('POST', '/dynamic/modify', {
      workflow_modification: {
        workflow_id,
        modification_type: 'add_step',
        step_modifications: [
          {
            step_id: 'document_upload',
            modification_type: 'add_step',
            insert_after_step: 'hr_processing',
            new_configuration: { step_name: 'Document upload', step_type: 'user_task' },
          },
        ],
        reason: 'Work permits have to be on file before any access is given.',
        requested_by: 'compliance',
      },
      auto_apply: true,
      apply_to: 'all',
    });
    expect([200, 202]).toContain(status);
    expect(body).toStrictEqual({
      request_id: UUID,
      workflow_id,
      modification_result: {
        modification_id: UUID,
        status: expect.stringMatching(/^(approved|applied)$/) as unknown,
        impact_analysis: {
          impact_level: expect.stringMatching(/^(low|medium)$/) as unknown,
          affected_instances: 1,
          estimated_disruption_minutes: expect.anything() as unknown,
          risk_factors: expect.any(Array) as unknown,
          mitigation_strategies: expect.any(Array) as unknown,
          approval_required: false,
          estimated_rollback_time_minutes: expect.anything() as unknown,
        },
        approval_status: 'not_required',
        execution_timestamp: expect.anything() as unknown,
        rollback_available: true,
        monitoring_active: true,
      },
      change_tracking: expect.any(Object) as unknown,
      next_steps: expect.any(Array) as unknown,
      estimated_completion_time: expect.anything() as unknown,
      monitoring_endpoints: expect.any(Array) as unknown,
    });
    const { modification_id } = body.modification_result;
    await eventually(async () => {
      const answer = await service.request('GET', `/dynamic/status/${modification_id}`);
      expect(answer.body).toMatchObject({ modification_result: { status: 'applied' } });
      expect(await readInstance()).toMatchObject({
        version_number: 2,
        current_step_id: 'hr_processing',
      });
    });
    await service.request('POST', `${instancePath()}/steps/hr_processing/complete`, {
      completed_by: 'hanna',
      output_data: { badge: 'B-4711' },
    });
    expect(await readInstance()).toMatchObject({ current_step_id: 'document_upload' });
    await service.request('POST', `${instancePath()}/steps/document_upload/complete`, {
      completed_by: 'ada',
      output_data: { documents: ['passport'] },
    });
    expect(await readInstance()).toMatchObject({
      current_step_id: 'provisioning',
      data: { badge: 'B-4711', documents: ['passport'] },
    });
  });

  it('68: runs the tasks in parallel, dependencies respected, each recorded once', async () => {
    const task = (task_id: string, more = {}): Record<string, unknown> => ({
      task_id,
      task_name: task_id,
      task_type: 'onboarding',
      step_id: 'provisioning',
      ...more,
    });
    const { status, body } = await service.request<{ execution_id: string }>(
      'POST',
      '/parallel/execute',
      {
        workflow_id,
        workflow_instance_id,
        tasks: [
          task('background_check', { priority: 200 }),
          task('equipment_setup'),
          task('access_provisioning', { dependencies: ['background_check'] }),
        ],
        synchronization_points: [
          {
            sync_id: 'ready',
            sync_name: 'Ready for the first day',
            sync_type: 'barrier',
            required_tasks: ['background_check', 'equipment_setup', 'access_provisioning'],
          },
        ],
      },
    );
    expect(status).toBe(202);
    expect(body).toStrictEqual({
      execution_id: expect.any(String) as unknown,
      workflow_id,
      workflow_instance_id,
      total_tasks: 3,
      tasks_completed: 0,
      tasks_failed: 0,
      tasks_running: 0,
      overall_status: 'running',
      execution_progress_percentage: 0,
      estimated_completion_time: expect.anything() as unknown,
      active_synchronization_points: [
        expect.objectContaining({ sync_id: 'ready', status: 'waiting' }),
      ],
      performance_metrics: expect.any(Object) as unknown,
      load_balancing_stats: expect.any(Object) as unknown,
    });

    const order: string[] = [];
    while (order.length < 3) {
      const { body: claimed } = await service.request<{
        tasks: {
          task_execution_id: string;
          lock_token: string;
          task_id: string;
          attempt: number;
        }[];
      }>('POST', '/parallel/tasks/claim', {
        worker_id: 'worker-1',
        task_types: ['onboarding'],
        max_tasks: 1,
        wait_seconds: 10,
      });
      expect(claimed.tasks).toHaveLength(1);
      for (const { task_execution_id, lock_token, task_id, attempt } of claimed.tasks) {
        expect(attempt).toBe(1);
        order.push(task_id);
        const done = await service.request(
          'POST',
          `/parallel/tasks/${task_execution_id}/complete`,
          {
            lock_token,
            output_data: { by: 'worker-1' },
          },
        );
        expect(done.status).toBe(200);
      }
    }
    expect(order[0]).toBe('background_check');
    expect(order.indexOf('access_provisioning')).toBeGreaterThan(order.indexOf('background_check'));

    const execution = await service.request('GET', `/parallel/executions/${body.execution_id}`);
    expect(execution.body).toMatchObject({ overall_status: 'completed', tasks_completed: 3 });
    await eventually(async () => {
      expect(await readInstance()).toMatchObject({ status: 'completed', outcome: 'completed' });
    });
    expect((await readInstance()).steps.map(({ step_id, outcome }) => [step_id, outcome])).toEqual([
      ['initial_request', 'routed'],
      ['manager_approval', 'approved'],
      ['hr_processing', 'completed'],
      ['document_upload', 'completed'],
      ['provisioning', 'completed'],
      ['welcome', 'completed'],
    ]);
  });

  it('tells the whole history, without gaps', async () => {
    const { body } = await service.request<{ items: { sequence: number; event_type: string }[] }>(
      'GET',
      `${instancePath()}/history?limit=200`,
    );
    expect(body.items.map(({ sequence }) => sequence)).toEqual(
      body.items.map((_, index) => index + 1),
    );
    expect(body.items[0]).toMatchObject({ event_type: 'instance_started' });
    expect(body.items.at(-1)).toMatchObject({ event_type: 'instance_completed' });
    expect(body.items.map(({ event_type }) => event_type)).toContain('instance_migrated');
  });

  it('69: analyses what was recorded, and predicts nothing from one case', async () => {
    const { status, body } = await service.request(
      'GET',
      `/advanced/analytics?workflow_ids=${workflow_id}&date_range_days=7&include_predictions=True`,
    );
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(
      [
        'analysis_id',
        'analysis_timestamp',
        'analysis_period',
        'workflows_analyzed',
        'total_executions_analyzed',
        'performance_metrics',
        'bottleneck_analysis',
        'ml_predictions',
        'optimization_recommendations',
        'trend_analysis',
        'comparative_analysis',
        'ai_insights',
        'executive_summary',
        // ours, of the depth `comprehensive`
        'process_maps',
      ].sort(),
    );
    expect(body).toMatchObject({
      workflows_analyzed: 1,
      total_executions_analyzed: 1,
      performance_metrics: [
        {
          workflow_id,
          workflow_name: 'Employee onboarding',
          total_executions: 1,
          success_rate_percentage: 100,
          avg_execution_time_minutes: NUMBER,
          avg_steps_completed: 6,
          most_frequent_failure_step: null,
        },
      ],
      ml_predictions: [],
    });
  });
});
