export { pointerTo } from './json-pointer.js';

/** Every way in which the product refuses, by the code that clients see in a problem document. */
export type ErrorCode =
  // what was sent
  | 'validation_failed'
  | 'malformed_json'
  | 'body_too_large'
  | 'unsupported_media_type'
  | 'expression_syntax'
  | 'expression_limit'
  | 'cursor_invalid'
  // who sent it
  | 'unauthenticated'
  | 'forbidden'
  | 'speaks_for_others'
  // what it names
  | 'api_key_not_found'
  | 'subject_not_found'
  | 'person_not_found'
  | 'absence_not_found'
  | 'calendar_not_found'
  | 'route_not_found'
  | 'method_not_allowed'
  | 'workflow_not_found'
  | 'version_not_found'
  | 'instance_not_found'
  | 'step_not_found'
  | 'execution_not_found'
  | 'task_not_found'
  | 'rule_not_found'
  | 'decision_tree_not_found'
  | 'decision_table_not_found'
  | 'backtest_not_found'
  | 'decision_model_not_found'
  | 'decision_not_found'
  | 'modification_not_found'
  | 'incident_not_found'
  | 'circuit_breaker_not_found'
  | 'incident_batch_not_found'
  // what state it is in
  | 'api_key_name_taken'
  | 'api_key_ended'
  | 'person_exists'
  | 'absence_ended'
  | 'calendar_exists'
  | 'workflow_name_taken'
  | 'workflow_inactive'
  | 'instance_exists'
  | 'instance_not_running'
  | 'instance_not_suspended'
  | 'instance_not_failed'
  | 'step_not_current'
  | 'step_not_waiting'
  | 'step_entry_limit'
  | 'decision_awaited'
  | 'decision_not_awaited'
  | 'approval_not_asked'
  | 'approval_already_given'
  | 'approver_not_entitled'
  | 'duties_not_separate'
  | 'step_not_entered'
  | 'information_awaited'
  | 'information_not_asked'
  | 'not_the_requester'
  | 'not_substitute'
  | 'step_claimed'
  | 'step_not_claimed'
  | 'step_delegated'
  | 'step_not_delegated'
  | 'not_the_assignee'
  | 'not_delegable'
  | 'may_not_assign'
  | 'execution_exists'
  | 'execution_ended'
  | 'execution_not_failed'
  | 'task_cancelled'
  | 'lock_lost'
  | 'incident_resolved'
  | 'override_passes_approval'
  | 'rule_exists'
  | 'decision_tree_exists'
  | 'decision_table_exists'
  | 'modification_exists'
  | 'modification_not_pending'
  | 'modification_not_applicable'
  | 'modification_not_reversible'
  | 'history_too_short'
  | 'emergency_disabled'
  | 'own_approval'
  | 'precondition_failed'
  | 'idempotency_key_reused'
  | 'idempotency_in_progress'
  | 'idempotency_answer_lost'
  // what it runs on
  | 'too_many_requests'
  | 'unavailable'
  | 'internal_error';

/** One fault of a request: where (RFC 6901 JSON pointer into the body, or `?name` for a query field), which, and what to do. */
export interface Fault {
  pointer: string;
  code: string;
  message: string;
}

/** A refusal. `message` tells the reader what to do next; `facts` are shown to the client and so hold no secret. */
export class DomainError<Code extends ErrorCode = ErrorCode> extends Error {
  constructor(
    readonly code: Code,
    message: string,
    readonly facts: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = new.target.name;
  }
}

/** Everything that is wrong with what was sent, in one answer. */
export class ValidationError extends DomainError {
  constructor(readonly faults: readonly Fault[]) {
    super(
      'validation_failed',
      faults.map((fault) => `${fault.pointer}: ${fault.message}`).join('; '),
    );
  }
}
