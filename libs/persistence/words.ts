/**
 * Value sets of status columns that no engine module owns. The others stand in `#engine/…`.
 * A test compares each set with the CHECK constraint of its column.
 */

export const VOTES = ['approved', 'rejected'] as const;
export type Vote = (typeof VOTES)[number];

export const HANDLER_KINDS = ['builtin', 'worker'] as const;
export type HandlerKind = (typeof HANDLER_KINDS)[number];

export const WORKER_STATUSES = ['idle', 'busy', 'offline'] as const;
export type WorkerStatus = (typeof WORKER_STATUSES)[number];

export const IDEMPOTENCY_STATES = ['in_progress', 'applied', 'answered'] as const;
export type IdempotencyState = (typeof IDEMPOTENCY_STATES)[number];

export const SUGGESTION_STATUSES = ['open', 'accepted', 'applied', 'dismissed'] as const;
export type SuggestionStatus = (typeof SUGGESTION_STATUSES)[number];

export const MODIFICATION_STATUSES = [
  'pending_analysis',
  'pending_approval',
  'approved',
  'applied',
  'failed',
  'rejected',
  'rolled_back',
] as const;
export type ModificationStatus = (typeof MODIFICATION_STATUSES)[number];

export const APPROVAL_STATUSES = ['not_required', 'pending', 'approved', 'rejected'] as const;
export type ApprovalStatus = (typeof APPROVAL_STATUSES)[number];

export const ROLLBACK_STATUSES = ['scheduled', 'in_progress', 'completed', 'failed'] as const;
export type RollbackStatus = (typeof ROLLBACK_STATUSES)[number];

export const MOVE_STATUSES = ['in_progress', 'paused', 'completed'] as const;
export type MoveStatus = (typeof MOVE_STATUSES)[number];

/** To the new version, back to the old one, or past a step. */
export const MOVE_DIRECTIONS = ['forward', 'back', 'bypass'] as const;
export type MoveDirection = (typeof MOVE_DIRECTIONS)[number];

export const REVIEW_VERDICTS = ['accepted', 'objected'] as const;
export type ReviewVerdict = (typeof REVIEW_VERDICTS)[number];

export const CANARY_ARMS = ['canary', 'control'] as const;
export type CanaryArm = (typeof CANARY_ARMS)[number];

/** `left`: it was not among those that are to be moved. */
export const MOVE_OUTCOMES = ['moved', 'left', 'failed'] as const;
export type MoveOutcome = (typeof MOVE_OUTCOMES)[number];

export const BACKTEST_STATUSES = ['pending', 'running', 'completed', 'failed'] as const;
export type BacktestStatus = (typeof BACKTEST_STATUSES)[number];

/** What a person made of a decision that was left to them; `pending` until they choose. */
export const PERSON_CHOICES = ['pending', 'confirmed', 'changed'] as const;
export type PersonChoice = (typeof PERSON_CHOICES)[number];

export const INCIDENT_KINDS = [
  'task_failed',
  'step_failed',
  'step_entry_limit',
  'step_missing',
] as const;
export type IncidentKind = (typeof INCIDENT_KINDS)[number];

/** `cancelled`: its execution was; `superseded`: its step has ended, the instance goes on or has its own incident. */
export const INCIDENT_STATUSES = [
  'open',
  'retried',
  'skipped',
  'failed',
  'cancelled',
  'superseded',
] as const;
export type IncidentStatus = (typeof INCIDENT_STATUSES)[number];

export const INCIDENT_ACTIONS = ['retry', 'skip'] as const;
export type IncidentAction = (typeof INCIDENT_ACTIONS)[number];

export const INCIDENT_BATCH_STATUSES = ['running', 'completed'] as const;
export type IncidentBatchStatus = (typeof INCIDENT_BATCH_STATUSES)[number];

export const BREAKER_KINDS = ['host', 'task_type'] as const;
export type BreakerKind = (typeof BREAKER_KINDS)[number];

/** `failed`: it will not be tried again. */
export const NOTIFICATION_STATUSES = ['pending', 'delivered', 'failed'] as const;
export type NotificationStatus = (typeof NOTIFICATION_STATUSES)[number];
