import type { Handler, JsonObject } from '#engine/graph';
import { statement } from '#persistence';

import type { BrokenHandler } from './execution-rows.js';

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
  attempt: number;
  lock_expires_at: Date;
  timeout_at: Date;
  /** Milliseconds from now until `timeout_at`, by the database's clock. */
  time_left_ms: number;
  correlation_id: string | null;
}

/**
 * A claim of its own does not wait for the disk, within this statement's own transaction (1 to 2 ms of a waiting
 * worker's 5). When PostgreSQL crashes just after, the claim is forgotten: the attempt's answer is then refused as
 * `lost` and the task is claimed anew, as after any crash. What is recorded still waits.
 */
const HURRIED = `select set_config('synchronous_commit', 'off', true)`;

const claim = (condition: string, begin: string): string => `
  with begun as materialized (
    ${begin}
  ), due as (
    select task_execution_id from begun, task_executions
    where handler_kind = ${condition}
      and status in ('ready', 'retrying') and released_at is not null and available_at <= clock_timestamp()
    order by priority desc, available_at, task_execution_id
    limit $1
    for update of task_executions skip locked
  ), claimed as (
    update task_executions t
    set status = 'running', attempt = t.attempt + 1, worker_id = $2, lock_token = gen_random_uuid(),
        lock_expires_at = clock_timestamp() + $3::float8 * interval '1 second',
        start_time = case when t.handler ->> 'type' = 'delay' then t.released_at else clock_timestamp() end,
        timeout_at = clock_timestamp() + t.timeout_minutes * interval '1 minute', end_time = null
    from due
    where t.task_execution_id = due.task_execution_id
    returning t.*
  )
  select c.task_execution_id, c.lock_token, c.execution_id, c.workflow_id, e.workflow_instance_id, c.step_id,
         c.task_id, c.task_name, c.task_type, c.handler, c.input_data, c.attempt, c.lock_expires_at, c.timeout_at,
         extract(epoch from c.timeout_at - clock_timestamp())::float8 * 1000 as time_left_ms, c.correlation_id
  from claimed c
  join parallel_executions e on e.execution_id = c.execution_id
  order by c.priority desc, c.ordinal`;

/** Arguments: how many at most, the worker, seconds of lease. One statement: no lock on the execution is needed. */
export const claimBuiltinTasks = statement<ClaimedTask, [number, string, number]>(
  'claim_builtin_tasks',
  claim(`'builtin'`, HURRIED),
);

type WorkerClaimValues = [number, string, number, readonly string[]];

const OF_WORKER = `'worker' and task_type = any($4::text[])`;

/** Beside those of `claimBuiltinTasks`: the types of task that the worker takes. */
export const claimWorkerTasks = statement<ClaimedTask, WorkerClaimValues>(
  'claim_worker_tasks',
  claim(OF_WORKER, HURRIED),
);

/** The same in the transaction that makes the tasks, and with its commit. */
export const handOverTasks = statement<ClaimedTask, WorkerClaimValues>(
  'hand_over_tasks',
  claim(OF_WORKER, 'select'),
);

/** Whether built-in work waits for somebody to claim it. */
export const findClaimable = statement<{ task_execution_id: string }>(
  'find_claimable_builtin_task',
  `select task_execution_id from task_executions
   where handler_kind = 'builtin' and status in ('ready', 'retrying') and released_at is not null
     and available_at <= now()
   limit 1`,
);
