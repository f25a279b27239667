import type { CurrentStep } from '#engine/instance';
import { type MoveDirection, type MoveOutcome, statement } from '#persistence';

import { CANARY_PLACE } from '../canary/canary.queries.js';
import type { OpenInstance } from './migration-plan.js';

export const findMoving = statement<{ modification_id: string }, [limit: number]>(
  'find_moving_modifications',
  `select modification_id from runtime_modifications
   where move_status = 'in_progress'
   order by modification_id
   limit $1`,
);

/** One mover of a modification at a time, until the transaction ends. */
export const takeMover = statement<{ taken: boolean }, [modification_id: string]>(
  'take_modification_mover',
  `select pg_try_advisory_xact_lock(hashtextextended('modification.move ' || $1, 0)) as taken`,
);

/** When the moves of the present round began. */
export const beginMoving = statement<never, [modification_id: string]>(
  'begin_moving',
  `update runtime_modifications set moving_since = now()
   where modification_id = $1 and move_status = 'in_progress' and moving_since is null`,
);

/** An instance to be moved, and between which versions. */
export interface Candidate {
  instance_id: string;
  from_version: number;
  to_version: number;
}

type CandidatesOf = [modification_id: string, after_instance_id: string | null, limit: number];

/** In the order of ids: one that has to wait is passed by until the next round through all. */
const candidates = (columns: string, of: string): string =>
  ['running', 'suspended']
    .map(
      (status) => `(
   select w.instance_id, w.version_number as from_version, ${columns}
   from runtime_modifications m
   join workflow_instances w on w.workflow_id = m.workflow_id and w.status = '${status}'
   ${of}
     and ($2::uuid is null or w.instance_id > $2)
     and not exists (
       select from modification_moves v
       where v.modification_id = m.modification_id and v.round = m.move_round and v.instance_id = w.instance_id)
   order by w.instance_id
   limit $3)`,
    )
    .join(' union all ') + ' order by instance_id limit $3';

/** Open instances on earlier versions; while the change is tried, its share of them. */
export const findForward = statement<Candidate, CandidatesOf>(
  'find_forward_candidates',
  candidates(
    'm.to_version',
    `where m.modification_id = $1 and w.version_number < m.to_version
     and (m.canary_percentage is null or ${CANARY_PLACE} < m.canary_percentage * 100)`,
  ),
);

/** Open instances on the version that is taken back; those that were moved to it return to where they came from. */
export const findBack = statement<Candidate, CandidatesOf>(
  'find_back_candidates',
  candidates(
    'coalesce(f.from_version, m.from_version) as to_version',
    `left join modification_moves f on f.modification_id = m.modification_id and f.round = m.move_round - 1
     and f.instance_id = w.instance_id and f.outcome = 'moved'
   where m.modification_id = $1 and w.version_number = m.to_version`,
  ),
);

/** Open instances that the round before took back from the version, there where it took them. */
export const findAgain = statement<Candidate, CandidatesOf>(
  'find_again_candidates',
  candidates(
    'm.to_version',
    `join modification_moves f on f.modification_id = m.modification_id and f.round = m.move_round - 1
     and f.instance_id = w.instance_id and f.outcome = 'moved' and f.to_version = w.version_number
   where m.modification_id = $1`,
  ),
);

/** Open instances that stood at a bypassed step when the bypass was applied, and still do. */
export const findBypass = statement<
  Candidate,
  [...CandidatesOf, step_ids: readonly string[], workflow_instance_ids: readonly string[] | null]
>(
  'find_bypass_candidates',
  candidates(
    'w.version_number as to_version',
    `where m.modification_id = $1 and w.current_step_id = any($4)
     and ($5::text[] is null or w.workflow_instance_id = any($5))
     and exists (
       select from step_executions s
       where s.instance_id = w.instance_id and s.step_id = w.current_step_id
         and (s.status in ('ready', 'running', 'waiting')
           or w.current_step -> 'awaiting' -> 'step_ended' = 'true'::jsonb)
         and s.entered_at <= m.execution_timestamp)`,
  ),
);

/** Holds the modification as it is while a batch is moved. No row: it is no longer under way in that round. */
export const holdRound = statement<
  { move_round: number },
  [modification_id: string, round: number]
>(
  'hold_move_round',
  `select move_round from runtime_modifications
   where modification_id = $1 and move_round = $2 and move_status = 'in_progress'
   for share`,
);

/** In the order of ids, as everybody locks many. */
export const lockInstances = statement<{ instance_id: string }, [instance_ids: readonly string[]]>(
  'lock_instances_to_move',
  `select instance_id from workflow_instances where instance_id = any($1) order by instance_id for update`,
);

/** What an instance was before it was moved. */
export interface InstanceSnapshot {
  data: Record<string, unknown>;
  current: CurrentStep | null;
  step_entries: Record<string, number>;
  /** Instants in ISO 8601; null: none. */
  due_at: string | null;
  step_due_at: string | null;
}

export interface TakenRow extends OpenInstance {
  instance_id: string;
  total_entries: number;
  /** Epoch milliseconds. */
  now: number;
  due_at: Date | null;
  step_due_at: Date | null;
  /** What it was before the round before moved it, when nothing has happened to it since; else null. */
  before: InstanceSnapshot | null;
}

/** Of instances under lock, those that are still open. */
export const readTaken = statement<
  TakenRow,
  [modification_id: string, instance_ids: readonly string[]]
>(
  'read_instances_to_move',
  `select w.instance_id, w.workflow_instance_id, w.version_number, w.status, w.data, w.current_step, w.step_entries,
     w.total_entries,
     w.started_at, w.due_at, s.due_at as step_due_at, (extract(epoch from now()) * 1000)::float8 as now,
     f.snapshot as before
   from workflow_instances w
   join runtime_modifications m on m.modification_id = $1
   left join step_executions s on s.step_execution_id = (w.current_step ->> 'step_execution_id')::uuid
   left join modification_moves f on f.modification_id = m.modification_id and f.round = m.move_round - 1
     and f.instance_id = w.instance_id and f.outcome = 'moved' and f.sequence = w.last_sequence
   where w.instance_id = any($2) and w.status in ('running', 'suspended')`,
);

export interface MoveRecord {
  instance_id: string;
  from_version: number;
  to_version: number;
  from_step_id: string | null;
  to_step_id: string | null;
  outcome: MoveOutcome;
  error_message: string | null;
  sequence: number | null;
  snapshot: InstanceSnapshot | null;
}

export const insertMoves = statement<
  never,
  [modification_id: string, round: number, direction: MoveDirection, records: string]
>(
  'insert_modification_moves',
  `insert into modification_moves (
     modification_id, round, direction, instance_id, from_version, to_version, from_step_id, to_step_id, outcome,
     error_message, sequence, snapshot)
   select $1, $2, $3, r.*
   from jsonb_to_recordset($4) as r (
     instance_id uuid, from_version int, to_version int, from_step_id text, to_step_id text, outcome text,
     error_message text, sequence int, snapshot jsonb)
   on conflict do nothing`,
);

/** How long each of these moves took, on average, commit included. */
export const timeMoves = statement<
  never,
  [modification_id: string, round: number, instance_ids: readonly string[], elapsed_ms: number]
>(
  'time_modification_moves',
  `update modification_moves set elapsed_ms = $4
   where modification_id = $1 and round = $2 and instance_id = any($3) and outcome = 'moved'`,
);

export const countMoved = statement<never, [modification_id: string]>(
  'count_moved_instances',
  `update runtime_modifications m set
     instances_moved = (
       select count(*) from modification_moves v
       where v.modification_id = m.modification_id and v.round = 1 and v.outcome = 'moved'),
     updated_at = now()
   where m.modification_id = $1`,
);

/**
 * Ends a round that has nothing left to move, once no transaction goes on that began before it: one may be about to
 * start an instance on the version that was current then. No row: there is one, or the round is no longer under way.
 */
export const completeMove = statement<
  { modification_id: string },
  [modification_id: string, round: number]
>(
  'complete_modification_move',
  `update runtime_modifications m set
     move_status = 'completed',
     rollback_status = case when status = 'rolled_back' then 'completed' else rollback_status end,
     updated_at = now()
   where modification_id = $1 and move_round = $2 and move_status = 'in_progress'
     and canary_percentage is null
     and not exists (
       select from pg_stat_activity a
       where a.datname = current_database() and a.usename = current_user
         and a.xact_start < m.moving_since)
   returning modification_id`,
);

export interface MovesRow {
  moved: number;
  moved_back: number;
  /** Those that the filter did not let through. */
  left_out: number;
  failed: number;
  failures: { workflow_instance_id: string; reason: string }[];
}

export const readMoves = statement<MovesRow, [modification_id: string, failures: number]>(
  'read_modification_moves',
  `select
     (count(v.*) filter (where v.round = 1 and v.outcome = 'moved'))::int as moved,
     (count(v.*) filter (where v.direction = 'back' and v.outcome = 'moved'))::int as moved_back,
     (count(v.*) filter (where v.outcome = 'left'))::int as left_out,
     (count(v.*) filter (where v.outcome = 'failed'))::int as failed,
     coalesce((
       select jsonb_agg(jsonb_build_object(
         'workflow_instance_id', f.workflow_instance_id, 'reason', f.error_message))
       from (
         select w.workflow_instance_id, e.error_message
         from modification_moves e
         join workflow_instances w on w.instance_id = e.instance_id
         where e.modification_id = m.modification_id and e.outcome = 'failed'
         order by e.moved_at, e.instance_id
         limit $2) f), '[]') as failures
   from runtime_modifications m
   left join modification_moves v on v.modification_id = m.modification_id
   where m.modification_id = $1
   group by m.modification_id`,
);
