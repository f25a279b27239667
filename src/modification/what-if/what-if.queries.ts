import type { RecordedCase } from '#engine/simulation';
import { statement } from '#persistence';

/** Instances that have ended in the last days with what was recorded of their steps, the latest first. */
export const readRecordedCases = statement<
  RecordedCase,
  [workflow_id: string, days: number, limit: number]
>(
  'read_recorded_cases',
  `select e.payload -> 'data' as data, (extract(epoch from w.ended_at - w.started_at) / 60)::float8 as cycle_minutes,
     steps.steps
   from workflow_instances w
   join instance_events e on e.instance_id = w.instance_id and e.sequence = 1
   cross join lateral (
     select coalesce(jsonb_agg(jsonb_build_object(
       'step_id', s.step_id, 'outcome', coalesce(s.outcome, s.status), 'output', coalesce(s.output, '{}'),
       'wait_minutes', extract(epoch from coalesce(s.started_at, s.ended_at) - s.entered_at) / 60,
       'work_minutes', extract(epoch from s.ended_at - coalesce(s.started_at, s.ended_at)) / 60)
       order by s.entered_at, s.entry), '[]') as steps
     from step_executions s
     where s.instance_id = w.instance_id and s.status in ('completed', 'failed') and s.step_type <> 'conditional') steps
   where w.workflow_id = $1 and w.status in ('completed', 'failed', 'timed_out')
     and w.ended_at >= now() - $2 * interval '1 day'
   order by w.ended_at desc
   limit $3`,
);
