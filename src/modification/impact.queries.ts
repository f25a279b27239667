import type { CurrentStep } from '#engine/instance';
import { statement } from '#persistence';

interface StepHistoryRow {
  step_id: string;
  cases: number;
  mean_minutes: number | null;
}

/** How steps went in the last days: from the start of the work, where there is one, to its end. */
export const readStepHistory = statement<
  StepHistoryRow,
  [workflow_id: string, step_ids: readonly string[], days: number]
>(
  'read_touched_step_history',
  `select asked.step_id, count(s.*)::int as cases,
     avg(extract(epoch from s.ended_at - coalesce(s.started_at, s.entered_at)) / 60)::float8 as mean_minutes
   from unnest($2::text[]) as asked (step_id)
   left join step_executions s on s.workflow_id = $1 and s.step_id = asked.step_id and s.status = 'completed'
     and s.entered_at >= now() - $3 * interval '1 day'
   group by asked.step_id
   order by asked.step_id`,
);

/** How long earlier moves took: of this workflow, and of all. */
export const readMoveSpeed = statement<
  { of_workflow: boolean; instances: number; ms_an_instance: number },
  [workflow_id: string]
>(
  'read_move_speed',
  `select m.workflow_id = $1 as of_workflow, count(*)::int as instances, avg(v.elapsed_ms)::float8 as ms_an_instance
   from modification_moves v
   join runtime_modifications m on m.modification_id = v.modification_id
   where v.elapsed_ms is not null
   group by 1
   order by 1 desc
   limit 1`,
);

/** Open instances without each of these fields. */
export const readLacking = statement<
  { field: string; instances: number },
  [workflow_id: string, fields: readonly string[]]
>(
  'read_lacking_fields',
  `select asked.field, count(*)::int as instances
   from workflow_instances w
   cross join unnest($2::text[]) as asked (field)
   where w.workflow_id = $1 and w.status in ('running', 'suspended') and not w.data ? asked.field
   group by asked.field
   order by asked.field`,
);

/** A position that open instances are in, told apart by all that decides how they go on, and one of them. */
export interface PositionSample {
  version_number: number;
  instances: number;
  workflow_instance_id: string;
  data: Record<string, unknown>;
  current_step: CurrentStep | null;
  step_entries: Record<string, number>;
  total_entries: number;
}

/** Those with the most instances first. */
export const readPositionSamples = statement<PositionSample, [workflow_id: string, limit: number]>(
  'read_position_samples',
  `with position as (
     select count(*)::int as instances, (array_agg(instance_id order by instance_id))[1] as instance_id
     from workflow_instances
     where workflow_id = $1 and status in ('running', 'suspended')
     group by version_number, current_step_id, current_step -> 'levels',
       (select array_agg(step_id order by step_id) from jsonb_object_keys(step_entries) as step_id)
     order by count(*) desc, 2
     limit $2)
   select w.version_number, p.instances, w.workflow_instance_id, w.data, w.current_step, w.step_entries,
     w.total_entries
   from position p
   join workflow_instances w on w.instance_id = p.instance_id
   order by p.instances desc, w.instance_id`,
);
