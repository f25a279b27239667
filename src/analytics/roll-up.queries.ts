import { statement } from '#persistence';

import { SUCCEEDED } from './analytics.queries.js';

/**
 * Rolls instances up by workflow and day (UTC) of their start: the days since the one before the last that was rolled
 * up (at first `$1` days), and within a year those of which instances were still open then. failed: ended, but not
 * well; what is neither is open.
 */
export const rollUpPerformance = statement<{ performance_id: string }, [first_days: number]>(
  'roll_up_workflow_performance',
  `with span as (
     select coalesce(
       (select max(execution_date) from workflow_performance) - interval '1 day',
       date_trunc('day', now(), 'UTC') - $1::int * interval '1 day') as begin
   ), names as (
     select distinct on (workflow_id) workflow_id, workflow_name from workflow_definitions
     order by workflow_id, is_active desc, version_number desc
   ), open_days as (
     select p.workflow_id, p.execution_date from workflow_performance p, span
     where p.total_executions > p.successful_executions + p.failed_executions
       and p.execution_date < span.begin and p.execution_date > now() - interval '1 year'
   ), instances as (
     select i.*, date_trunc('day', i.started_at, 'UTC') as day
     from span, names n
     join workflow_instances i on i.workflow_id = n.workflow_id
     where i.started_at >= span.begin
     union all
     select i.*, o.execution_date
     from open_days o
     join workflow_instances i on i.workflow_id = o.workflow_id
       and i.started_at >= o.execution_date and i.started_at < o.execution_date + interval '1 day'
   ), figures as (
     select i.workflow_id, i.day, count(*) as total, count(*) filter (where ${SUCCEEDED}) as succeeded,
       count(*) filter (where i.ended_at is not null and not ${SUCCEEDED}) as failed,
       avg(extract(epoch from i.ended_at - i.started_at) / 60)::float8 as avg_minutes,
       min(extract(epoch from i.ended_at - i.started_at) / 60)::float8 as min_minutes,
       max(extract(epoch from i.ended_at - i.started_at) / 60)::float8 as max_minutes,
       (avg(steps.completed) filter (where i.ended_at is not null))::float8 as avg_steps,
       sum(work.tasks) as tasks, sum(work.busy_minutes) as busy_minutes
     from instances i
     cross join lateral (
       select count(*) as completed from step_executions s
       where s.instance_id = i.instance_id and s.status = 'completed'
     ) steps
     cross join lateral (
       select count(*)::int as tasks,
         coalesce(sum(extract(epoch from t.end_time - t.start_time) / 60), 0)::float8 as busy_minutes
       from parallel_executions p join task_executions t on t.execution_id = p.execution_id
       where p.instance_id = i.instance_id and t.start_time <= t.end_time
     ) work
     group by i.workflow_id, i.day
   ), hours as (
     select workflow_id, day, jsonb_agg(hour order by place) as peak
     from (
       select workflow_id, day, hour,
         row_number() over (partition by workflow_id, day order by count(*) desc, hour) as place
       from (
         select workflow_id, day, extract(hour from started_at at time zone 'UTC')::int as hour from instances
       ) starts
       group by workflow_id, day, hour
     ) ranked where place <= 3 group by workflow_id, day
   )
   insert into workflow_performance as w (
     performance_id, workflow_id, workflow_name, execution_date, total_executions, successful_executions,
     failed_executions, avg_execution_time_minutes, min_execution_time_minutes, max_execution_time_minutes,
     avg_steps_completed, resource_utilization, peak_usage_hours)
   select gen_random_uuid(), f.workflow_id, n.workflow_name, f.day, f.total, f.succeeded, f.failed, f.avg_minutes,
     f.min_minutes, f.max_minutes, f.avg_steps, jsonb_build_object('tasks', f.tasks, 'busy_minutes', f.busy_minutes),
     h.peak
   from figures f
   join names n using (workflow_id)
   join hours h using (workflow_id, day)
   order by f.workflow_id, f.day
   on conflict (workflow_id, execution_date) do update set
     workflow_name = excluded.workflow_name, total_executions = excluded.total_executions,
     successful_executions = excluded.successful_executions, failed_executions = excluded.failed_executions,
     avg_execution_time_minutes = excluded.avg_execution_time_minutes,
     min_execution_time_minutes = excluded.min_execution_time_minutes,
     max_execution_time_minutes = excluded.max_execution_time_minutes,
     avg_steps_completed = excluded.avg_steps_completed, resource_utilization = excluded.resource_utilization,
     peak_usage_hours = excluded.peak_usage_hours
   returning performance_id`,
);

/** Today's analysis of each step; `$1` holds `Bottleneck`s as JSON text, `$2` what they are over. */
export const upsertBottlenecks = statement<object, [bottlenecks: string, metadata: string]>(
  'upsert_bottleneck_analysis',
  `insert into bottleneck_analysis as b (
     bottleneck_id, workflow_id, step_id, step_name, analysis_date, avg_processing_time_minutes,
     failure_rate_percentage, queue_time_minutes, resource_contention_score, optimization_potential_score,
     bottleneck_severity, analysis_metadata)
   select gen_random_uuid(), r.workflow_id, r.step_id, r.step_name, date_trunc('day', now(), 'UTC'),
     r.avg_processing_time_minutes, r.failure_rate_percentage, r.queue_time_minutes, r.resource_contention_score,
     r.optimization_potential_score, r.bottleneck_severity,
     $2::jsonb || jsonb_build_object('entries', r.entries, 'open_entries', r.open_entries,
       'recommended_actions', r.recommended_actions, 'unavailable', r.unavailable)
   from jsonb_to_recordset($1) as r (
     workflow_id uuid, step_id text, step_name text, avg_processing_time_minutes float8,
     failure_rate_percentage float8, queue_time_minutes float8, resource_contention_score float8,
     optimization_potential_score float8, bottleneck_severity text, entries int, open_entries int,
     recommended_actions jsonb, unavailable jsonb)
   order by r.workflow_id, r.step_id
   on conflict (workflow_id, step_id, analysis_date) do update set
     step_name = excluded.step_name, avg_processing_time_minutes = excluded.avg_processing_time_minutes,
     failure_rate_percentage = excluded.failure_rate_percentage, queue_time_minutes = excluded.queue_time_minutes,
     resource_contention_score = excluded.resource_contention_score,
     optimization_potential_score = excluded.optimization_potential_score,
     bottleneck_severity = excluded.bottleneck_severity, analysis_metadata = excluded.analysis_metadata`,
);

/** `$1` holds `Recommendation`s as JSON text. One that somebody has taken up or dismissed stays as it was then. */
export const upsertSuggestions = statement<object, [recommendations: string]>(
  'upsert_optimization_suggestions',
  `insert into optimization_suggestions as s (
     suggestion_id, workflow_id, category, priority, title, description, estimated_impact_percentage,
     implementation_effort, estimated_roi, success_probability, implementation_steps)
   select r.recommendation_id, r.workflow_id, r.category, r.priority, r.title, r.description,
     r.estimated_impact_percentage, r.implementation_effort, r.estimated_roi, r.success_probability,
     r.implementation_steps
   from jsonb_to_recordset($1) as r (
     recommendation_id uuid, workflow_id uuid, category text, priority text, title text, description text,
     estimated_impact_percentage float8, implementation_effort text, estimated_roi float8,
     success_probability float8, implementation_steps jsonb)
   order by r.recommendation_id
   on conflict (suggestion_id) do update set
     priority = excluded.priority, title = excluded.title, description = excluded.description,
     estimated_impact_percentage = excluded.estimated_impact_percentage,
     implementation_steps = excluded.implementation_steps
   where s.status = 'open'`,
);

/** Open ones that the figures no longer suggest. */
export const deleteOutdatedSuggestions = statement<object, [kept_ids: readonly string[]]>(
  'delete_outdated_suggestions',
  `delete from optimization_suggestions where status = 'open' and suggestion_id <> all ($1::uuid[])`,
);

export const deleteOldResults = statement<object, [analysis_type: string, days: number]>(
  'delete_old_analytics_results',
  `delete from analytics_results
   where analysis_type = $1 and analysis_timestamp < now() - $2::int * interval '1 day'`,
);
