/** One waiting step of each kind, each with what a change may do to it. */
export const definition = (name) => ({
  workflow_name: name,
  category: 'faults',
  global_timeout_hours: 100,
  steps: [
    step('request', 'user_task'),
    step('approve', 'approval', { required_roles: ['boss'], auto_escalation_hours: 20 }),
    step('sort', 'conditional'),
    step('paper', 'automated', { conditions: { task_type: TASK_TYPE } }),
    step('scan', 'parallel', {
      parallel: {
        tasks: [
          { ...task('front'), task_type: TASK_TYPE, handler: { type: 'worker' } },
          { ...task('back'), dependencies: ['front'], handler: { type: 'delay', duration_ms: 0 } },
        ],
      },
    }),
    step('review', 'user_task', { auto_escalation_hours: 8 }),
    step('close', 'user_task'),
  ].map((one, at) => ({ ...one, order_sequence: at + 1 })),
  approval_hierarchies: [
    { level: 1, role_required: 'boss' },
    { level: 2, role_required: 'boss' },
  ],
  routing_rules: [
    {
      rule_id: 'large',
      source_step_id: 'sort',
      condition_expression: 'amount > 800',
      target_step_id: 'review',
    },
  ],
});

export const TASK_TYPE = 'changes';
/** Steps at which an instance of that definition waits. */
export const WAITING = ['request', 'approve', 'paper', 'scan', 'review', 'close'];

/** One change of each type, sent with `apply_to: all` (but for the bypass). */
export const CHANGES = {
  add_step: {
    steps: [
      {
        step_id: 'upload',
        insert_after_step: 'review',
        new_configuration: { step_name: 'Upload', step_type: 'user_task' },
      },
    ],
    migration: { step_mapping: { close: 'upload' }, values: { country: '"DE"' } },
  },
  remove_step: { steps: [{ step_id: 'paper' }] },
  modify_step: {
    steps: [
      { step_id: 'review', new_configuration: { required_roles: ['auditor'] } },
      { step_id: 'scan', new_configuration: { step_name: 'Scan twice' } },
    ],
    migration: { in_progress: 'cancel' },
  },
  update_routing: {
    steps: [
      {
        step_id: 'close',
        routing_conditions: {
          rule_id: 'small',
          source_step_id: 'scan',
          condition_expression: 'amount < 100',
        },
      },
    ],
  },
  change_approval: {
    globals: {
      approval_hierarchies: [1, 2, 3].map((level) => ({ level, role_required: 'boss' })),
    },
  },
  update_timeout: {
    steps: [{ step_id: 'review', new_configuration: { auto_escalation_hours: 4 } }],
    globals: { global_timeout_hours: 50 },
  },
  modify_notification: {
    steps: [
      {
        step_id: 'paper',
        new_configuration: { notification_settings: { email: 'hr@example.org' } },
      },
    ],
    migration: { in_progress: 'finish' },
  },
  emergency_bypass: { steps: [{ step_id: 'review' }], apply_to: 'new_instances' },
};

/** The body of `POST /dynamic/modify`. */
export const request = (workflow_id, modification_type) => {
  const { steps = [], globals = {}, ...more } = CHANGES[modification_type];
  return {
    workflow_modification: {
      workflow_id,
      modification_type,
      step_modifications: steps.map((one) => ({ modification_type, ...one })),
      global_changes: globals,
      reason: 'To see that nothing is lost on the way.',
      requested_by: 'ada',
      emergency_change: true,
    },
    apply_to: 'all',
    rollback_strategy: 'immediate',
    monitoring_duration_minutes: 0,
    ...more,
  };
};

function step(step_id, step_type, more = {}) {
  return { step_id, step_name: step_id, step_type, ...more };
}

function task(task_id) {
  return { task_id, task_name: task_id, task_type: 'none', step_id: 'scan' };
}
