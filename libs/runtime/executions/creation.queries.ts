import { statement } from '#persistence';

import { FIRST_TURN, lockedExecutions, type LockedExecution, turns } from './progress.queries.js';

type CreationValues = readonly [string, string, string, string, string];

/** Of an execution that `execution` gives; "is true" keeps the planner from making it a join (see `lookups`). */
const given = (row: string): string =>
  `(${row}.execution_id in (select execution_id from execution)) is true`;

/** Tasks, with what belongs to them, of the executions that `execution` gives. */
const creating = (execution: string): string => `
  with execution as (
    ${execution}
  ), given as materialized (
    select * from jsonb_to_recordset($2::jsonb) as t(
      execution_id text, workflow_id uuid, correlation_id text, strategy text, task_execution_id uuid, step_id text, task_id text, task_name text, task_type text,
      ordinal int, status text, released boolean, delay_ms float8, handler jsonb, handler_kind text, priority int,
      dependencies jsonb, unmet_dependencies int, timeout_minutes float8, estimated_duration_minutes float8,
      resource_requirements jsonb, max_retry_attempts int, retry_policy jsonb, input_data jsonb,
      fan_out_of text, item_index int, fan_out_concurrency int, compensation jsonb, in_points jsonb)
  ), turns as materialized (${turns('given where released')}), tasks as (
    insert into task_executions
      (task_execution_id, execution_id, workflow_id, step_id, task_id, task_name, task_type, ordinal, status, handler,
       handler_kind, priority, dependencies, unmet_dependencies, timeout_minutes, estimated_duration_minutes,
       resource_requirements, max_retry_attempts, retry_policy, input_data, correlation_id, released_at, available_at,
       strategy, turn, fan_out_of, item_index, fan_out_concurrency, compensation, in_points, needs_key)
    select t.task_execution_id, t.execution_id, t.workflow_id, t.step_id, t.task_id, t.task_name, t.task_type,
           t.ordinal, t.status, t.handler, t.handler_kind, t.priority, t.dependencies, t.unmet_dependencies,
           t.timeout_minutes, t.estimated_duration_minutes, t.resource_requirements, t.max_retry_attempts,
           t.retry_policy,
           t.input_data, t.correlation_id, case when t.released then statement_timestamp() end,
           statement_timestamp() + t.delay_ms * interval '1 millisecond', t.strategy,
           case when t.released then (
             select case when t.strategy = 'round_robin' then ${FIRST_TURN} else served end
             from turns where handler_kind = t.handler_kind and task_type = t.task_type) else 0 end,
           t.fan_out_of, t.item_index, t.fan_out_concurrency, t.compensation, t.in_points,
           case when t.strategy = 'resource_aware' then md5(t.resource_requirements::text) end
    from given t
    where ${given('t')}
  ), dependencies as (
    insert into task_dependencies (execution_id, task_execution_id, depends_on)
    select d.execution_id, d.task_execution_id, d.depends_on
    from jsonb_to_recordset($3::jsonb) as d(execution_id text, task_execution_id uuid, depends_on uuid)
    where ${given('d')}
  ), points as (
    insert into synchronization_points
      (sync_point_id, execution_id, sync_id, sync_name, sync_type, required_tasks, minimum_completion_percentage,
       status, timeout_minutes, failure_strategy, condition_expression, tasks_required)
    select p.sync_point_id, p.execution_id, p.sync_id, p.sync_name, p.sync_type, p.required_tasks,
           p.minimum_completion_percentage, 'waiting', p.timeout_minutes, p.failure_strategy, p.condition_expression,
           p.tasks_required
    from jsonb_to_recordset($4::jsonb) as p(
      execution_id text, sync_point_id uuid, sync_id text, sync_name text, sync_type text, required_tasks jsonb,
      minimum_completion_percentage float8, timeout_minutes float8, failure_strategy text, condition_expression text,
      tasks_required int)
    where ${given('p')}
  ), events as (
    insert into execution_events (execution_id, event_type, payload)
    select execution_id, event_type, payload
    from rows from (jsonb_to_recordset($5::jsonb) as (execution_id text, event_type text, payload jsonb)) with ordinality
      as v(execution_id, event_type, payload, place)
    where ${given('v')}
    order by place
  )
  select execution_id from execution`;

/**
 * Arguments: executions, their tasks, dependencies, synchronization points and events, each as a JSON list. An execution
 * whose id is taken is left out, and is not among the rows that come back.
 */
export const insertExecutions = statement<{ execution_id: string }, CreationValues>(
  'insert_executions',
  creating(`insert into parallel_executions
      (execution_id, workflow_id, version_number, workflow_instance_id, instance_id, step_execution_id, step_id,
       total_tasks, tasks_running, overall_status, load_balancing_config, failure_strategy, max_concurrent_tasks,
       global_timeout_minutes, monitoring_interval_seconds, performance_metrics, correlation_id, compensate,
       compensates, start_time, timeout_at, monitor_at, estimated_completion_time, created_at)
    select execution_id, workflow_id, version_number, workflow_instance_id, instance_id, step_execution_id, step_id,
           total_tasks, tasks_running, overall_status, load_balancing_config, failure_strategy, max_concurrent_tasks,
           global_timeout_minutes, monitoring_interval_seconds, performance_metrics, correlation_id, compensate,
           compensates, case when begun then statement_timestamp() end,
           case when begun then statement_timestamp() + global_timeout_minutes * interval '1 minute' end,
           case when begun then statement_timestamp() + monitoring_interval_seconds * interval '1 second' end,
           case when begun then statement_timestamp()
             + (performance_metrics ->> 'estimated_minutes')::float8 * interval '1 minute' end, clock_timestamp()
    from jsonb_to_recordset($1::jsonb) as e(
      execution_id text, workflow_id uuid, version_number int, workflow_instance_id text, instance_id uuid,
      step_execution_id uuid, step_id text, total_tasks int, tasks_running int, overall_status text,
      load_balancing_config jsonb, failure_strategy text, max_concurrent_tasks int, global_timeout_minutes float8,
      monitoring_interval_seconds float8, performance_metrics jsonb, correlation_id text, compensate boolean,
      compensates text),
      lateral (select overall_status <> 'initializing' as begun) as b
    on conflict (execution_id, tenant_id) do nothing
    returning execution_id`),
);

/** Further tasks of executions that this transaction has made; the arguments are the same. */
export const insertMoreTasks = statement<{ execution_id: string }, CreationValues>(
  'insert_more_tasks',
  creating(`select execution_id from parallel_executions
    where execution_id in (select execution_id from jsonb_to_recordset($1::jsonb) as e(execution_id text))`),
);

/** Of an execution that is to run (again): its clock starts now, and so do those of its waiting points. It is locked then. */
export const startExecutions = statement<LockedExecution, [readonly string[]]>(
  'start_executions',
  `
  with started as (
    update parallel_executions
    set overall_status = 'running', start_time = coalesce(start_time, clock_timestamp()),
        timeout_at = clock_timestamp() + global_timeout_minutes * interval '1 minute',
        monitor_at = clock_timestamp() + monitoring_interval_seconds * interval '1 second',
        estimated_completion_time =
          clock_timestamp() + (performance_metrics ->> 'estimated_minutes')::float8 * interval '1 minute'
    where execution_id = any($1::text[]) and overall_status = 'initializing'
    returning *
  ), points as (
    update synchronization_points p
    set timeout_time = clock_timestamp() + p.timeout_minutes * interval '1 minute'
    from started s
    where p.execution_id = s.execution_id and p.status = 'waiting'
  )
  ${lockedExecutions('started')}`,
);

const ADMISSION = '4914870353';

/** Only one process at a time decides who may start; until the end of its transaction. */
export const takeAdmission = statement(
  'take_admission',
  `select pg_advisory_xact_lock(${ADMISSION})`,
);

/** The same for who does not wait for it: whether nobody else decides. */
export const tryAdmission = statement<{ taken: boolean }>(
  'try_admission',
  `select pg_try_advisory_xact_lock(${ADMISSION}) as taken`,
);

/** Whether any execution waits to start; reads no more than one index entry. */
export const findWaiting = statement<{ execution_id: string }>(
  'find_waiting_execution',
  `select execution_id from parallel_executions
   where overall_status = 'initializing' and timeout_at is null limit 1`,
);

/**
 * Who may start, oldest first, so that at most $1 have work under way: a task that runs, or that a process of ours will
 * take, or that was handed to workers less than $2 seconds ago. What no worker has come for since then does not keep
 * others from starting. An execution of a single task is no parallel work (it is an automated step): it neither counts
 * nor waits.
 */
export const lockAdmissible = statement<{ execution_id: string }, [number, number]>(
  'lock_admissible_executions',
  `
  with under_way as (
    select execution_id from task_executions where status = 'running'
    union
    select execution_id from task_executions
    where status in ('ready', 'retrying') and released_at is not null
      and (handler_kind = 'builtin' or handler_kind = 'worker' and released_at > clock_timestamp() - $2::float8 * interval '1 second')
  ), running as (
    select count(*)::int as executions
    from under_way join parallel_executions e using (execution_id)
    where e.overall_status = 'running' and e.total_tasks > 1
  ), admissible as (
    select execution_id from parallel_executions
    where overall_status = 'initializing' and timeout_at is null
    order by created_at, execution_id
    limit greatest(0, $1::int - (select executions from running))
    for update skip locked
  )
  select execution_id from admissible`,
);
