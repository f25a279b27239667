import type { JsonObject, RetryPolicy, TaskStatus } from '#engine/graph';
import { statement } from '#persistence';

import { countInPoints } from './points.queries.js';
import { LOCKED, type LockedExecution } from './progress.queries.js';

export interface EndedTask {
  task_execution_id: string;
  /** Of the attempt that ended it. */
  lock_token: string;
  execution_id: string;
  task_id: string;
  worker_id: string | null;
  execution_time_seconds: number;
  handler_kind: 'builtin' | 'worker';
  task_type: string;
  /** The fan-out of an item, where it takes only so many at a time. */
  makes_room_in: string | null;
}

const MAKES_ROOM_IN =
  'case when t.fan_out_concurrency is not null then t.fan_out_of end as makes_room_in';

/**
 * What depends on these tasks (rows with task_execution_id) waits for so many fewer; for none left, it is ready. The
 * items of a fan-out come to that together, and only the first of them have a place.
 */
const countDown = (done: string): string => `
    update task_executions t
    set unmet_dependencies = t.unmet_dependencies - met.tasks,
        status = case when t.unmet_dependencies = met.tasks
          and (t.fan_out_concurrency is null or t.item_index < t.fan_out_concurrency) then 'ready' else 'pending' end
    from (
      select d.task_execution_id, count(*)::int as tasks
      from ${done} done join task_dependencies d on d.depends_on = done.task_execution_id
      group by d.task_execution_id
    ) met
    where t.task_execution_id = met.task_execution_id and t.status = 'pending'`;

export interface Answered {
  executions: LockedExecution[];
  completed: EndedTask[];
}

/**
 * Locks the executions of these answers (in the order of ids, see `lockExecutions`), records results, $1:
 * [{task_execution_id, lock_token, output_data?, resource_usage?}], and counts down what depends on them; with the last
 * dependency a task is ready. Answers whose token is not that of the running attempt change nothing and are not returned; those
 * without output only lock. One row comes back. The token stays on the row, so that the same answer sent again is recognised.
 *
 * A task's row is written only by who holds its execution, or claims it or extends its lease; so what this sees of
 * tasks before it has the lock is at worst old, and then read again by the update.
 */
export const completeTasks = statement<Answered, [string]>(
  'complete_tasks',
  `
  with answers as materialized (
    select * from jsonb_to_recordset($1::jsonb) as a(
      task_execution_id uuid, lock_token uuid, output_data jsonb, resource_usage jsonb)
  ), locked as materialized (
    ${LOCKED}
    where e.execution_id in (
      select t.execution_id from answers a join task_executions t on t.task_execution_id = a.task_execution_id)
    order by e.execution_id for update of e
  ), done as (
    update task_executions t
    set status = 'completed', output_data = a.output_data, resource_usage = coalesce(a.resource_usage, '{}'),
        end_time = clock_timestamp(),
        execution_time_seconds = extract(epoch from clock_timestamp() - t.start_time)::float8,
        lock_expires_at = null, timeout_at = null, released_at = null, error_message = null, last_error = null,
        error_retryable = null
    from answers a
    where t.task_execution_id = a.task_execution_id and t.lock_token = a.lock_token and t.status = 'running'
      and a.output_data is not null and (select count(*) from locked) > 0
    returning t.task_execution_id, t.lock_token, t.execution_id, t.task_id, t.worker_id, t.execution_time_seconds,
      t.handler_kind, t.task_type, t.in_points, ${MAKES_ROOM_IN}
  ), unblocked as (${countDown('done')}
  ), points as (${countInPoints('done', 'tasks_completed')}
  )
  select coalesce((select json_agg(locked) from locked), '[]') as executions,
    coalesce((select json_agg(done) from done), '[]') as completed`,
);

/** What the completed tasks of these executions returned: task_id → output. */
export const readResults = statement<
  { execution_id: string; tasks: JsonObject },
  [readonly string[]]
>(
  'read_results_of_executions',
  `
  select execution_id, jsonb_object_agg(task_id, output_data) as tasks from task_executions
  where execution_id = any($1::text[]) and status = 'completed' and fan_out_of is null
  group by execution_id`,
);

export interface RunningAttempt {
  task_execution_id: string;
  lock_token: string;
  attempt: number;
  max_retry_attempts: number;
  policy: RetryPolicy | null;
  /** Since the first attempt began. */
  elapsed_ms: number;
}

/** Of these tasks, those whose running attempt has the token given with it. */
export const readRunningAttempts = statement<
  RunningAttempt,
  [readonly string[], readonly string[]]
>(
  'read_running_attempts',
  `
  select t.task_execution_id, t.lock_token, t.attempt, t.max_retry_attempts, t.retry_policy as policy,
         extract(epoch from clock_timestamp() - coalesce(t.first_started_at, t.start_time))::float8 * 1000 as elapsed_ms
  from unnest($1::uuid[], $2::uuid[]) as a(task_execution_id, lock_token)
  join task_executions t on t.task_execution_id = a.task_execution_id and t.lock_token = a.lock_token
  where t.status = 'running'`,
);

/**
 * Ends attempts. An item of a fan-out that is out of attempts is `completed` without a result: what waits for it goes on,
 * and the task that gathers the items counts it by its error. $1: [{task_execution_id, lock_token, next, delay_ms, retryable, error}].
 */
export const failTasks = statement<
  EndedTask & { next: 'retrying' | 'failed' | 'completed' },
  [string]
>(
  'fail_tasks',
  `
  with ended as (
    update task_executions t
    set status = e.next, retry_count = case when e.next = 'retrying' then t.attempt else t.retry_count end,
        available_at = clock_timestamp() + f.delay_ms * interval '1 millisecond',
        released_at = case when e.next = 'retrying' then t.released_at end,
        end_time = case when e.next <> 'retrying' then clock_timestamp() end,
        execution_time_seconds = extract(epoch from clock_timestamp() - t.start_time)::float8,
        lock_expires_at = null, timeout_at = null, first_started_at = coalesce(t.first_started_at, t.start_time),
        error_message = f.error ->> 'message', last_error = f.error, error_retryable = f.retryable
    from jsonb_to_recordset($1::jsonb) as f(
      task_execution_id uuid, lock_token uuid, next text, delay_ms float8, retryable boolean, error jsonb)
      join task_executions o on o.task_execution_id = f.task_execution_id,
      lateral (
        select case when f.next = 'failed' and o.fan_out_of is not null then 'completed' else f.next end as next) e
    where t.task_execution_id = f.task_execution_id and t.lock_token = f.lock_token and t.status = 'running'
    returning t.task_execution_id, t.lock_token, t.execution_id, t.task_id, t.worker_id, t.execution_time_seconds,
              t.handler_kind, t.task_type, t.in_points, t.status as next, ${MAKES_ROOM_IN}
  ), absorbed as (
    select task_execution_id from ended where next = 'completed'
  ), unblocked as (${countDown('absorbed')}
  ), lost as (
    select in_points from ended where next = 'failed'
  ), points as (${countInPoints('lost', 'tasks_lost')}
  )
  select * from ended`,
);

/** For each item that has ended, of the execution $1 and fan-out $2, the next in order is ready. */
export const openItems = statement<object, [readonly string[], readonly string[]]>(
  'open_items',
  `
  with ended as (
    select execution_id, fan_out_of, count(*) as items
    from unnest($1::text[], $2::text[]) as ended(execution_id, fan_out_of)
    group by execution_id, fan_out_of
  )
  update task_executions t set status = 'ready'
  from ended cross join lateral (
    select n.task_execution_id from task_executions n
    where n.execution_id = ended.execution_id and n.fan_out_of = ended.fan_out_of and n.status = 'pending'
      and n.fan_out_concurrency is not null
    order by n.item_index
    limit ended.items
  ) next
  where t.task_execution_id = next.task_execution_id`,
);

/** What depends on these tasks, directly or not, is skipped. */
export const skipDependents = statement<
  { execution_id: string; task_id: string },
  [readonly string[]]
>(
  'skip_dependents',
  `
  with recursive doomed as (
    select task_execution_id from task_dependencies where depends_on = any($1::uuid[])
    union
    select d.task_execution_id from task_dependencies d join doomed on d.depends_on = doomed.task_execution_id
  ), skipped as (
    update task_executions t set status = 'skipped', end_time = clock_timestamp()
    from doomed
    where t.task_execution_id = doomed.task_execution_id and t.status = 'pending'
    returning t.execution_id, t.task_id, t.in_points
  ), points as (${countInPoints('skipped', 'tasks_lost')}
  )
  select execution_id, task_id from skipped`,
);

export interface AnsweredTask {
  task_execution_id: string;
  status: TaskStatus;
  lock_token: string | null;
  last_error: JsonObject | null;
}

/** How tasks stand whose answer was not taken. */
export const readAnswered = statement<AnsweredTask, [readonly string[]]>(
  'read_answered_tasks',
  `select task_execution_id, status, lock_token, last_error
   from task_executions where task_execution_id = any($1::uuid[])`,
);

export interface ExtendedLease {
  task_execution_id: string;
  worker_id: string;
  lock_token: string;
  lock_expires_at: Date;
}

/** $1: [{task_execution_id, lock_token, lock_seconds}] */
export const extendLeases = statement<ExtendedLease, [string]>(
  'extend_leases',
  `
  update task_executions t
  set lock_expires_at = least(t.timeout_at, clock_timestamp() + x.lock_seconds * interval '1 second')
  from jsonb_to_recordset($1::jsonb) as x(task_execution_id uuid, lock_token uuid, lock_seconds float8)
  where t.task_execution_id = x.task_execution_id and t.lock_token = x.lock_token and t.status = 'running'
  returning t.task_execution_id, t.worker_id, t.lock_token, t.lock_expires_at`,
);

export interface OverdueAttempt {
  task_execution_id: string;
  lock_token: string;
  timed_out: boolean;
}

/** Attempts whose lease has expired or whose time is up. */
export const findOverdueAttempts = statement<OverdueAttempt, [number]>(
  'find_overdue_attempts',
  `
  select task_execution_id, lock_token, coalesce(timeout_at <= now(), false) as timed_out
  from task_executions
  where status = 'running' and least(lock_expires_at, timeout_at) <= now()
  order by lock_expires_at
  limit $1`,
);

/** Executions of which a synchronization point, or they themselves, have come to their timeout. */
export const findOverdueExecutions = statement<
  { execution_id: string; execution_timed_out: boolean },
  [number]
>(
  'find_overdue_executions',
  `
  (select execution_id, true as execution_timed_out from parallel_executions
   where overall_status in ('initializing', 'running') and timeout_at <= now() order by timeout_at limit $1)
  union all
  (select distinct p.execution_id, false from synchronization_points p
   join parallel_executions e on e.execution_id = p.execution_id and e.overall_status = 'running'
   where p.status = 'waiting' and p.timeout_time <= now() limit $1)`,
);
