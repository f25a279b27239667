import { statement } from '#persistence';

/** $1: [{incident_id, task_execution_id}]. A task has one open incident at most. */
export const raiseTaskIncidents = statement<object, [string]>(
  'raise_task_incidents',
  `
  insert into incidents
    (incident_id, kind, workflow_id, workflow_instance_id, instance_id, step_id, execution_id, task_execution_id,
     task_id, task_type, attempts, error_code, error_message, error, correlation_id)
  select r.incident_id, 'task_failed', t.workflow_id, e.workflow_instance_id, e.instance_id, t.step_id, t.execution_id,
         t.task_execution_id, t.task_id, t.task_type, t.attempt, left(t.last_error ->> 'code', 100),
         coalesce(t.error_message, 'The task failed.'), t.last_error, t.correlation_id
  from jsonb_to_recordset($1::jsonb) as r(incident_id uuid, task_execution_id uuid)
  join task_executions t on t.task_execution_id = r.task_execution_id
  join parallel_executions e on e.execution_id = t.execution_id
  on conflict (task_execution_id) where status = 'open' and kind = 'task_failed' do nothing`,
);

export const readFailedTasks = statement<{ task_execution_id: string }, [readonly string[]]>(
  'read_failed_tasks',
  `select task_execution_id from task_executions where execution_id = any($1::text[]) and status = 'failed'`,
);

/** Executions of an instance that have open incidents. */
export const findExecutionsInNeed = statement<{ execution_id: string }, [instance_id: string]>(
  'find_executions_of_instance_with_incidents',
  `select e.execution_id from parallel_executions e
   where e.instance_id = $1 and exists (
     select from incidents i
     where i.execution_id = e.execution_id and i.status = 'open' and i.kind = 'task_failed')`,
);

/** Closes what is open of these executions. */
export const closeIncidentsOfExecutions = statement<
  object,
  [execution_ids: readonly string[], status: 'retried' | 'cancelled' | 'superseded']
>(
  'close_incidents_of_executions',
  `update incidents set status = $2, resolved_at = clock_timestamp()
   where execution_id = any($1::text[]) and status = 'open' and kind = 'task_failed'`,
);
