import type {
  ApprovalLevel,
  RoutingRule,
  StepDefinition,
  WorkflowDefinition,
} from '#engine/definition';
import { STEP_TYPES } from '#engine/definition';
import { isJsonObject } from '#platform/http';

/**
 * A definition out of a body whose fields have not all the right shape, each item at its place, so that what is sound
 * of it can be checked as well. What is not has a stand-in that collides with nothing.
 */
export function salvage(body: unknown): WorkflowDefinition {
  const fields = isJsonObject(body) ? body : {};
  return {
    workflow_name: text(fields['workflow_name']) ?? '',
    workflow_description: '',
    category: '',
    version: '',
    is_active: true,
    steps: items(fields['steps']).map(step),
    approval_hierarchies: items(fields['approval_hierarchies']).map(level),
    routing_rules: items(fields['routing_rules']).map(rule),
    global_timeout_hours: 1,
    retry_configuration: {},
    notification_escalation: objectOr(fields['notification_escalation']),
    minimum_confidence: null,
  };
}

function step(fields: Record<string, unknown>, index: number): StepDefinition {
  const step_type = STEP_TYPES.find((type) => type === fields['step_type']);
  return {
    step_id: text(fields['step_id']) ?? `\u0000${index}`,
    step_name: '',
    step_type: step_type ?? 'user_task',
    order_sequence: number(fields['order_sequence']) ?? -Number.MAX_SAFE_INTEGER + index,
    required_roles: [],
    estimated_duration_minutes: 0,
    auto_escalation_hours: null,
    conditions: objectOr(fields['conditions']),
    form_schema: objectOr(fields['form_schema']),
    notification_settings: objectOr(fields['notification_settings']),
    handler: null,
    parallel: null,
    decision_tree_id: step_type === undefined ? null : (text(fields['decision_tree_id']) ?? null),
    different_person_from: [],
    working_time: false,
  };
}

function level(fields: Record<string, unknown>, index: number): ApprovalLevel {
  return {
    level: number(fields['level']) ?? index + 1,
    role_required: '',
    department_required: null,
    minimum_level: 1,
    parallel_approval: false,
    bypass_conditions: list(fields['bypass_conditions']).map((source) => text(source) ?? 'true'),
    policy: null,
  };
}

function rule(fields: Record<string, unknown>, index: number): RoutingRule {
  return {
    rule_id: text(fields['rule_id']) ?? `\u0000${index}`,
    condition_expression: text(fields['condition_expression']) ?? 'true',
    target_step_id: text(fields['target_step_id']) ?? '',
    priority: 100,
    description: '',
    source_step_id: text(fields['source_step_id']) ?? null,
  };
}

function objectOr(value: unknown): Record<string, unknown> {
  return isJsonObject(value) ? value : {};
}

function items(value: unknown): Record<string, unknown>[] {
  return list(value).map((item) => (isJsonObject(item) ? item : {}));
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
