import type { MoveDirection } from '#persistence';
import { statement } from '#persistence';

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

/** An instance to be moved, and between which versions. */
export interface Candidate {
  instance_id: string;
  from_version: number;
  to_version: number;
}

const NOT_TRIED = `
  not exists (
    select from modification_moves v
    where v.modification_id = m.modification_id and v.direction = $2 and v.instance_id = w.instance_id)`;

/** In no order: sorting all that remain again for each batch would cost more than the moves. */
type CandidatesOf = [modification_id: string, direction: MoveDirection, limit: number];

/** Open instances on earlier versions. */
export const findForward = statement<Candidate, CandidatesOf>(
  'find_forward_candidates',
  `select w.instance_id, w.version_number as from_version, m.to_version
   from runtime_modifications m
   join workflow_instances w on w.workflow_id = m.workflow_id and w.version_number < m.to_version
   where m.modification_id = $1 and w.status in ('running', 'suspended') and ${NOT_TRIED}
   limit $3`,
);

/** Open instances on the version that is taken back; those that were moved to it return to where they came from. */
export const findBack = statement<Candidate, CandidatesOf>(
  'find_back_candidates',
  `select w.instance_id, w.version_number as from_version, coalesce(f.from_version, m.from_version) as to_version
   from runtime_modifications m
   join workflow_instances w on w.workflow_id = m.workflow_id and w.version_number = m.to_version
   left join modification_moves f on f.modification_id = m.modification_id and f.direction = 'forward'
     and f.instance_id = w.instance_id and f.error_message is null
   where m.modification_id = $1 and w.status in ('running', 'suspended') and ${NOT_TRIED}
   limit $3`,
);

/** Open instances that stood at a bypassed step when the bypass was applied, and still do. */
export const findBypass = statement<
  Candidate,
  [
    ...CandidatesOf,
    step_ids: readonly (string | null)[],
    workflow_instance_ids: readonly string[] | null,
  ]
>(
  'find_bypass_candidates',
  `select w.instance_id, w.version_number as from_version, w.version_number as to_version
   from runtime_modifications m
   join workflow_instances w on w.workflow_id = m.workflow_id and w.current_step_id = any($4)
   where m.modification_id = $1 and w.status in ('running', 'suspended')
     and ($5::text[] is null or w.workflow_instance_id = any($5))
     and exists (
       select from step_executions s
       where s.instance_id = w.instance_id and s.step_id = w.current_step_id
         and (s.status in ('ready', 'running', 'waiting')
           or w.current_step -> 'awaiting' -> 'step_ended' = 'true'::jsonb)
         and s.entered_at <= m.execution_timestamp)
     and ${NOT_TRIED}
   limit $3`,
);

export interface TakenRow {
  current_step_id: string | null;
  /** Where it stood before it was moved forward, when nothing has happened to it since; else null. */
  return_step_id: string | null;
}

/**
 * Holds an instance that is still to be moved, and the modification's status while it is. No row: it has ended, moved,
 * or the modification is no longer in that status.
 */
export const takeInstance = statement<
  TakenRow,
  [modification_id: string, status: string, instance_id: string, version_number: number]
>(
  'take_instance_to_move',
  `select w.current_step_id, f.from_step_id as return_step_id
   from runtime_modifications m
   join workflow_instances w on w.instance_id = $3
   left join modification_moves f on m.status = 'rolled_back' and f.modification_id = m.modification_id
     and f.direction = 'forward' and f.instance_id = w.instance_id and f.sequence = w.last_sequence
   where m.modification_id = $1 and m.status = $2 and m.move_status = 'in_progress'
     and w.version_number = $4 and w.status in ('running', 'suspended')
   for share of m
   for no key update of w`,
);

export const insertMove = statement<
  never,
  [
    modification_id: string,
    direction: MoveDirection,
    instance_id: string,
    from_version: number,
    to_version: number,
    from_step_id: string | null,
    to_step_id: string | null,
    error_message: string | null,
  ]
>(
  'insert_modification_move',
  `insert into modification_moves (
     modification_id, direction, instance_id, from_version, to_version, from_step_id, to_step_id, error_message,
     sequence)
   select $1, $2, $3, $4, $5, $6, $7, $8,
     case when $8::text is null then (select last_sequence from workflow_instances where instance_id = $3) end
   on conflict do nothing`,
);

/** How long each of these moves took, on average, commit included. */
export const timeMoves = statement<
  never,
  [
    modification_id: string,
    direction: MoveDirection,
    instance_ids: readonly string[],
    elapsed_ms: number,
  ]
>(
  'time_modification_moves',
  `update modification_moves set elapsed_ms = $4
   where modification_id = $1 and direction = $2 and instance_id = any($3) and error_message is null`,
);

export const countMoved = statement<never, [modification_id: string]>(
  'count_moved_instances',
  `update runtime_modifications m set
     instances_moved = (
       select count(*) from modification_moves v
       where v.modification_id = m.modification_id and v.direction <> 'back' and v.error_message is null),
     updated_at = now()
   where m.modification_id = $1`,
);

export const completeMove = statement<never, [modification_id: string, status: string]>(
  'complete_modification_move',
  `update runtime_modifications set
     move_status = 'completed',
     rollback_status = case when status = 'rolled_back' then 'completed' else rollback_status end,
     updated_at = now()
   where modification_id = $1 and status = $2 and move_status = 'in_progress'`,
);

export interface MovesRow {
  moved: number;
  moved_back: number;
  failed: number;
  failures: { workflow_instance_id: string; reason: string }[];
}

export const readMoves = statement<MovesRow, [modification_id: string, failures: number]>(
  'read_modification_moves',
  `select
     (count(v.*) filter (where v.direction <> 'back' and v.error_message is null))::int as moved,
     (count(v.*) filter (where v.direction = 'back' and v.error_message is null))::int as moved_back,
     count(v.error_message)::int as failed,
     coalesce((
       select jsonb_agg(jsonb_build_object(
         'workflow_instance_id', f.workflow_instance_id, 'reason', f.error_message))
       from (
         select w.workflow_instance_id, e.error_message
         from modification_moves e
         join workflow_instances w on w.instance_id = e.instance_id
         where e.modification_id = m.modification_id and e.error_message is not null
         order by e.moved_at, e.instance_id
         limit $2) f), '[]') as failures
   from runtime_modifications m
   left join modification_moves v on v.modification_id = m.modification_id
   where m.modification_id = $1
   group by m.modification_id`,
);
