import type { CurrentStep, StepTimer } from '#engine/instance';
import { type MoveDirection, type MoveOutcome, statement } from '#persistence';

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

/** Holds the modification as it is while a batch is moved. No row: it is no longer under way in that round. */
export const holdRound = statement<
  { move_round: number },
  [modification_id: string, round: number]
>(
  'hold_move_round',
  `select move_round from runtime_modifications
   where modification_id = $1 and move_round = $2 and move_status = 'in_progress'
   for no key update`,
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
  /** Left out by moves of earlier times. */
  timers?: StepTimer[];
}

export interface TakenRow extends OpenInstance {
  instance_id: string;
  total_entries: number;
  /** Epoch milliseconds. */
  now: number;
  due_at: Date | null;
  step_due_at: Date | null;
  timers: StepTimer[];
  /** What it was before the round before moved it, when nothing has happened to it since; else null. */
  before: InstanceSnapshot | null;
}

/**
 * The step that an instance stands at, among its own: a text that is read as a uuid is no leakproof key, by which row
 * security lets a table be entered, and all steps there are would be read.
 */
const AT_STEP = `and s.step_execution_id = (w.current_step ->> 'step_execution_id')::uuid`;

/** Of instances under lock, those that are still open. */
export const readTaken = statement<
  TakenRow,
  [modification_id: string, instance_ids: readonly string[]]
>(
  'read_instances_to_move',
  `select w.instance_id, w.workflow_instance_id, w.version_number, w.status, w.data, w.current_step, w.step_entries,
     w.total_entries,
     w.started_at, w.due_at, s.due_at as step_due_at, (extract(epoch from now()) * 1000)::float8 as now,
     f.snapshot as before,
     coalesce((
       select jsonb_agg(jsonb_build_object(
         'kind', t.kind, 'due_at', t.due_at, 'paused_at', t.paused_at, 'payload', t.payload) order by t.due_at)
       from timers t
       where t.instance_id = w.instance_id and t.step_execution_id = s.step_execution_id), '[]') as timers
   from workflow_instances w
   join runtime_modifications m on m.modification_id = $1
   left join step_executions s on s.instance_id = w.instance_id ${AT_STEP}
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

/**
 * Recorded and counted together: status and progress are read from the counts.
 * @param elapsed_ms how long an instance takes at present
 */
export const insertMoves = statement<
  never,
  [
    modification_id: string,
    round: number,
    direction: MoveDirection,
    records: string,
    elapsed_ms: number | null,
  ]
>(
  'insert_modification_moves',
  `with move as (
     insert into modification_moves (
       modification_id, round, direction, instance_id, from_version, to_version, from_step_id, to_step_id, outcome,
       error_message, sequence, snapshot, elapsed_ms)
     select $1, $2, $3, r.*, case when r.outcome = 'moved' then $5::float8 end
     from jsonb_to_recordset($4) as r (
       instance_id uuid, from_version int, to_version int, from_step_id text, to_step_id text, outcome text,
       error_message text, sequence int, snapshot jsonb)
     on conflict do nothing
     returning round, direction, outcome
   ), counted as (
     select count(*) filter (where round = 1 and outcome = 'moved') as moved,
       count(*) filter (where direction = 'back' and outcome = 'moved') as moved_back,
       count(*) filter (where outcome = 'left') as left_out,
       count(*) filter (where outcome = 'failed') as failed
     from move
   )
   update runtime_modifications m set
     instances_moved = instances_moved + c.moved, instances_moved_back = instances_moved_back + c.moved_back,
     instances_left_out = instances_left_out + c.left_out, instances_failed = instances_failed + c.failed,
     updated_at = now()
   from counted c where m.modification_id = $1`,
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

/** In one round. */
export const countFailures = statement<
  { failed: number },
  [modification_id: string, round: number]
>(
  'count_failed_moves',
  `select count(*)::int as failed from modification_moves
   where modification_id = $1 and outcome = 'failed' and round = $2`,
);

/** The first of those that stayed where they were, and why. */
export const readFailures = statement<
  { workflow_instance_id: string; reason: string },
  [modification_id: string, limit: number]
>(
  'read_failed_moves',
  `select w.workflow_instance_id, e.error_message as reason
   from modification_moves e
   join workflow_instances w on w.instance_id = e.instance_id
   where e.modification_id = $1 and e.outcome = 'failed'
   order by e.moved_at, e.instance_id
   limit $2`,
);
