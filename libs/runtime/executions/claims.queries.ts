import type { Handler, JsonObject } from '#engine/graph';
import { statement } from '#persistence';

import type { AwaitingHandler, BrokenHandler } from './execution-rows.js';

/** A task that has just been claimed: one attempt of it, fenced by `lock_token`. */
export interface ClaimedTask {
  task_execution_id: string;
  lock_token: string;
  execution_id: string;
  workflow_id: string;
  workflow_instance_id: string;
  step_id: string;
  task_id: string;
  task_name: string;
  task_type: string;
  handler: Handler | BrokenHandler;
  input_data: JsonObject;
  /** task_id → output, of what it depends on; null where nobody asks for it, or there is none. */
  dependency_results: JsonObject | null;
  attempt: number;
  lock_expires_at: Date;
  timeout_at: Date;
  /** Milliseconds from now until `timeout_at`, by the database's clock. */
  time_left_ms: number;
  correlation_id: string | null;
  resource_requirements: JsonObject;
  adaptive_scaling: boolean;
}

/** One that we do, its handler not yet filled in. */
export interface ClaimedForUs extends Omit<ClaimedTask, 'handler'> {
  handler: ClaimedTask['handler'] | AwaitingHandler;
}

const NEXT = 'turn, priority desc, available_at, task_execution_id';

/** The next ones that nobody else is claiming, locked. */
const next = (condition: string, tasks: string): string => `
  select task_execution_id, turn, priority, available_at from task_executions
  where tenant_id = present_tenant() and ${condition}
    and status in ('ready', 'retrying') and released_at is not null and available_at <= clock_timestamp()
  order by ${NEXT}
  limit ${tasks}
  for update skip locked`;

/**
 * @param due gives ids of tasks that are locked, and the turns in which they are handed over
 * @param seesResults which of the claimed tasks (`c`) are given the outputs of what they depend on; of the others nothing
 * more is read
 */
const claim = (due: string, seesResults: string): string => `
  with due as materialized (${due}), claimed as (
    update task_executions t
    set status = 'running', attempt = t.attempt + 1, worker_id = $2, lock_token = gen_random_uuid(),
        lock_expires_at = clock_timestamp() + least($3::float8, t.timeout_minutes * 60) * interval '1 second',
        start_time = case when t.handler ->> 'type' = 'delay' then t.released_at else clock_timestamp() end,
        timeout_at = clock_timestamp() + t.timeout_minutes * interval '1 minute', end_time = null,
        parked_on = null
    from due
    where t.task_execution_id = due.task_execution_id
    returning t.*, due.turn as due_turn
  )
  select c.task_execution_id, c.lock_token, c.execution_id, c.workflow_id, e.workflow_instance_id, c.step_id,
         c.task_id, c.task_name, c.task_type, c.handler, c.input_data, c.attempt, c.lock_expires_at, c.timeout_at,
         extract(epoch from c.timeout_at - clock_timestamp())::float8 * 1000 as time_left_ms, c.correlation_id,
         case when ${seesResults} and e.compensates is null then (
           select jsonb_object_agg(o.task_id, o.output_data)
           from task_dependencies d cross join lateral (
             -- the limit keeps it a lookup: PostgreSQL may read the whole table in the order of ids for a join
             select task_id, output_data from task_executions where task_execution_id = d.depends_on limit 1) o
           where d.task_execution_id = c.task_execution_id) end as dependency_results,
         c.resource_requirements, coalesce((e.load_balancing_config ->> 'adaptive_scaling')::boolean, true) as adaptive_scaling
  from claimed c
  join parallel_executions e on e.execution_id = c.execution_id
  order by c.due_turn, c.priority desc, c.ordinal`;

/** Arguments: how many at most, the worker, seconds of lease. One statement: no lock on the execution is needed. */
export const claimBuiltinTasks = statement<ClaimedForUs, [number, string, number]>(
  'claim_builtin_tasks',
  claim(next(`handler_kind = 'builtin'`, '$1'), `c.handler ? 'awaits_results'`),
);

const DEPENDS = `c.dependencies <> '[]'`;

type WorkerClaimValues = [number, string, number, readonly string[], string | null];

/**
 * Under `least_loaded` a task is for the worker with the most free capacity (how many tasks it asked for, less what it
 * got) among those that were heard of in the last five seconds; what none of them has taken for a second is for
 * anybody. Under `resource_aware` a worker that says what it has gets only what it has enough for.
 */
const FOR_WORKER = `
  handler_kind = 'worker' and task_type = own.type
  and (strategy <> 'least_loaded' or available_at < clock_timestamp() - interval '1 second' or not exists (
    select from thread_management w
    where w.worker_id <> $2 and w.free_capacity > $1 and w.status <> 'offline' and w.task_types ? own.type
      and w.last_heartbeat > clock_timestamp() - interval '5 seconds'))
  and (strategy <> 'resource_aware' or $5::jsonb is null or not exists (
    select from jsonb_each($5::jsonb) has join jsonb_each(resource_requirements) needs on needs.key = has.key
    where case when jsonb_typeof(needs.value) = 'number' then needs.value > has.value end))`;

/**
 * Type by type, so that what nobody comes for is not read by those who come for other types. Each type has a line of its
 * own, whose turns say nothing about others': they count from where it stands.
 */
const forWorker = (tasks: string): string => `
  select task_execution_id, turn from (
    select n.task_execution_id, n.turn - min(n.turn) over (partition by own.type) as turn, n.priority, n.available_at
    from (select distinct unnest($4::text[]) as type) own
    cross join lateral (${next(FOR_WORKER, tasks)}) n) found
  order by ${NEXT}
  limit ${tasks}`;

/** Beside those of `claimBuiltinTasks`: the types of task that the worker takes; its resources or null. */
export const claimWorkerTasks = statement<ClaimedTask, WorkerClaimValues>(
  'claim_worker_tasks',
  claim(forWorker('$1'), DEPENDS),
);

/** The same, of one task. */
export const claimWorkerTask = statement<ClaimedTask, WorkerClaimValues>(
  'claim_worker_task',
  claim(forWorker('1'), DEPENDS),
);

/** Whether built-in work waits for somebody to claim it. */
export const findClaimable = statement<{ task_execution_id: string }>(
  'find_claimable_builtin_task',
  `select task_execution_id from task_executions
   where tenant_id = present_tenant() and handler_kind = 'builtin' and status in ('ready', 'retrying') and released_at is not null
     and available_at <= now()
   limit 1`,
);

/**
 * Gives back tasks that were claimed, $1: [{task_execution_id, lock_token, delay_ms}]: no attempt is spent, and nobody gets
 * them before so long. $2: the target whose circuit is open, where it is for that.
 */
export const giveBackTasks = statement<{ task_execution_id: string }, [string, string | null]>(
  'give_back_tasks',
  `
  update task_executions t
  set status = case when t.attempt > 1 then 'retrying' else 'ready' end, attempt = t.attempt - 1, lock_token = null,
      lock_expires_at = null, timeout_at = null, worker_id = null, start_time = null, parked_on = $2,
      available_at = clock_timestamp() + b.delay_ms * interval '1 millisecond'
  from jsonb_to_recordset($1::jsonb) as b(task_execution_id uuid, lock_token uuid, delay_ms float8)
  where t.task_execution_id = b.task_execution_id and t.lock_token = b.lock_token and t.status = 'running'
  returning t.task_execution_id`,
);
