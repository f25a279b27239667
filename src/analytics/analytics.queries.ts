import type { StepType } from '#engine/definition';
import { statement } from '#persistence';

/** Workflows and a half-open span of time, in which instances started. */
export type Population = [workflow_ids: readonly string[], from: Date, to: Date];

export interface WorkflowRow {
  workflow_id: string;
  workflow_name: string;
}

export interface PerformanceRow {
  workflow_id: string;
  /** Instances that started in the period; `ended` and `succeeded` are among them. */
  started: number;
  ended: number;
  succeeded: number;
  /** Of the ended ones, from start to end. */
  avg_minutes: number | null;
  min_minutes: number | null;
  max_minutes: number | null;
  /** Steps with status completed in each of the ended ones. */
  avg_steps_completed: number | null;
  /** Sum over all instances of the time that they were open within the period. */
  open_minutes: number;
}

export interface FailureRow {
  workflow_id: string;
  step_id: string;
  failures: number;
}

export interface HourRow {
  workflow_id: string;
  hour: number;
}

export interface UtilizationRow {
  workflow_id: string;
  tasks: number;
  workers: number;
  busy_minutes: number;
  /** From the first start to the last end of a task. */
  span_minutes: number;
}

export interface StepRow {
  workflow_id: string;
  step_id: string;
  step_name: string;
  step_type: StepType;
  /** Entries that completed or failed: what the averages are over. */
  ended: number;
  failed: number;
  open: number;
  oldest_open_minutes: number | null;
  avg_waiting_minutes: number | null;
  /** Null where work's begin is not recorded apart from its end. */
  avg_working_minutes: number | null;
  waiting_minutes: number | null;
  /** From entry to end. */
  total_minutes: number | null;
  /** Minutes at the shares 0.5, 0.9 and 0.95. */
  waiting_quantiles: number[] | null;
}

export interface DayRow {
  workflow_id: string;
  day: Date;
  started: number;
  ended: number;
  succeeded: number;
  avg_minutes: number | null;
}

/** A step on the UTC day on which it was entered. */
export interface StepDayRow {
  workflow_id: string;
  step_id: string;
  day: Date;
  entered: number;
  /** Completed or failed. */
  ended: number;
  failed: number;
  avg_waiting_minutes: number | null;
}

export interface CaseRow {
  workflow_id: string;
  version_number: number;
  minutes: number;
  /** It completed and was not rejected. */
  succeeded: boolean;
  completed: boolean;
  /** Spent waiting at the step in question; 0 where it never came there. */
  waiting_minutes: number;
}

/** Success is one thing everywhere: the instance completed, and not as rejected. */
export const SUCCEEDED = `(i.status = 'completed' and i.outcome is distinct from 'rejected')`;

export const MINUTES = (span: string): string => `(extract(epoch from ${span}) / 60)::float8`;

/**
 * Waiting and working time of each entry `s` into a step, lateral.
 * - `user_task`, `approval`: waiting from entry to the first action; working from there to the end. When the first action
 *   ends the step, as with one completion or one vote, work's begin is not recorded, and working is null.
 * - `automated`, `parallel`: working while at least one of its tasks ran (the union of their spans; of a retried task
 *   the last attempt), waiting the rest: for dependencies, a worker, a retry.
 * - `conditional`: decides at once; working is all of it.
 *
 * `offset 0` keeps the planner from computing `working` anew for each figure made of it (measured: three times slower).
 */
export const STEP_TIME = `
  cross join lateral (
    select ${MINUTES('s.ended_at - s.entered_at')} as total,
      case
        when s.step_type in ('automated', 'parallel') then (
          select sum(${MINUTES('upper(span) - lower(span)')})
          from (
            select unnest(range_agg(tstzrange(t.start_time, t.end_time)) * tstzmultirange(tstzrange(s.entered_at, s.ended_at)))
              as span
            from parallel_executions p
            join task_executions t on t.execution_id = p.execution_id
            where p.step_execution_id = s.step_execution_id and t.start_time <= t.end_time
          ) spans)
        when s.step_type = 'conditional' then ${MINUTES('s.ended_at - s.entered_at')}
        when s.ended_at - s.started_at >= interval '1 second' then ${MINUTES('s.ended_at - s.started_at')}
      end as working
    offset 0
  ) spent
  cross join lateral (
    select greatest(0, spent.total - coalesce(spent.working, 0)) as waiting
  ) rest`;

const POPULATION = `i.workflow_id = any($1::uuid[]) and i.started_at >= $2 and i.started_at < $3`;

/** The clock that history is written by. */
export const readClock = statement<{ now: Date }>('analytics_clock', 'select now() as now');

/** By the name of the version that runs now; null: all. */
export const listWorkflowNames = statement<WorkflowRow, [workflow_ids: readonly string[] | null]>(
  'analytics_workflow_names',
  `select distinct on (workflow_id) workflow_id, workflow_name
   from workflow_definitions
   where $1::uuid[] is null or workflow_id = any($1)
   order by workflow_id, is_active desc, version_number desc`,
);

export const readPerformance = statement<PerformanceRow, Population>(
  'analytics_performance',
  `select i.workflow_id, count(*)::int as started, count(i.ended_at)::int as ended,
     (count(*) filter (where ${SUCCEEDED}))::int as succeeded,
     avg(${MINUTES('i.ended_at - i.started_at')}) as avg_minutes,
     min(${MINUTES('i.ended_at - i.started_at')}) as min_minutes,
     max(${MINUTES('i.ended_at - i.started_at')}) as max_minutes,
     (avg(coalesce(steps.completed, 0)) filter (where i.ended_at is not null))::float8 as avg_steps_completed,
     sum(${MINUTES('least(coalesce(i.ended_at, $3), $3) - i.started_at')}) as open_minutes
   from workflow_instances i
   left join (
     select s.instance_id, count(*) as completed from step_executions s
     where s.workflow_id = any($1::uuid[]) and s.entered_at >= $2 and s.status = 'completed'
     group by s.instance_id
   ) steps using (instance_id)
   where ${POPULATION}
   group by i.workflow_id`,
);

/** The step in which most entries failed; of several the first by name. */
export const findFailureSteps = statement<FailureRow, Population>(
  'analytics_failure_steps',
  `select distinct on (i.workflow_id) i.workflow_id, s.step_id, count(*)::int as failures
   from workflow_instances i
   join step_executions s on s.instance_id = i.instance_id and s.status = 'failed'
     and s.workflow_id = i.workflow_id and s.entered_at >= $2
   where ${POPULATION}
   group by i.workflow_id, s.step_id
   order by i.workflow_id, failures desc, s.step_id`,
);

/** The three hours (UTC) with the most starts, the busiest first. */
export const findPeakHours = statement<HourRow, Population>(
  'analytics_peak_hours',
  `select workflow_id, hour from (
     select workflow_id, hour, row_number() over (partition by workflow_id order by count(*) desc, hour) as place
     from (
       select i.workflow_id, extract(hour from i.started_at at time zone 'UTC')::int as hour
       from workflow_instances i where ${POPULATION}
     ) starts
     group by workflow_id, hour
   ) hours where place <= 3 order by workflow_id, place`,
);

/** Work on the tasks of the period's instances. */
export const readUtilization = statement<UtilizationRow, Population>(
  'analytics_utilization',
  `select i.workflow_id, count(*)::int as tasks, count(distinct t.worker_id)::int as workers,
     sum(${MINUTES('t.end_time - t.start_time')}) as busy_minutes,
     ${MINUTES('max(t.end_time) - min(t.start_time)')} as span_minutes
   from workflow_instances i
   join parallel_executions p on p.instance_id = i.instance_id and p.workflow_id = i.workflow_id
   join task_executions t on t.execution_id = p.execution_id and t.start_time <= t.end_time
   where ${POPULATION}
   group by i.workflow_id`,
);

/** Steps entered in the period; `$4`: with quantiles. */
export const readSteps = statement<StepRow, [...Population, quantiles: boolean]>(
  'analytics_steps',
  `select s.workflow_id, s.step_id, (array_agg(s.step_name order by s.entered_at desc))[1] as step_name,
     (array_agg(s.step_type order by s.entered_at desc))[1] as step_type,
     (count(*) filter (where s.status in ('completed', 'failed')))::int as ended,
     (count(*) filter (where s.status = 'failed'))::int as failed,
     (count(*) filter (where s.ended_at is null))::int as open,
     max(${MINUTES('$3 - s.entered_at')}) filter (where s.ended_at is null) as oldest_open_minutes,
     avg(rest.waiting) filter (where s.status in ('completed', 'failed')) as avg_waiting_minutes,
     avg(spent.working) filter (where s.status in ('completed', 'failed')) as avg_working_minutes,
     sum(rest.waiting) filter (where s.status in ('completed', 'failed')) as waiting_minutes,
     sum(spent.total) filter (where s.status in ('completed', 'failed')) as total_minutes,
     case when $4 then percentile_cont(array[0.5, 0.9, 0.95]) within group (order by rest.waiting)
       filter (where s.status in ('completed', 'failed')) end as waiting_quantiles
   from step_executions s ${STEP_TIME}
   where s.workflow_id = any($1::uuid[]) and s.entered_at >= $2 and s.entered_at < $3 and s.status <> 'skipped'
   group by s.workflow_id, s.step_id`,
);

/** By the UTC day of entry; days without one have no row. */
export const readStepDays = statement<StepDayRow, Population>(
  'analytics_step_days',
  `select s.workflow_id, s.step_id, date_trunc('day', s.entered_at, 'UTC') as day, count(*)::int as entered,
     (count(*) filter (where s.status in ('completed', 'failed')))::int as ended,
     (count(*) filter (where s.status = 'failed'))::int as failed,
     avg(rest.waiting) filter (where s.status in ('completed', 'failed')) as avg_waiting_minutes
   from step_executions s ${STEP_TIME}
   where s.workflow_id = any($1::uuid[]) and s.entered_at >= $2 and s.entered_at < $3
     and s.status not in ('skipped', 'cancelled')
   group by 1, 2, 3 order by 1, 2, 3`,
);

/** By the UTC day on which instances started; days without a start have no row. */
export const readDays = statement<DayRow, Population>(
  'analytics_days',
  `select i.workflow_id, date_trunc('day', i.started_at, 'UTC') as day, count(*)::int as started,
     count(i.ended_at)::int as ended, (count(*) filter (where ${SUCCEEDED}))::int as succeeded,
     avg(${MINUTES('i.ended_at - i.started_at')}) as avg_minutes
   from workflow_instances i where ${POPULATION}
   group by 1, 2 order by 1, 2`,
);

/**
 * The latest ended cases of each workflow among those that started in the period, at most `$5` each; of each the time
 * that it waited at the step given for its workflow (`$4`, beside `$1`; null: none).
 */
export const readCases = statement<
  CaseRow,
  [...Population, step_ids: readonly (string | null)[], limit: number]
>(
  'analytics_cases',
  `select c.workflow_id, c.version_number, c.minutes, c.succeeded, c.completed,
     coalesce((
       select sum(rest.waiting) from step_executions s ${STEP_TIME}
       where s.instance_id = c.instance_id and s.step_id = w.step_id and s.ended_at is not null
     ), 0) as waiting_minutes
   from unnest($1::uuid[], $4::text[]) as w (workflow_id, step_id)
   cross join lateral (
     select i.workflow_id, i.instance_id, i.version_number, ${SUCCEEDED} as succeeded,
       i.status = 'completed' as completed, ${MINUTES('i.ended_at - i.started_at')} as minutes
     from workflow_instances i
     where i.workflow_id = w.workflow_id and i.started_at >= $2 and i.started_at < $3 and i.ended_at is not null
     order by i.started_at desc
     limit $5
   ) c`,
);

export const insertResult = statement<
  object,
  [
    analysis_id: string,
    analysis_type: string,
    analysis_timestamp: string,
    workflows_analyzed: number,
    analysis_results: string,
    analysis_metadata: string,
  ]
>(
  'insert_analytics_result',
  `insert into analytics_results
     (analysis_id, analysis_type, analysis_timestamp, workflows_analyzed, analysis_results, analysis_metadata)
   values ($1, $2, $3, $4, $5, $6)`,
);
