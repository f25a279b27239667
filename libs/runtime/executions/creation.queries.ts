import { statement } from '#persistence';

/** Arguments: the execution, its tasks, dependencies and synchronization points, each as JSON. No row: the id is taken. */
export const insertExecution = statement<
  { execution_id: string },
  [string, string, string, string]
>(
  'insert_execution',
  `
  with execution as (
    insert into parallel_executions
      (execution_id, workflow_id, version_number, workflow_instance_id, instance_id, step_execution_id, step_id,
       total_tasks, overall_status, load_balancing_config, failure_strategy, max_concurrent_tasks,
       global_timeout_minutes, monitoring_interval_seconds, performance_metrics, correlation_id, created_at)
    select execution_id, workflow_id, version_number, workflow_instance_id, instance_id, step_execution_id, step_id,
           total_tasks, 'initializing', load_balancing_config, failure_strategy, max_concurrent_tasks,
           global_timeout_minutes, monitoring_interval_seconds,
           jsonb_build_object('estimated_minutes', estimated_minutes), correlation_id, clock_timestamp()
    from jsonb_to_record($1::jsonb) as e(
      execution_id text, workflow_id uuid, version_number int, workflow_instance_id text, instance_id uuid,
      step_execution_id uuid, step_id text, total_tasks int, load_balancing_config jsonb, failure_strategy text,
      max_concurrent_tasks int, global_timeout_minutes float8, monitoring_interval_seconds float8, estimated_minutes float8,
      correlation_id text)
    on conflict (execution_id) do nothing
    returning execution_id, workflow_id, correlation_id
  ), tasks as (
    insert into task_executions
      (task_execution_id, execution_id, workflow_id, step_id, task_id, task_name, task_type, ordinal, status, handler,
       handler_kind, priority, dependencies, unmet_dependencies, timeout_minutes, estimated_duration_minutes,
       resource_requirements, max_retry_attempts, input_data, correlation_id)
    select t.task_execution_id, e.execution_id, e.workflow_id, t.step_id, t.task_id, t.task_name, t.task_type,
           t.ordinal, case when t.unmet_dependencies = 0 then 'ready' else 'pending' end, t.handler,
           t.handler_kind, t.priority, t.dependencies, t.unmet_dependencies, t.timeout_minutes,
           t.estimated_duration_minutes, t.resource_requirements, t.max_retry_attempts, t.input_data, e.correlation_id
    from execution e, jsonb_to_recordset($2::jsonb) as t(
      task_execution_id uuid, step_id text, task_id text, task_name text, task_type text, ordinal int, handler jsonb,
      handler_kind text, priority int, dependencies jsonb, unmet_dependencies int, timeout_minutes float8,
      estimated_duration_minutes float8, resource_requirements jsonb, max_retry_attempts int, input_data jsonb)
  ), dependencies as (
    insert into task_dependencies (execution_id, task_execution_id, depends_on)
    select e.execution_id, d.task_execution_id, d.depends_on
    from execution e, jsonb_to_recordset($3::jsonb) as d(task_execution_id uuid, depends_on uuid)
  ), points as (
    insert into synchronization_points
      (sync_point_id, execution_id, sync_id, sync_name, sync_type, required_tasks, minimum_completion_percentage,
       status, timeout_minutes, failure_strategy, condition_expression)
    select p.sync_point_id, e.execution_id, p.sync_id, p.sync_name, p.sync_type, p.required_tasks,
           p.minimum_completion_percentage, 'waiting', p.timeout_minutes, p.failure_strategy, p.condition_expression
    from execution e, jsonb_to_recordset($4::jsonb) as p(
      sync_point_id uuid, sync_id text, sync_name text, sync_type text, required_tasks jsonb,
      minimum_completion_percentage float8, timeout_minutes float8, failure_strategy text, condition_expression text)
  ), events as (
    insert into execution_events (execution_id, event_type, payload)
    select execution_id, 'execution_created', jsonb_build_object('total_tasks', jsonb_array_length($2::jsonb))
    from execution
  )
  select execution_id from execution`,
);

/** Of an execution that is to run (again): its clock starts now, and so do those of its waiting points. */
export const startExecutions = statement<{ execution_id: string }, [readonly string[]]>(
  'start_executions',
  `
  with started as (
    update parallel_executions
    set overall_status = 'running', start_time = coalesce(start_time, clock_timestamp()),
        timeout_at = clock_timestamp() + global_timeout_minutes * interval '1 minute',
        estimated_completion_time =
          clock_timestamp() + (performance_metrics ->> 'estimated_minutes')::float8 * interval '1 minute'
    where execution_id = any($1::text[]) and overall_status = 'initializing'
    returning execution_id
  ), points as (
    update synchronization_points p
    set timeout_time = clock_timestamp() + p.timeout_minutes * interval '1 minute'
    from started s
    where p.execution_id = s.execution_id and p.status = 'waiting'
  )
  select execution_id from started`,
);

/** Only one process at a time decides who may start; until the end of its transaction. */
export const takeAdmission = statement(
  'take_admission',
  `select pg_advisory_xact_lock(4914870353)`,
);

/** Whether any execution waits to start; reads no more than one index entry. */
export const findWaiting = statement<{ execution_id: string }>(
  'find_waiting_execution',
  `select execution_id from parallel_executions
   where overall_status = 'initializing' and timeout_at is null limit 1`,
);

/**
 * Who may start, oldest first, so that at most $1 run. An execution of a single task is no parallel work (it is an
 * automated step): it neither counts nor waits.
 */
export const lockAdmissible = statement<{ execution_id: string }, [number]>(
  'lock_admissible_executions',
  `
  with running as (
    select count(*)::int as executions from parallel_executions
    where overall_status = 'running' and total_tasks > 1
  ), admissible as (
    select execution_id from parallel_executions
    where overall_status = 'initializing' and timeout_at is null
    order by created_at, execution_id
    limit greatest(0, $1::int - (select executions from running))
    for update skip locked
  )
  select execution_id from admissible`,
);
