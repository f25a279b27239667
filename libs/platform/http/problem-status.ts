import type { ErrorCode } from '#engine/errors';

/** The HTTP status of each refusal. A code without a line here does not compile. */
export const PROBLEM_STATUS = {
  validation_failed: 400,
  malformed_json: 400,
  body_too_large: 413,
  unsupported_media_type: 415,
  expression_syntax: 400,
  expression_limit: 400,
  cursor_invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  speaks_for_others: 403,
  route_not_found: 404,
  method_not_allowed: 405,
  api_key_not_found: 404,
  subject_not_found: 404,
  person_not_found: 404,
  absence_not_found: 404,
  calendar_not_found: 404,
  workflow_not_found: 404,
  version_not_found: 404,
  instance_not_found: 404,
  step_not_found: 404,
  execution_not_found: 404,
  task_not_found: 404,
  rule_not_found: 404,
  decision_tree_not_found: 404,
  decision_table_not_found: 404,
  backtest_not_found: 404,
  decision_model_not_found: 404,
  decision_not_found: 404,
  modification_not_found: 404,
  api_key_name_taken: 409,
  api_key_ended: 409,
  person_exists: 409,
  absence_ended: 409,
  calendar_exists: 409,
  incident_not_found: 404,
  circuit_breaker_not_found: 404,
  incident_batch_not_found: 404,
  workflow_name_taken: 409,
  workflow_inactive: 409,
  instance_exists: 409,
  instance_not_running: 409,
  instance_not_suspended: 409,
  instance_not_failed: 409,
  step_not_current: 409,
  step_not_waiting: 409,
  step_entry_limit: 409,
  decision_awaited: 409,
  decision_not_awaited: 409,
  approval_not_asked: 409,
  approval_already_given: 409,
  approver_not_entitled: 403,
  duties_not_separate: 403,
  step_not_entered: 409,
  information_awaited: 409,
  information_not_asked: 409,
  not_the_requester: 403,
  not_substitute: 403,
  execution_exists: 409,
  execution_ended: 409,
  execution_not_failed: 409,
  task_cancelled: 409,
  lock_lost: 409,
  incident_resolved: 409,
  rule_exists: 409,
  decision_tree_exists: 409,
  decision_table_exists: 409,
  modification_exists: 409,
  modification_not_pending: 409,
  modification_not_applicable: 409,
  modification_not_reversible: 409,
  emergency_disabled: 403,
  own_approval: 403,
  precondition_failed: 412,
  idempotency_key_reused: 422,
  idempotency_in_progress: 409,
  idempotency_answer_lost: 409,
  too_many_requests: 429,
  unavailable: 503,
  internal_error: 500,
} as const satisfies Record<ErrorCode, number>;

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(PROBLEM_STATUS, code);
}

/** `workflow_not_found` → "Workflow not found". */
export function titleOf(code: ErrorCode): string {
  const words = code.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function typeOf(code: ErrorCode): string {
  return `urn:complex-workflows:problem:${code}`;
}
