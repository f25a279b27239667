import type {
  ExecutionStatus,
  JsonObject,
  SynchronizationStatus,
  SynchronizationType,
  TaskStatus,
} from '#engine/graph';
import { statement } from '#persistence';
import { EVENTS_OF_A_ROW } from '#runtime';

import type { SynchronizationPointView } from './parallel.dto.js';

export interface ExecutionRow {
  execution_id: string;
  workflow_id: string;
  workflow_instance_id: string;
  total_tasks: number;
  tasks_completed: number;
  tasks_failed: number;
  overall_status: ExecutionStatus;
  execution_progress_percentage: number;
  load_balancing_config: JsonObject;
  max_concurrent_tasks: number;
  start_time: Date | null;
  /** Since the start, until the end or now, without what lay between an end and a retry; by the database's clock, as `now`. */
  elapsed_seconds: number | null;
  now: Date;
  compensation: { execution_id: string; overall_status: ExecutionStatus } | null;
  compensates: string | null;
  points: ActivePointRow[];
  tasks: TaskFigures;
}

export interface ActivePointRow {
  sync_id: string;
  sync_name: string;
  sync_type: SynchronizationType;
  status: SynchronizationStatus;
  current_completion_percentage: number;
  minimum_completion_percentage: number;
  required_tasks: string[];
  completed_tasks: string[];
  timeout_time: string | null;
}

export interface TaskFigures {
  running: number;
  handed_out: number;
  held_back: number;
  retries: number;
  avg_task_seconds: number | null;
  max_task_seconds: number | null;
  avg_wait_seconds: number | null;
  workers: Record<string, number>;
}

export const readExecution = statement<ExecutionRow, [string]>(
  'read_execution',
  `
  select e.execution_id, e.workflow_id, e.workflow_instance_id, e.total_tasks, e.tasks_completed, e.tasks_failed,
         e.overall_status, e.execution_progress_percentage, e.load_balancing_config, e.max_concurrent_tasks,
         e.start_time, now() as now, e.compensates,
         (
           select jsonb_build_object('execution_id', u.execution_id, 'overall_status', u.overall_status)
           from parallel_executions u where u.execution_id = e.compensated_by) as compensation,
         extract(epoch from coalesce(e.actual_completion_time, now()) - e.start_time)::float8 - e.idle_seconds as elapsed_seconds,
         coalesce((
           select jsonb_agg(jsonb_build_object(
             'sync_id', p.sync_id, 'sync_name', p.sync_name, 'sync_type', p.sync_type, 'status', p.status,
             'current_completion_percentage', p.current_completion_percentage,
             'minimum_completion_percentage', p.minimum_completion_percentage,
             'required_tasks', p.required_tasks, 'completed_tasks', coalesce((
               select jsonb_agg(t.task_id order by t.ordinal)
               from jsonb_array_elements_text(p.required_tasks) as r(task_id)
               join task_executions t on t.execution_id = p.execution_id and t.task_id = r.task_id
               where t.status = 'completed'), '[]'),
             'timeout_time', p.timeout_time) order by p.sync_id)
           from synchronization_points p where p.execution_id = e.execution_id and p.status = 'waiting'), '[]') as points,
         (
           select jsonb_build_object(
             'running', count(*) filter (where t.status = 'running'),
             'handed_out', count(*) filter (where t.released_at is not null),
             'held_back', count(*) filter (where t.status = 'ready' and t.released_at is null),
             'retries', coalesce(sum(greatest(t.attempt - 1, 0)), 0),
             'avg_task_seconds', avg(t.execution_time_seconds) filter (where t.status = 'completed'),
             'max_task_seconds', max(t.execution_time_seconds) filter (where t.status = 'completed'),
             'avg_wait_seconds', avg(extract(epoch from coalesce(t.start_time, now()) - t.released_at))
               filter (where t.released_at is not null and t.attempt <= 1),
             'workers', coalesce((
               select jsonb_object_agg(w.worker_id, w.tasks)
               from (
                 select r.worker_id, count(*) as tasks from task_executions r
                 where r.execution_id = e.execution_id and r.status = 'running' and r.worker_id is not null
                 group by r.worker_id
               ) w), '{}'))
           from task_executions t where t.execution_id = e.execution_id
         ) as tasks
  from parallel_executions e where e.execution_id = $1`,
);

export interface TaskRow {
  task_execution_id: string;
  ordinal: number;
  task_id: string;
  task_name: string;
  task_type: string;
  step_id: string;
  status: TaskStatus;
  priority: number;
  dependencies: string[];
  attempt: number;
  retry_count: number;
  max_retry_attempts: number;
  worker_id: string | null;
  waiting_on: string | null;
  compensation_status: TaskStatus | null;
  error_message: string | null;
  input_data: JsonObject;
  output_data: JsonObject | null;
  resource_usage: JsonObject;
  start_time: Date | null;
  end_time: Date | null;
  execution_time_seconds: number | null;
}

/** Tasks after the place $2, in the order of the request. */
export const listTasks = statement<TaskRow, [string, number, number]>(
  'list_tasks',
  `
  select task_execution_id, ordinal, task_id, task_name, task_type, step_id, status, priority, dependencies, attempt,
         retry_count, max_retry_attempts, worker_id, error_message, input_data, output_data, resource_usage,
         start_time, end_time, execution_time_seconds,
         case when status in ('ready', 'retrying') and released_at is not null then coalesce(
           parked_on, (
             select name from circuit_breakers b
             where handler_kind = 'worker' and b.kind = 'task_type' and b.name = task_type and b.state <> 'closed')) end
           as waiting_on,
         (
           select u.status from parallel_executions e
           join task_executions u on u.execution_id = e.compensated_by and u.task_id = t.task_id
           where e.execution_id = $1) as compensation_status
  from task_executions t
  where execution_id = $1 and ordinal > $2
  order by ordinal
  limit $3`,
);

export const listPoints = statement<SynchronizationPointView, [string]>(
  'list_synchronization_points',
  `
  select sync_id, sync_name, sync_type, status, tasks_required, tasks_completed, tasks_lost, reason, completion_time
  from synchronization_points where execution_id = $1
  order by sync_id`,
);

export interface ExecutionEventRow {
  event_id: number;
  event_type: string;
  task_id: string | null;
  payload: JsonObject;
  occurred_at: Date;
}

/** Events after $2, oldest first. */
export const listEvents = statement<ExecutionEventRow, [string, number, number]>(
  'list_execution_events',
  `
  select v.event_id, v.event_type, v.task_id, v.payload, e.occurred_at
  from execution_events e, lateral (
    select e.event_id, e.event_type, e.task_id, e.payload
    union all
    select e.event_id + f.place, f.event_type, f.task_id, coalesce(f.payload, '{}')
    from rows from (jsonb_to_recordset(e.following) as (
      event_type text, task_id text, payload jsonb)) with ordinality as f (event_type, task_id, payload, place)
  ) v
  where e.execution_id = $1 and e.event_id > $2::bigint - ${EVENTS_OF_A_ROW} and v.event_id > $2
  order by e.event_id, v.event_id
  limit $3`,
);

export interface StandingRow {
  overall_status: ExecutionStatus;
  total_tasks: number;
  tasks_completed: number;
  tasks_failed: number;
  execution_progress_percentage: number;
  estimated_completion_time: Date | null;
  monitoring_interval_seconds: number;
  now: Date;
}

export const readStanding = statement<StandingRow, [string]>(
  'read_standing_of_execution',
  `
  select overall_status, total_tasks, tasks_completed, tasks_failed, execution_progress_percentage,
         estimated_completion_time, monitoring_interval_seconds, now() as now
  from parallel_executions where execution_id = $1`,
);

/** The version that is current, as `InstanceRuntime.start` takes it. None: no such workflow. */
export const readWorkflow = statement<{ version_number: number; is_active: boolean }, [string]>(
  'read_workflow_to_execute',
  `
  select version_number, is_active from workflow_definitions
  where workflow_id = $1 order by is_active desc, version_number desc limit 1`,
);

export interface PlaceRow {
  instance_id: string;
  version_number: number;
  status: string;
  data: JsonObject;
  step_execution_id: string | null;
  step_id: string | null;
  step_type: string | null;
  /** An execution does the work of its current step already. */
  occupied: boolean;
}

/** Where an instance stands, held until the end of the transaction so that its step cannot end meanwhile. */
export const lockPlace = statement<PlaceRow, [string, string]>(
  'lock_place_of_execution',
  `
  select w.instance_id, w.version_number, w.status, w.data,
         w.current_step ->> 'step_execution_id' as step_execution_id, w.current_step ->> 'step_id' as step_id,
         w.current_step ->> 'step_type' as step_type,
         exists (
           select from parallel_executions e
           where e.instance_id = w.instance_id and e.step_execution_id = (w.current_step ->> 'step_execution_id')::uuid
             and (e.overall_status in ('initializing', 'running') or e.instance_notified_at is null)
         ) as occupied
  from workflow_instances w
  where w.workflow_id = $1 and w.workflow_instance_id = $2
  for update of w`,
);
