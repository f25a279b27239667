import type {
  ApprovalLevel,
  RoutingRule,
  StepDefinition,
  WorkflowDefinition,
} from '#engine/definition';

import type { DefinitionRow } from './definitions.queries.js';

/** A stored version as the engine reads it. Rows were checked when they were written, so their parts are taken as they are. */
export function definitionOf(row: DefinitionRow): WorkflowDefinition {
  const { workflow_name, workflow_description, category, version, is_active } = row;
  const { global_timeout_hours, retry_configuration, notification_escalation } = row;
  const { minimum_confidence } = row;
  return {
    workflow_name,
    workflow_description,
    category,
    version,
    is_active,
    steps: row.steps.map(stepOf),
    approval_hierarchies: row.approval_hierarchies.map(levelOf),
    routing_rules: row.routing_rules.map(ruleOf),
    global_timeout_hours,
    retry_configuration,
    notification_escalation,
    minimum_confidence,
  };
}

function stepOf(row: Record<string, unknown>): StepDefinition {
  const step = row as unknown as StepDefinition;
  return {
    step_id: step.step_id,
    step_name: step.step_name,
    step_type: step.step_type,
    order_sequence: step.order_sequence,
    required_roles: step.required_roles,
    estimated_duration_minutes: step.estimated_duration_minutes,
    auto_escalation_hours: step.auto_escalation_hours,
    conditions: step.conditions,
    form_schema: step.form_schema,
    notification_settings: step.notification_settings,
    handler: step.handler,
    parallel: step.parallel,
    decision_tree_id: step.decision_tree_id,
    different_person_from: step.different_person_from,
    working_time: step.working_time,
  };
}

function levelOf(row: Record<string, unknown>): ApprovalLevel {
  const level = row as unknown as ApprovalLevel;
  return {
    level: level.level,
    role_required: level.role_required,
    department_required: level.department_required,
    minimum_level: level.minimum_level,
    parallel_approval: level.parallel_approval,
    bypass_conditions: level.bypass_conditions,
    policy: level.policy,
  };
}

function ruleOf(row: Record<string, unknown>): RoutingRule {
  const rule = row as unknown as RoutingRule;
  return {
    rule_id: rule.rule_id,
    condition_expression: rule.condition_expression,
    target_step_id: rule.target_step_id,
    priority: rule.priority,
    description: rule.description,
    source_step_id: rule.source_step_id,
  };
}
