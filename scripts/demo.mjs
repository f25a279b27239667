// Makes the five calls of the contract against a running service with an onboarding workflow, plays the people and the
// worker through the public API, and tells what happened.  BASE_URL and API_KEY may name another service than the local one.

const ORIGIN = process.env.BASE_URL ?? 'http://127.0.0.1:8000';
const BASE = `${ORIGIN}/api/v1/workflows`;
const run = Date.now().toString(36);

let step = 0;
function tell(title) {
  step += 1;
  process.stdout.write(`\n${step}. ${title}\n`);
}
function fact(text) {
  process.stdout.write(`   ${text}\n`);
}

async function call(method, path, body) {
  const response = await fetch(`${BASE}${path}`, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(process.env.API_KEY && { authorization: `Bearer ${process.env.API_KEY}` }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) {
    throw new Error(
      `${method} ${path} answered ${response.status}: ${JSON.stringify(answer, null, 2)}`,
    );
  }
  fact(`${method} ${path} → ${response.status}`);
  return answer;
}

/** Asks again until the answer is as awaited, at most 30 s. */
async function until(awaited, ask) {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const answer = await ask();
    if (awaited(answer)) return answer;
    if (Date.now() > deadline)
      throw new Error(`Not reached within 30 s: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

tell('Define: an onboarding workflow (call 66)');
const created = await call('POST', '/multi-step/create', {
  workflow_name: `Employee onboarding ${run}`,
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
      description: 'Contractors need no approval.',
    },
  ],
});
const { workflow_id } = created;
fact(
  `${created.workflow_name}, version ${created.version}: ${created.steps_configured} steps, ${created.routing_rules_created} rule, ${created.approval_levels} approval levels.`,
);

const workflow_instance_id = `onboarding-${run}`;
const INSTANCE = `/workflows/${workflow_id}/instances/${workflow_instance_id}`;
const question = {
  workflow_id,
  context: {
    workflow_instance_id,
    current_step_id: 'initial_request',
    workflow_data: {
      employee: 'Ada Lovelace',
      contract: 'employee',
      salary: 80000,
      start: '2026-12-01',
    },
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

tell('Route: the first mention of the instance; a rule sent along decides (call 67)');
const rehearsal = await call('PUT', '/conditional/route', { ...question, dry_run: true });
fact(
  `Dry run: it would go to ${rehearsal.routing_decision.target_step_id}, and nothing has changed.`,
);
const routed = await call('PUT', '/conditional/route', question);
for (const sentence of routed.routing_decision.reasoning) fact(`“${sentence}”`);

tell('People: the manager approves; the director’s level is bypassed by its condition');
const approved = await call('POST', `${INSTANCE}/steps/manager_approval/approve`, {
  decided_by: 'grace',
  user_context: { roles: ['manager'], management_level: 3 },
  comment: 'A strong hire.',
});
fact(`The instance is ${approved.status} and stands at ${approved.current_step_id}.`);

tell(
  'Modify: a document upload is added while the instance runs, and the instance moves along (call 70)',
);
const modified = await call('POST', '/dynamic/modify', {
  workflow_modification: {
    workflow_id,
    modification_type: 'add_step',
    step_modifications: [
      {
        step_id: 'document_upload',
        modification_type: 'add_step',
        insert_after_step: 'hr_processing',
        new_configuration: {
          step_name: 'Document upload',
          step_type: 'user_task',
          required_roles: ['employee'],
        },
      },
    ],
    reason: 'Work permits have to be on file before any access is given.',
    requested_by: 'compliance',
  },
  auto_apply: true,
  apply_to: 'all',
});
const { modification_id } = modified.modification_result;
fact(
  `Impact ${modified.modification_result.impact_analysis.impact_level}: ${modified.modification_result.impact_analysis.affected_instances} running instance.`,
);
const applied = await until(
  (status) => status.modification_result.status === 'applied',
  () => call('GET', `/dynamic/status/${modification_id}`),
);
fact(
  `The modification is ${applied.modification_result.status}; rollback available: ${applied.modification_result.rollback_available}.`,
);
await until(
  (instance) => instance.version_number === 2,
  () => call('GET', INSTANCE),
);

await call('POST', `${INSTANCE}/steps/hr_processing/complete`, {
  completed_by: 'hanna',
  output_data: { badge: 'B-4711' },
});
const uploaded = await call('POST', `${INSTANCE}/steps/document_upload/complete`, {
  completed_by: 'ada',
  output_data: { documents: ['passport', 'permit'] },
});
fact(`After the new step the instance stands at ${uploaded.current_step_id}.`);

tell('Execute in parallel: background check and equipment, then access (call 68)');
const task = (task_id, task_name, more = {}) => ({
  task_id,
  task_name,
  task_type: `onboarding_${run}`,
  step_id: 'provisioning',
  ...more,
});
const execution = await call('POST', '/parallel/execute', {
  workflow_id,
  workflow_instance_id,
  tasks: [
    task('background_check', 'Background check', { priority: 200 }),
    task('equipment_setup', 'Equipment setup'),
    task('access_provisioning', 'Access provisioning', { dependencies: ['background_check'] }),
  ],
  synchronization_points: [
    {
      sync_id: 'ready',
      sync_name: 'Ready for the first day',
      sync_type: 'barrier',
      required_tasks: ['background_check', 'equipment_setup', 'access_provisioning'],
    },
  ],
});
fact(`${execution.total_tasks} tasks, ${execution.overall_status}.`);

let done = 0;
while (done < execution.total_tasks) {
  const { tasks } = await call('POST', '/parallel/tasks/claim', {
    worker_id: `demo-${run}`,
    task_types: [`onboarding_${run}`],
    max_tasks: 5,
    wait_seconds: 10,
  });
  if (tasks.length === 0) throw new Error('No task came within 10 s.');
  for (const claimed of tasks) {
    await call('POST', `/parallel/tasks/${claimed.task_execution_id}/complete`, {
      lock_token: claimed.lock_token,
      output_data: { done_by: `demo-${run}` },
    });
    fact(`The worker has done “${claimed.task_name}” (attempt ${claimed.attempt}).`);
    done += 1;
  }
}
const ended = await until(
  (instance) => instance.status !== 'running',
  () => call('GET', INSTANCE),
);
fact(
  `The instance is ${ended.status}, outcome ${ended.outcome}: ${ended.steps.map(({ step_id, outcome }) => `${step_id} ${outcome}`).join(', ')}.`,
);

tell('History: what happened, and who did it');
const history = await call('GET', `${INSTANCE}/history?limit=200`);
for (const event of history.items) {
  fact(
    `${String(event.sequence).padStart(2)} ${event.event_type}${event.step_id ? ` ${event.step_id}` : ''} (${event.actor})`,
  );
}

tell('Analyse: what the history says (call 69)');
const analytics = await call(
  'GET',
  `/advanced/analytics?workflow_ids=${workflow_id}&date_range_days=7`,
);
const [metric] = analytics.performance_metrics;
fact(
  `${analytics.total_executions_analyzed} execution, success ${metric?.success_rate_percentage} %, ${metric?.avg_execution_time_minutes?.toFixed(4)} minutes on average.`,
);
fact(
  `Predictions: ${analytics.ml_predictions.length}; with so little history there is nothing to predict from, and none is made up.`,
);

process.stdout.write('\nThe demo ran to its end.\n');
