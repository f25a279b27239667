import type { LevelState } from '#engine/approval';
import { statement } from '#persistence';

/** A step at which an instance waits for people. */
export interface OpenStepRow {
  instance_id: string;
  workflow_id: string;
  workflow_name: string;
  workflow_instance_id: string;
  started_by: string;
  step_execution_id: string;
  step_id: string;
  step_name: string;
  step_type: 'user_task' | 'approval';
  required_roles: string[];
  levels: LevelState[] | null;
  entered_at: Date;
  due_at: Date | null;
  is_overdue: boolean;
}

export type OpenStepFilter = [
  after: string | null,
  roles: readonly string[],
  workflow_id: string | null,
  step_type: string | null,
  is_overdue: boolean | null,
  limit: number,
];

const ASKS = (roles: string): string =>
  `jsonb_array_length(${roles}) = 0 or ${roles} ?| $2::text[]`;

/**
 * Where somebody with one of these roles may be asked, oldest instance first: the index on running instances is followed
 * from the cursor on. Who really may act is the engine's to say; this only leaves out whose role is not asked.
 */
export const listOpenSteps = statement<OpenStepRow, OpenStepFilter>(
  'list_open_steps',
  `select i.instance_id, i.workflow_id, d.workflow_name, i.workflow_instance_id, i.started_by, s.step_execution_id,
     s.step_id, s.step_name, s.step_type, s.required_roles, i.current_step -> 'levels' as levels, s.entered_at, s.due_at,
     coalesce(s.due_at < now(), false) as is_overdue
   from workflow_instances i
   join step_executions s on s.step_execution_id = (i.current_step ->> 'step_execution_id')::uuid
   join workflow_definitions d on d.workflow_id = i.workflow_id and d.version_number = i.version_number
   where i.status = 'running' and ($1::uuid is null or i.instance_id > $1)
     and i.current_step ->> 'status' = 'waiting'
     and case s.step_type
       when 'user_task' then ${ASKS('s.required_roles')}
       when 'approval' then exists (
         select from jsonb_array_elements(i.current_step -> 'levels') as level
         where level ->> 'status' = 'asked' and (${ASKS("(level -> 'roles')")}))
       else false end
     and ($3::uuid is null or i.workflow_id = $3) and ($4::text is null or s.step_type = $4)
     and ($5::boolean is null or coalesce(s.due_at < now(), false) = $5)
   order by i.instance_id limit $6`,
);
