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
