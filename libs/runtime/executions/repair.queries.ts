import type { InstanceStatus } from '#engine/instance';
import { statement } from '#persistence';

import { SET_BACK, settingBack, type TasksSetBack } from './progress.queries.js';

export interface HeldInstance {
  workflow_instance_id: string;
  status: InstanceStatus;
}

/**
 * The instance of an execution, if it has one: it stays as it is until the end of the transaction. Taken before the
 * execution, as wherever both are.
 */
export const holdInstanceOf = statement<HeldInstance, [execution_id: string]>(
  'hold_instance_of_execution',
  `
  select w.workflow_instance_id, w.status
  from parallel_executions e join workflow_instances w on w.instance_id = e.instance_id
  where e.execution_id = $1
  for share of w`,
);

/**
 * Takes up failed tasks of one execution, $2: [{task_execution_id, output_data}]. With an output they have completed;
 * without one they stand as skipped, to be set back by `reviveTasks`.
 */
export const repairTasks = statement<{ task_id: string; resolved: boolean }, [string, string]>(
  'repair_tasks',
  `
  update task_executions t
  set status = case when r.output_data is null then 'skipped' else 'completed' end,
      output_data = r.output_data, end_time = clock_timestamp(), lock_token = null,
      error_message = case when r.output_data is null then t.error_message end
  from jsonb_to_recordset($2::jsonb) as r(task_execution_id uuid, output_data jsonb)
  where t.execution_id = $1 and t.task_execution_id = r.task_execution_id and t.status = 'failed'
  returning t.task_id, r.output_data is not null as resolved`,
);

/**
 * Sets back the tasks of an execution that are in one of the statuses $2 (see `settingBack`), with fresh attempts; those
 * that wait for a failed task, directly or not, are (again) skipped.
 */
export const reviveTasks = statement<TasksSetBack, [string, readonly string[]]>(
  'revive_tasks',
  `
  with recursive doomed as (
    select d.task_execution_id from task_executions t join task_dependencies d on d.depends_on = t.task_execution_id
    where t.execution_id = $1 and t.status = 'failed'
    union
    select d.task_execution_id from task_dependencies d join doomed on d.depends_on = doomed.task_execution_id
  ), revived as (${settingBack('t.execution_id = $1')}
  ), set_back as (
    update task_executions t
    set status = case when doomed.task_execution_id is not null then 'skipped'
                      when revived.tasks = 0 and has_place then 'ready' else 'pending' end,
        unmet_dependencies = revived.tasks, attempt = 0, retry_count = 0, first_started_at = null, released_at = null, lock_token = null,
        worker_id = null, start_time = null, execution_time_seconds = null, available_at = clock_timestamp(),
        end_time = case when doomed.task_execution_id is not null then clock_timestamp() end
    from revived left join doomed on doomed.task_execution_id = revived.task_execution_id
    where t.task_execution_id = revived.task_execution_id
    returning t.execution_id, is_failed_item
  )
  ${SET_BACK}`,
);

/** Of an execution that has ended: to be admitted again, with the counts of its tasks as they are; missed points wait anew. */
export const reopenExecution = statement<object, [execution_id: string, retry_round: number]>(
  'reopen_execution',
  `
  with points as (
    update synchronization_points
    set status = 'waiting', reason = null, completion_time = null, timeout_time = null
    where execution_id = $1 and reason is not null
  )
  update parallel_executions e
  set overall_status = 'initializing', timeout_at = null, retry_round = $2, synchronization_failed = false,
      end_reason = null, idle_seconds = e.idle_seconds + extract(epoch from clock_timestamp() - e.actual_completion_time)::float8,
      actual_completion_time = null, tasks_running = 0, tasks_failed = t.failed,
      tasks_completed = t.completed, execution_progress_percentage = 100.0 * t.completed / e.total_tasks
  from (
    select count(*) filter (where status = 'failed')::int as failed,
           count(*) filter (where status = 'completed')::int as completed
    from task_executions where execution_id = $1
  ) t
  where e.execution_id = $1`,
);
