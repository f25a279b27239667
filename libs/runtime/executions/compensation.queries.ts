import type { CompletedTask, JsonObject } from '#engine/graph';
import { statement } from '#persistence';

export interface ToUndo {
  execution_id: string;
  workflow_id: string;
  version_number: number | null;
  workflow_instance_id: string;
  correlation_id: string | null;
  /** The instance's data as it stands. */
  data: JsonObject;
  tasks: CompletedTask[];
}

/** Executions with what has completed in them; items of fan-outs that failed have not. */
export const readToUndo = statement<ToUndo, [readonly string[]]>(
  'read_executions_to_undo',
  `
  select e.execution_id, e.workflow_id, e.version_number, e.workflow_instance_id, e.correlation_id,
         coalesce(w.data, '{}') as data,
         coalesce((
           select jsonb_agg(jsonb_build_object(
             'task_id', t.task_id, 'task_name', t.task_name, 'task_type', t.task_type, 'step_id', t.step_id,
             'dependencies', t.dependencies, 'compensation', t.compensation, 'input_data', t.input_data,
             'output_data', t.output_data, 'completed_at', extract(epoch from t.end_time)) order by t.ordinal)
           from task_executions t
           where t.execution_id = e.execution_id and t.status = 'completed' and t.error_message is null), '[]') as tasks
  from parallel_executions e left join workflow_instances w on w.instance_id = e.instance_id
  where e.execution_id = any($1::text[])`,
);

/** The steps of these executions need not wait any longer: they are told with the next sweep. */
export const endCompensating = statement<object, [readonly string[]]>(
  'end_compensating',
  'update parallel_executions set compensating = false where execution_id = any($1::text[]) and compensating',
);
