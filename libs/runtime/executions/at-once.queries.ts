import { statement } from '#persistence';

/**
 * Executions that have ended as they begin (`endAtOnce`). What those of one graph have in common is sent and read once:
 * $1 is a JSON list of graphs, each with its `executions`.
 */
const executions = (conflict: string, only = ''): string => `
  with graph as materialized (
    select * from jsonb_to_recordset($1::jsonb) as g (
      workflow_id uuid, version_number int, step_id text, total_tasks int, overall_status text,
      load_balancing_config jsonb, failure_strategy text, max_concurrent_tasks int, global_timeout_minutes float8,
      monitoring_interval_seconds float8, performance_metrics jsonb, synchronization_failed boolean, end_reason text,
      output jsonb, points jsonb, events jsonb, executions jsonb)
  ), execution as (
    insert into parallel_executions
      (execution_id, workflow_id, version_number, workflow_instance_id, instance_id, step_execution_id, step_id,
       total_tasks, tasks_completed, overall_status, execution_progress_percentage, load_balancing_config,
       failure_strategy, max_concurrent_tasks, global_timeout_minutes, monitoring_interval_seconds,
       performance_metrics, synchronization_failed, end_reason, output, correlation_id,
       start_time, timeout_at, estimated_completion_time, actual_completion_time, instance_notified_at, created_at)
    select e.execution_id, g.workflow_id, g.version_number, e.workflow_instance_id, e.instance_id, e.step_execution_id,
           g.step_id, g.total_tasks, g.total_tasks, g.overall_status, 100, g.load_balancing_config,
           g.failure_strategy, g.max_concurrent_tasks, g.global_timeout_minutes, g.monitoring_interval_seconds,
           g.performance_metrics, g.synchronization_failed, g.end_reason,
           case when e.step_execution_id is not null then g.output end, e.correlation_id,
           statement_timestamp(), statement_timestamp() + g.global_timeout_minutes * interval '1 minute',
           statement_timestamp() + (g.performance_metrics ->> 'estimated_minutes')::float8 * interval '1 minute',
           statement_timestamp(), case when e.told then statement_timestamp() end, clock_timestamp()
    from graph g, jsonb_to_recordset(g.executions) as e (
      execution_id text, workflow_instance_id text, instance_id uuid, step_execution_id uuid, correlation_id text,
      told boolean)
    ${conflict}
    returning execution_id
  ), points as (
    insert into synchronization_points
      (sync_point_id, execution_id, sync_id, sync_name, sync_type, required_tasks, minimum_completion_percentage,
       status, missed, timeout_minutes, failure_strategy, condition_expression, completed_tasks,
       current_completion_percentage, completion_time)
    select (e.sync_point_ids ->> p.place)::uuid, e.execution_id, p.sync_id, p.sync_name, p.sync_type, p.required_tasks,
           p.minimum_completion_percentage, p.status, p.missed, p.timeout_minutes, p.failure_strategy,
           p.condition_expression, p.completed_tasks, case when p.status = 'waiting' then 0 else 100 end,
           case when p.status <> 'waiting' then statement_timestamp() end
    from graph g, jsonb_to_recordset(g.points) as p (
      place int, sync_id text, sync_name text, sync_type text, required_tasks jsonb,
      minimum_completion_percentage float8, timeout_minutes float8, failure_strategy text, condition_expression text,
      status text, missed boolean, completed_tasks jsonb),
      jsonb_to_recordset(g.executions) as e (execution_id text, sync_point_ids jsonb)
    ${only}
  ), events as (
    insert into execution_events (execution_id, event_type, task_id, payload, following)
    select e.execution_id, v.event_type, v.task_id, v.payload, v.following
    from graph g, jsonb_to_recordset(g.executions) as e (execution_id text),
      jsonb_to_recordset(g.events) as v (event_type text, task_id text, payload jsonb, following jsonb)
    ${only}
  )
  select execution_id from execution`;

/** Those whose ids the server has made. */
export const insertOwnEnded = statement<{ execution_id: string }, [graphs: string]>(
  'insert_own_ended_executions',
  executions(''),
);

/** Those whose ids clients have chosen: one whose id is taken is left out, and is not among the rows that come back. */
export const insertEnded = statement<{ execution_id: string }, [graphs: string]>(
  'insert_ended_executions',
  executions(
    'on conflict (execution_id, tenant_id) do nothing',
    // "is true" keeps the planner from making it a join (see `lookups`)
    'where (e.execution_id in (select execution_id from execution)) is true',
  ),
);

/**
 * Tasks of such executions: a JSON list of (parts of) graphs. The n-th task of a part has the n-th of each execution's
 * `task_execution_ids`; `input_data` of an execution takes the place of its tasks'.
 */
export const insertCompletedTasks = statement<never, [graphs: string]>(
  'insert_completed_tasks',
  `
  insert into task_executions
    (task_execution_id, execution_id, workflow_id, step_id, task_id, task_name, task_type, ordinal, status, handler,
     handler_kind, priority, dependencies, timeout_minutes, estimated_duration_minutes, resource_requirements,
     max_retry_attempts, retry_policy, input_data, correlation_id, available_at, attempt, output_data, start_time,
     end_time, execution_time_seconds, strategy, compensation)
  select (e.task_execution_ids ->> t.place)::uuid, e.execution_id, g.workflow_id, t.step_id, t.task_id, t.task_name,
         t.task_type, t.ordinal, 'completed', t.handler, 'builtin', t.priority, t.dependencies, t.timeout_minutes,
         t.estimated_duration_minutes, t.resource_requirements, t.max_retry_attempts, t.retry_policy,
         coalesce(e.input_data, t.input_data), e.correlation_id, statement_timestamp(), 1, '{}', statement_timestamp(),
         statement_timestamp(), 0, g.strategy, t.compensation
  from jsonb_to_recordset($1::jsonb) as g (workflow_id uuid, strategy text, tasks jsonb, executions jsonb),
    jsonb_to_recordset(g.tasks) as t (
      place int, ordinal int, step_id text, task_id text, task_name text, task_type text, handler jsonb, priority int,
      dependencies jsonb, timeout_minutes float8, estimated_duration_minutes float8, resource_requirements jsonb,
      max_retry_attempts int, retry_policy jsonb, input_data jsonb, compensation jsonb),
    jsonb_to_recordset(g.executions) as e (
      execution_id text, correlation_id text, input_data jsonb, task_execution_ids jsonb)`,
);
