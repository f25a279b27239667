import type { DefinitionDiff, ImpactAnalysis, ModificationType } from '#engine/definition';
import type { JsonObject } from '#engine/graph';
import {
  type ApprovalStatus,
  type ModificationStatus,
  type MoveStatus,
  type ReviewVerdict,
  type RollbackStatus,
  statement,
} from '#persistence';

import type { Canary } from './canary/canary-state.js';
import type { EffectCounts } from './effects/effects.dto.js';
import type { ApplyTo, Migration } from './moves/migration-plan.js';
import type { RollbackStrategy, StepModificationRequest } from './modification.dto.js';

/** What was asked for, as it is kept to be carried out later. */
export interface ModificationDetails {
  step_modifications: StepModificationRequest[];
  global_changes: JsonObject;
  auto_apply: boolean;
  impact_analysis_required: boolean;
}

export interface ModificationRow {
  modification_id: string;
  request_id: string;
  workflow_id: string;
  modification_type: ModificationType;
  status: ModificationStatus;
  approval_status: ApprovalStatus;
  requested_by: string;
  reason: string;
  emergency_change: boolean;
  approval_override: boolean;
  modification_details: ModificationDetails;
  impact_analysis: ImpactAnalysis | null;
  definition_diff: DefinitionDiff;
  from_version: number;
  to_version: number | null;
  apply_to: ApplyTo;
  step_mapping: Record<string, string | null>;
  migration: Partial<Omit<Migration, 'step_mapping'>>;
  move_round: number;
  move_status: MoveStatus | null;
  /** In the first round; back in any; and those that stayed, for the filter or for a reason of their own. */
  instances_moved: number;
  instances_moved_back: number;
  instances_left_out: number;
  instances_failed: number;
  taken_back_effects: EffectCounts | null;
  canary: Canary | null;
  canary_percentage: number | null;
  applied_by: string | null;
  error_message: string | null;
  snapshot_id: string | null;
  execution_timestamp: Date | null;
  rollback_strategy: RollbackStrategy;
  rollback_status: RollbackStatus | null;
  rollback_reason: string | null;
  rolled_back_by: string | null;
  rollback_scheduled_at: Date | null;
  rollback_timestamp: Date | null;
  monitoring_active: boolean;
  monitoring_until: Date | null;
  auto_rollback_conditions: JsonObject;
  proposed_by: string | null;
  review_due_at: Date | null;
  review_overdue: boolean | null;
  review_verdict: ReviewVerdict | null;
  reviewed_by: string | null;
  reviewed_at: Date | null;
  review_comments: string | null;
  created_at: Date;
  /** Oldest first. */
  approvals: { approved_by: string; comments: string }[];
  scheduled_execution_time: Date | null;
  change_request_id: string;
  approved_by: string | null;
  approval_timestamp: Date | null;
  approval_comments: string | null;
  /** Whether the version that it made is the current one. */
  is_current: boolean;
}

const MODIFICATION = `
  m.*, c.change_request_id, c.approved_by, c.approval_timestamp, c.approval_comments, c.scheduled_execution_time,
  m.review_due_at < now() and m.reviewed_at is null as review_overdue,
  coalesce((
    select jsonb_agg(jsonb_build_object('approved_by', a.approved_by, 'comments', a.comments) order by a.approved_at)
    from modification_approvals a where a.modification_id = m.modification_id), '[]') as approvals,
  exists (
    select from workflow_definitions d
    where d.workflow_id = m.workflow_id and d.version_number = m.to_version and d.is_active) as is_current`;

const FROM = `
  from runtime_modifications m
  join change_requests c on c.modification_id = m.modification_id`;

export const findModification = statement<ModificationRow, [modification_id: string]>(
  'find_modification',
  `select ${MODIFICATION} ${FROM} where m.modification_id = $1`,
);

export const lockModification = statement<ModificationRow, [modification_id: string]>(
  'lock_modification',
  `select ${MODIFICATION} ${FROM} where m.modification_id = $1 for no key update of m`,
);

/** Newest first. */
export const listModifications = statement<
  ModificationRow,
  [
    workflow_id: string | null,
    status: string | null,
    review: 'pending' | 'overdue' | null,
    before_time: string | null,
    before_id: string | null,
    limit: number,
  ]
>(
  'list_modifications',
  `select ${MODIFICATION} ${FROM}
   where ($1::uuid is null or m.workflow_id = $1)
     and ($2::text is null or m.status = $2)
     and ($3::text is null or (m.review_due_at is not null and m.reviewed_at is null
       and ($3 = 'pending' or m.review_due_at < now())))
     and ($4::timestamptz is null or (date_trunc('milliseconds', m.created_at), m.modification_id) < ($4, $5))
   order by date_trunc('milliseconds', m.created_at) desc, m.modification_id desc
   limit $6`,
);

/** The modification that made a version. */
export const findMakerOf = statement<
  { modification_id: string },
  [workflow_id: string, version_number: number]
>(
  'find_maker_of_version',
  `select modification_id from runtime_modifications
   where workflow_id = $1 and to_version = $2
   order by created_at desc
   limit 1`,
);

interface PositionRow {
  version_number: number;
  step_id: string | null;
  instances: number;
  /** Of them, those whose names were given (all when none were). */
  named: number;
  nearest_deadline: Date | null;
}

/** Open instances of a workflow by where they stand. */
export const readPositions = statement<
  PositionRow,
  [workflow_id: string, workflow_instance_ids: readonly string[] | null]
>(
  'read_positions',
  `select version_number, current_step_id as step_id, count(*)::int as instances,
     (count(*) filter (where $2::text[] is null or workflow_instance_id = any($2)))::int as named,
     min(due_at) as nearest_deadline
   from workflow_instances
   where workflow_id = $1 and status in ('running', 'suspended')
   group by version_number, current_step_id
   order by version_number, current_step_id`,
);

/** Which of these instances a workflow has. */
export const readNamedInstances = statement<
  { workflow_instance_id: string },
  [workflow_id: string, workflow_instance_ids: readonly string[]]
>(
  'read_named_instances',
  `select workflow_instance_id from workflow_instances
   where workflow_id = $1 and workflow_instance_id = any($2)`,
);

export const decideModification = statement<
  { modification_id: string },
  [
    modification_id: string,
    decision: 'approved' | 'rejected',
    approved_by: string,
    comments: string,
  ]
>(
  'decide_modification',
  `with decided as (
     update runtime_modifications
     set status = $2, approval_status = $2, updated_at = now()
     where modification_id = $1 and (status = 'pending_approval' or (status = 'approved' and $2 = 'rejected'))
     returning modification_id
   )
   update change_requests c
   set approval_status = $2, approved_by = $3, approval_timestamp = now(), approval_comments = $4
   from decided where c.modification_id = decided.modification_id
   returning c.modification_id`,
);

/** Back to those who approve, since its impact has grown while it waited. */
export const askApproval = statement<
  { modification_id: string },
  [modification_id: string, impact_level: string, impact: string]
>(
  'ask_modification_approval',
  `with asked as (
     update runtime_modifications
     set status = 'pending_approval', approval_status = 'pending', impact_analysis = $3, updated_at = now()
     where modification_id = $1 and status = 'approved'
     returning modification_id
   )
   update change_requests c set approval_status = 'pending', impact_level = $2
   from asked where c.modification_id = asked.modification_id
   returning c.modification_id`,
);

export const markApplied = statement<
  { modification_id: string },
  [
    modification_id: string,
    from_version: number,
    to_version: number | null,
    snapshot_id: string | null,
    diff: string,
    impact: string,
    applied_by: string,
    moves: boolean,
    trial: boolean,
    review_hours: number | null,
  ]
>(
  'mark_modification_applied',
  `update runtime_modifications set
     status = 'applied', from_version = $2, to_version = $3, snapshot_id = $4, definition_diff = $5,
     impact_analysis = $6, applied_by = $7, move_status = case when $8 then 'in_progress' end,
     move_round = case when $8 then 1 else 0 end,
     execution_timestamp = now(),
     review_due_at = now() + $10::float8 * interval '1 hour', error_message = null,
     monitoring_active = $3::int is not null and (monitoring_duration_minutes > 0 or $9),
     monitoring_until = case when $3::int is not null and not $9
       then now() + monitoring_duration_minutes * interval '1 minute' end,
     updated_at = now()
   where modification_id = $1 and status = 'approved'
   returning modification_id`,
);

export const markRolledBack = statement<
  { modification_id: string },
  [modification_id: string, reason: string, rolled_back_by: string, moves: boolean]
>(
  'mark_modification_rolled_back',
  `update runtime_modifications set
     status = 'rolled_back', rollback_reason = $2, rolled_back_by = $3, rollback_timestamp = now(),
     rollback_status = case when $4 then 'in_progress' else 'completed' end,
     move_status = case when $4 then 'in_progress' when move_status is not null then 'completed' end,
     move_round = case when $4 then greatest(move_round, 1) + 1 else move_round end, moving_since = null,
     monitoring_active = false, updated_at = now()
   where modification_id = $1 and status = 'applied'
   returning modification_id`,
);

export const markRollbackScheduled = statement<
  { modification_id: string },
  [modification_id: string, reason: string, rolled_back_by: string, scheduled_at: Date]
>(
  'mark_rollback_scheduled',
  `update runtime_modifications set
     rollback_status = 'scheduled', rollback_reason = $2, rolled_back_by = $3, rollback_scheduled_at = $4,
     updated_at = now()
   where modification_id = $1 and status = 'applied'
   returning modification_id`,
);

/** A roll-back that was to happen by itself and could not. */
export const markRollbackFailed = statement<
  { modification_id: string },
  [modification_id: string, error_message: string]
>(
  'mark_rollback_failed',
  `update runtime_modifications set
     rollback_status = 'failed', error_message = $2, monitoring_active = false, updated_at = now()
   where modification_id = $1 and status = 'applied'
   returning modification_id`,
);

/** Modifications from before `migration` was stored have none of it. */
export function migrationOfRow({ step_mapping, migration }: ModificationRow): Migration {
  return {
    step_mapping,
    filter: null,
    in_progress: 'move',
    values: {},
    timers: 'keep',
    ...migration,
  };
}
