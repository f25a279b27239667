import type {
  JsonObject,
  SynchronizationFailureStrategy,
  SynchronizationType,
} from '#engine/graph';
import { statement } from '#persistence';

import { CANCELLED } from './progress.queries.js';

export interface WaitingPoint {
  sync_point_id: string;
  execution_id: string;
  sync_id: string;
  sync_type: SynchronizationType;
  minimum_completion_percentage: number;
  failure_strategy: SynchronizationFailureStrategy;
  condition_expression: string | null;
  timed_out: boolean;
  tasks_required: number;
  tasks_completed: number;
  /** Failed, skipped or cancelled. */
  tasks_lost: number;
}

/** Waiting points of these executions, with how far their tasks are: what ends them has counted (`countInPoints`). */
export const readWaitingPoints = statement<WaitingPoint, [readonly string[]]>(
  'read_waiting_points',
  `
  select p.sync_point_id, p.execution_id, p.sync_id, p.sync_type, p.minimum_completion_percentage,
         p.failure_strategy, p.condition_expression, coalesce(p.timeout_time <= clock_timestamp(), false) as timed_out,
         p.tasks_required, p.tasks_completed, p.tasks_lost
  from synchronization_points p
  where p.execution_id = any($1::text[]) and p.status = 'waiting'
  order by p.execution_id, p.sync_id`,
);

/**
 * Adds tasks that have ended to the points that wait for them. What sets tasks back has them counted anew instead.
 * @param ended rows with `in_points`
 */
export const countInPoints = (ended: string, as: 'tasks_completed' | 'tasks_lost'): string => `
    update synchronization_points p
    set ${as} = p.${as} + n.tasks${
      as === 'tasks_completed'
        ? ', current_completion_percentage = 100.0 * (p.tasks_completed + n.tasks) / p.tasks_required'
        : ''
    }
    from (
      select point::uuid, count(*)::int as tasks
      from ${ended} ended, jsonb_array_elements_text(ended.in_points) as point
      group by point
    ) n
    where p.sync_point_id = n.point and p.status = 'waiting'`;

/** The waiting points of these executions: how far their tasks are, from the tasks themselves. */
export const recountPoints = statement<object, [readonly string[]]>(
  'recount_points',
  `
  update synchronization_points p
  set tasks_completed = n.completed, tasks_lost = n.lost,
      current_completion_percentage = 100.0 * n.completed / p.tasks_required
  from (
    select point::uuid, count(*) filter (where t.status = 'completed')::int as completed,
           count(*) filter (where t.status in ('failed', 'skipped', 'cancelled'))::int as lost
    from task_executions t, jsonb_array_elements_text(t.in_points) as point
    where t.execution_id = any($1::text[])
    group by point
  ) n
  where p.sync_point_id = n.point and p.status = 'waiting'`,
);

/** The required tasks of points (`p`): of the ended ones, what became of them. */
const REQUIRED = `
    select t.task_id, t.ordinal, t.status, t.output_data
    from jsonb_array_elements_text(p.required_tasks) as r(task_id)
    join task_executions t on t.execution_id = p.execution_id and t.task_id = r.task_id`;

const LISTS = `
      completed_tasks = coalesce((
        select jsonb_agg(task_id order by ordinal) from (${REQUIRED}) r where status = 'completed'), '[]'),
      failed_tasks = coalesce((
        select jsonb_agg(task_id order by ordinal) from (${REQUIRED}) r
        where status in ('failed', 'skipped', 'cancelled')), '[]'),
      completion_time = clock_timestamp()`;

/** Results that the condition of a `conditional_join` sees. */
export const readResultsOfPoint = statement<
  { task_id: string; completed: boolean; output_data: JsonObject | null },
  [string]
>(
  'read_results_of_point',
  `select r.task_id, r.status = 'completed' as completed, r.output_data
   from synchronization_points p cross join lateral (${REQUIRED}) r
   where p.sync_point_id = $1
   order by r.ordinal`,
);

/** Points that are decided, $1: [{sync_point_id, status, reason}]. */
export const decidePoints = statement<object, [string]>(
  'decide_points',
  `
  update synchronization_points p
  set status = n.status, reason = n.reason,
      current_completion_percentage = case when p.tasks_required = 0 then 100 else p.current_completion_percentage end,${LISTS}
  from jsonb_to_recordset($1::jsonb) as n(sync_point_id uuid, status text, reason text)
  where p.sync_point_id = n.sync_point_id`,
);

/** The points of these executions that still wait, when their executions end for a reason ($3). */
export const closePoints = statement<object, [readonly string[], string, string]>(
  'close_points',
  `
  update synchronization_points p
  set status = $2, reason = $3,${LISTS}
  where p.execution_id = any($1::text[]) and p.status = 'waiting'`,
);

/**
 * Of executions ($1) whose points are all decided, what is still to be done: what has not completed, no reached point
 * requires and nothing depends on, and all that it waits for.
 */
const NEEDED = `
  served as (
    select array_agg(p.sync_point_id::text) as points from synchronization_points p
    where p.execution_id = any($1::text[]) and p.status = 'reached' and not exists (
      select from synchronization_points w where w.execution_id = p.execution_id and w.status = 'waiting')
  ), needed as (
    select t.task_execution_id from task_executions t
    where t.execution_id = any($1::text[]) and t.status <> 'completed'
      and (t.in_points ?| (select points from served)) is not true
      and not exists (select from task_dependencies d where d.depends_on = t.task_execution_id)
    union
    select d.depends_on from task_dependencies d join needed n on d.task_execution_id = n.task_execution_id
  )`;

/** Cancels what of these executions is not needed (any more). */
export const cancelWhatIsNotNeeded = statement<
  { execution_id: string; task_id: string; was_released: boolean },
  [readonly string[]]
>(
  'cancel_what_is_not_needed',
  `
  with recursive ${NEEDED}, surplus as materialized (
    select task_execution_id, released_at is not null as was_released from task_executions
    where execution_id = any($1::text[]) and status in ('pending', 'ready', 'running', 'retrying')
      and task_execution_id not in (select task_execution_id from needed)
  )
  update task_executions t
  ${CANCELLED}
  from surplus
  where t.task_execution_id = surplus.task_execution_id
  returning t.execution_id, t.task_id, surplus.was_released`,
);

/** Of these executions those in which something has failed that is needed. */
export const findNeededFailures = statement<{ execution_id: string }, [readonly string[]]>(
  'find_needed_failures',
  `
  with recursive ${NEEDED}
  select distinct t.execution_id from task_executions t join needed using (task_execution_id)
  where t.status = 'failed'`,
);
