import type { EstimatedTask } from '#engine/graph';
import { statement } from '#persistence';

import { FIGURES_OF_TASKS } from './progress.queries.js';

const OPEN = `status in ('pending', 'ready', 'running', 'retrying')`;

const MINUTES_LEFT = `case when status = 'running'
           then greatest(estimated_duration_minutes - extract(epoch from now() - start_time)::float8 / 60, 0)
           else estimated_duration_minutes end`;

/** What is left to do of these executions, with how much of it, for the estimate. */
export const readOpenTasks = statement<
  EstimatedTask & { execution_id: string },
  [readonly string[]]
>(
  'read_open_tasks',
  `
  select execution_id, task_id, priority, dependencies, ${MINUTES_LEFT} as minutes,
         case when fan_out_of is not null
           then json_build_object('of', fan_out_of, 'concurrency', fan_out_concurrency) end as item
  from task_executions
  where execution_id = any($1::text[]) and ${OPEN}
  order by execution_id, ordinal`,
);

export interface MonitoredExecution {
  execution_id: string;
  max_concurrent_tasks: number;
  /** Not completed and not failed. */
  tasks_left: number;
}

/** Running executions whose monitoring interval has passed, $1 at most, who waits longest first. */
export const findToMonitor = statement<MonitoredExecution, [number]>(
  'find_executions_to_monitor',
  `
  select execution_id, max_concurrent_tasks, total_tasks - tasks_completed - tasks_failed as tasks_left
  from parallel_executions
  where overall_status = 'running' and monitor_at <= now()
  order by monitor_at
  limit $1`,
);

/**
 * Writes how running executions ($1) stand, with so many minutes ($2) left. Where that is null, what is left is divided
 * among as many tasks as may be in hand. In the order of ids, as `lockExecutions`.
 */
export const refreshExecutions = statement<object, [readonly string[], readonly (number | null)[]]>(
  'refresh_executions',
  `
  with monitored as materialized (
    select execution_id from parallel_executions
    where execution_id = any($1::text[]) and overall_status = 'running'
    order by execution_id for update
  )
  update parallel_executions e
  set monitor_at = clock_timestamp() + e.monitoring_interval_seconds * interval '1 second',
      estimated_completion_time = clock_timestamp()
        + coalesce(given.minutes, work.minutes / e.max_concurrent_tasks, 0) * interval '1 minute',
      performance_metrics = e.performance_metrics || work.figures || jsonb_build_object(
        'elapsed_seconds', extract(epoch from clock_timestamp() - e.start_time)::float8 - e.idle_seconds)
  from monitored m
  join unnest($1::text[], $2::float8[]) as given(execution_id, minutes) using (execution_id)
  cross join lateral (
    select sum(${MINUTES_LEFT}) filter (where ${OPEN}) as minutes, ${FIGURES_OF_TASKS} as figures
    from task_executions t where t.execution_id = m.execution_id) work
  where e.execution_id = m.execution_id`,
);
