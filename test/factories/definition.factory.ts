import {
  compileDefinition,
  type ApprovalLevel,
  type CompiledDefinition,
  type RoutingRule,
  type StepDefinition,
  type WorkflowDefinition,
} from '#engine/definition';

export const WORKFLOW_ID = '01890000-0000-7000-8000-000000000001';

export function newStep(
  step: Partial<StepDefinition> & Pick<StepDefinition, 'step_id' | 'order_sequence'>,
): StepDefinition {
  return {
    step_name: step.step_id,
    step_type: 'user_task',
    required_roles: [],
    estimated_duration_minutes: 30,
    auto_escalation_hours: null,
    conditions: {},
    form_schema: {},
    notification_settings: {},
    handler: null,
    parallel: null,
    decision_tree_id: null,
    different_person_from: [],
    working_time: false,
    ...step,
  };
}

export function newRule(
  rule: Partial<RoutingRule> & Pick<RoutingRule, 'target_step_id'>,
): RoutingRule {
  return {
    rule_id: `to_${rule.target_step_id}`,
    condition_expression: 'true',
    priority: 100,
    description: '',
    source_step_id: null,
    ...rule,
  };
}

export function newLevel(
  level: Partial<ApprovalLevel> & Pick<ApprovalLevel, 'level'>,
): ApprovalLevel {
  return {
    role_required: `role_${level.level}`,
    department_required: null,
    minimum_level: 1,
    parallel_approval: false,
    bypass_conditions: [],
    policy: null,
    ...level,
  };
}

export function newDefinition(definition: Partial<WorkflowDefinition> = {}): WorkflowDefinition {
  return {
    workflow_name: 'Leave request',
    workflow_description: '',
    category: 'hr',
    version: '1.0',
    is_active: true,
    steps: [newStep({ step_id: 'request', order_sequence: 1 })],
    approval_hierarchies: [],
    routing_rules: [],
    global_timeout_hours: 168,
    retry_configuration: {},
    notification_escalation: {},
    minimum_confidence: null,
    ...definition,
  };
}

/** Steps in the given order, `order_sequence` from 1. */
export function newCompiledDefinition(
  steps: readonly (Partial<StepDefinition> & Pick<StepDefinition, 'step_id'>)[],
  definition: Partial<WorkflowDefinition> = {},
): CompiledDefinition {
  return compileDefinition(
    { workflow_id: WORKFLOW_ID, version_number: 1 },
    newDefinition({
      steps: steps.map((step, index) => newStep({ order_sequence: index + 1, ...step })),
      ...definition,
    }),
  );
}
