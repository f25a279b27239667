import type { LevelPolicy } from '#engine/approval';
import type { Handler, JsonObject, TaskGraphDefinition } from '#engine/graph';

/** The words of a workflow definition: contract.md §66. */

export const STEP_TYPES = [
  'user_task',
  'approval',
  'automated',
  'conditional',
  'parallel',
] as const;
export type StepType = (typeof STEP_TYPES)[number];

export interface StepDefinition {
  step_id: string;
  step_name: string;
  step_type: StepType;
  order_sequence: number;
  required_roles: string[];
  estimated_duration_minutes: number;
  auto_escalation_hours: number | null;
  /** `expression` (FEEL): the step is skipped unless it holds on entry. Other keys are the author's own. */
  conditions: JsonObject;
  form_schema: JsonObject;
  notification_settings: JsonObject;
  /** Of an `automated` step. */
  handler: Handler | null;
  /** Of a `parallel` step: the graph it runs. Null: it waits for a `parallel/execute` call. */
  parallel: TaskGraphDefinition | null;
  /** Of a `conditional` step: decide by this stored tree instead of by routing rules. */
  decision_tree_id: string | null;
  /** Steps of which nobody who acted on them may act on this one, nor the other way round. */
  different_person_from: string[];
  /** `auto_escalation_hours` are working hours of the calendar of the department that is asked, else the default one. */
  working_time: boolean;
}

export interface ApprovalLevel {
  /** Consecutive from 1. */
  level: number;
  role_required: string;
  department_required: string | null;
  /** The approver's own management level must be at least this. */
  minimum_level: number;
  /** Asked together with the next level instead of before it. */
  parallel_approval: boolean;
  /** FEEL; the level is skipped when one holds. */
  bypass_conditions: string[];
  /** How several people decide it. Null: the first decision counts. */
  policy: LevelPolicy | null;
}

export interface RoutingRule {
  rule_id: string;
  condition_expression: string;
  target_step_id: string;
  /** Lower is tried first. */
  priority: number;
  description: string;
  /** Only after this step, and then also back to a step entered before. Null: after any step, never back. */
  source_step_id: string | null;
}

export interface WorkflowDefinition {
  workflow_name: string;
  workflow_description: string;
  category: string;
  /** The author's label, such as `1.0`. */
  version: string;
  is_active: boolean;
  steps: StepDefinition[];
  approval_hierarchies: ApprovalLevel[];
  routing_rules: RoutingRule[];
  global_timeout_hours: number;
  retry_configuration: JsonObject;
  notification_escalation: JsonObject;
  /** 0–1: a decision whose confidence is known and below it is left to a person. Null: none is. */
  minimum_confidence: number | null;
}
