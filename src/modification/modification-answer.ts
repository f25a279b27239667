import type { Tx } from '#persistence';
import { BASE_PATH } from '#platform/http';

import type { CanaryView } from './canary/canary.dto.js';
import { notFound } from './modification.errors.js';
import { findModification, type ModificationRow } from './modification.queries.js';
import type {
  ChangeTracking,
  ModificationAnswer,
  MoveCounts,
  MoveFailure,
  ModificationSummary,
  ReviewView,
} from './modification-views.dto.js';
import { readFailures } from './moves/moves.queries.js';

const MS_A_MINUTE = 60_000;
const SHOWN_FAILURES = 20;

/** A modification as every call of ours shows it. @throws DomainError modification_not_found */
export async function readAnswer(tx: Tx, modification_id: string): Promise<ModificationAnswer> {
  const [row] = await findModification(tx, [modification_id]);
  if (!row) throw notFound(modification_id);
  const failures =
    row.instances_failed > 0 ? await readFailures(tx, [modification_id, SHOWN_FAILURES]) : [];
  return answerOf(row, failures);
}

/** Of an answer to `POST /dynamic/modify`. */
export function statusOf({ modification_result }: ModificationAnswer): 200 | 202 {
  return modification_result.status === 'applied' ? 200 : 202;
}

function answerOf(row: ModificationRow, failures: MoveFailure[]): ModificationAnswer {
  const { modification_id, impact_analysis, execution_timestamp } = row;
  return {
    request_id: row.request_id,
    workflow_id: row.workflow_id,
    modification_result: {
      modification_id,
      status: row.status,
      impact_analysis: row.modification_details.impact_analysis_required ? impact_analysis : null,
      approval_status: row.approval_status,
      execution_timestamp: execution_timestamp?.toISOString() ?? null,
      rollback_available: canRollBack(row),
      monitoring_active: row.monitoring_active,
    },
    change_tracking: trackingOf(row, failures),
    next_steps: nextSteps(row),
    estimated_completion_time: completionOf(row),
    monitoring_endpoints: [
      `${BASE_PATH}/dynamic/status/${modification_id}`,
      `${BASE_PATH}/dynamic/status/${modification_id}/events`,
      `${BASE_PATH}/dynamic/monitoring/${modification_id}`,
    ],
  };
}

export function summaryOf(row: ModificationRow): ModificationSummary {
  return {
    modification_id: row.modification_id,
    workflow_id: row.workflow_id,
    modification_type: row.modification_type,
    status: row.status,
    approval_status: row.approval_status,
    requested_by: row.requested_by,
    reason: row.reason,
    from_version: row.from_version,
    to_version: row.to_version,
    sentences: row.definition_diff.sentences,
    created_at: row.created_at.toISOString(),
    execution_timestamp: row.execution_timestamp?.toISOString() ?? null,
  };
}

export function movesOf(row: ModificationRow): MoveCounts {
  return {
    moved: row.instances_moved,
    moved_back: row.instances_moved_back,
    left_out: row.instances_left_out,
    failed: row.instances_failed,
  };
}

function canRollBack(row: ModificationRow): boolean {
  const stands = row.is_current || row.canary_percentage !== null;
  return row.status === 'applied' && stands && row.rollback_status !== 'scheduled';
}

function reviewOf(row: ModificationRow): ReviewView | null {
  const { review_due_at, review_overdue, review_verdict, reviewed_by, reviewed_at } = row;
  if (!review_due_at) return null;
  return {
    due_at: review_due_at.toISOString(),
    overdue: review_overdue ?? false,
    verdict: review_verdict,
    reviewed_by,
    reviewed_at: reviewed_at?.toISOString() ?? null,
    comments: row.review_comments,
  };
}

function canaryViewOf({ canary }: ModificationRow): CanaryView | null {
  if (!canary) return null;
  const { status, stage, stages, alpha, looks, evidence } = canary;
  return { status, stage, stages, alpha, looks, evidence };
}

function trackingOf(row: ModificationRow, failures: MoveFailure[]): ChangeTracking {
  return {
    change_request_id: row.change_request_id,
    modification_type: row.modification_type,
    requested_by: row.requested_by,
    reason: row.reason,
    emergency_change: row.emergency_change,
    approvals: row.approvals,
    approved_by: row.approved_by,
    approval_comments: row.approval_comments,
    error: row.status === 'approved' ? row.error_message : null,
    scheduled_at: row.scheduled_execution_time?.toISOString() ?? null,
    applied_by: row.applied_by,
    from_version: row.from_version,
    to_version: row.to_version,
    snapshot_id: row.snapshot_id,
    sentences: row.definition_diff.sentences,
    changes: row.definition_diff.changes,
    apply_to: row.apply_to,
    step_mapping: row.step_mapping,
    migration: row.migration,
    moves: { status: row.move_status, ...movesOf(row), failures },
    canary: canaryViewOf(row),
    review: reviewOf(row),
    rollback: {
      status: row.rollback_status,
      strategy: row.rollback_strategy,
      reason: row.rollback_reason,
      requested_by: row.rolled_back_by,
      scheduled_at: row.rollback_scheduled_at?.toISOString() ?? null,
      timestamp: row.rollback_timestamp?.toISOString() ?? null,
      error: row.error_message,
      effects: row.taken_back_effects,
    },
  };
}

/** When the instances are expected to have moved: by the impact's estimate from the moment of application. */
function completionOf({ execution_timestamp, impact_analysis }: ModificationRow): string | null {
  if (!execution_timestamp) return null;
  const minutes = impact_analysis?.estimated_disruption_minutes ?? 0;
  return new Date(execution_timestamp.getTime() + minutes * MS_A_MINUTE).toISOString();
}

function nextSteps(row: ModificationRow): string[] {
  const { modification_id: id } = row;
  const post = (verb: string): string => `POST ${BASE_PATH}/dynamic/${verb}/${id}`;
  switch (row.status) {
    case 'pending_analysis':
      return [];
    case 'pending_approval':
      return [
        `Somebody other than ${row.requested_by} approves it by ${post('approve')} or rejects it by ${post('reject')}.`,
        row.modification_details.auto_apply
          ? 'Once approved it is applied at once.'
          : `Once approved, apply it by ${post('apply')}.`,
      ];
    case 'approved':
      return [
        row.scheduled_execution_time
          ? `It is applied at ${row.scheduled_execution_time.toISOString()}; sooner by ${post('apply')}, or drop it by ${post('reject')}.`
          : `Apply it by ${post('apply')}, or drop it by ${post('reject')}.`,
      ];
    case 'rejected':
      return ['Nothing was changed. Send a new modification if it is still needed.'];
    case 'failed':
      return ['Nothing was changed. Send it anew.'];
    case 'applied':
      return appliedSteps(row, post);
    case 'rolled_back':
      return [
        `New instances start with version ${row.from_version} again.`,
        row.move_status === 'in_progress'
          ? `Instances are returning to it; follow them at GET ${BASE_PATH}/dynamic/status/${id}.`
          : `${count(row.instances_moved_back)} returned to it; any others on version ${row.to_version} finish there.`,
        ...effectsLeft(row),
      ];
  }
}

function appliedSteps(row: ModificationRow, post: (verb: string) => string): string[] {
  const { modification_id: id, to_version } = row;
  return [
    to_version === null
      ? 'The definition is as it was; instances are taken past the step.'
      : row.canary_percentage === null
        ? `New instances start with version ${to_version}.`
        : `It is tried on ${row.canary_percentage} % of the running instances; new ones start with version ${row.from_version}.`,
    ...(row.move_status === 'in_progress'
      ? [`Instances are being moved; follow them at GET ${BASE_PATH}/dynamic/status/${id}.`]
      : []),
    ...(row.move_status === 'paused'
      ? [`Moving instances is paused; go on by POST ${BASE_PATH}/dynamic/resume/${id}.`]
      : []),
    ...(row.instances_failed > 0
      ? [
          `${count(row.instances_failed)} could not be moved and stayed as they were; see moves.failures.`,
        ]
      : []),
    ...(row.review_due_at && !row.reviewed_at
      ? [
          `It passed without approval as an emergency; it is to be reviewed by somebody else until ${row.review_due_at.toISOString()}: ${post('review')}.`,
        ]
      : []),
    ...(row.rollback_status === 'scheduled' && row.rollback_scheduled_at
      ? [`It is rolled back at ${row.rollback_scheduled_at.toISOString()}.`]
      : []),
    ...(canRollBack(row) ? [`If it does harm, take it back by ${post('rollback')}.`] : []),
    ...(row.monitoring_active && row.monitoring_until
      ? [
          `It is watched until ${row.monitoring_until.toISOString()}: GET ${BASE_PATH}/dynamic/monitoring/${id}.`,
        ]
      : []),
  ];
}

function effectsLeft({ modification_id: id, taken_back_effects }: ModificationRow): string[] {
  const { reversible = 0, irreversible = 0 } = taken_back_effects ?? {};
  if (reversible + irreversible === 0) return [];
  return [
    `What was done outside meanwhile still stands: ${reversible} times it has an undoing that did not run, ${irreversible} times it has none; see GET ${BASE_PATH}/dynamic/effects/${id}.`,
  ];
}

function count(instances: number): string {
  return instances === 1 ? '1 instance' : `${instances} instances`;
}
