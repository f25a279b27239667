import type { BusinessCalendar } from '#engine/calendar';
import type { RecordedCase } from '#engine/simulation';
import { statement } from '#persistence';

const MINUTES = (instant: string): string => `(extract(epoch from ${instant}) / 60)::float8`;

/** Nobody of these names is one person, of whom it could be told what they were at. */
const PERSON = (name: string): string =>
  `case when ${name} not in ('anonymous', 'engine') and ${name} not like 'api\\_key:%' then ${name} end`;

/**
 * Steps that have ended. Of an automated step that a worker did it is known who did it and when they began; of a step
 * that people do, who ended it.
 */
const STEPS = `
  select s.entered_at, jsonb_build_object(
    'step_id', s.step_id, 'level', null, 'roles', s.required_roles,
    'by', coalesce(task.worker_id, case when s.step_type = 'user_task' then ${PERSON('s.completed_by')} end),
    'entered', ${MINUTES('s.entered_at')}, 'started', ${MINUTES('task.began_at')}, 'ended', ${MINUTES('s.ended_at')},
    'outcome', coalesce(s.outcome, s.status), 'output', coalesce(s.output, '{}'),
    'to_step_id', case when s.outcome = 'routed' then s.next_step_id end) as work
  from (
    select *, lead(step_id) over (order by entered_at, step_execution_id) as next_step_id
    from step_executions where instance_id = w.instance_id) s
  left join lateral (
    select case when t.handler_kind = 'worker' then t.worker_id end as worker_id,
      coalesce(t.first_started_at, t.start_time) as began_at
    from parallel_executions e
    join task_executions t on t.execution_id = e.execution_id and t.task_id = s.step_id
    where s.step_type = 'automated' and e.instance_id = w.instance_id and e.step_execution_id = s.step_execution_id
    limit 1) task on true
  where s.status in ('completed', 'failed') and s.step_type in ('user_task', 'automated', 'parallel')`;

/** Levels of approvals, from when each was asked to what settled it: a decision, votes, or the request sent back. */
const LEVELS = `
  select asked.occurred_at, jsonb_build_object(
    'step_id', asked.step_id, 'level', asked.payload -> 'level', 'roles', asked.payload -> 'roles',
    'by', case when settled.event_type <> 'level_settled' then ${PERSON(`(settled.payload ->> 'decided_by')`)} end,
    'entered', ${MINUTES('asked.occurred_at')}, 'started', null, 'ended', ${MINUTES('settled.occurred_at')},
    'outcome', case settled.event_type
      when 'approval_sent_back' then 'sent_back' else settled.payload ->> 'decision' end,
    'output', coalesce((
      select s.output from step_executions s
      where s.step_execution_id = (asked.payload ->> 'step_execution_id')::uuid), '{}'),
    'to_step_id', settled.payload -> 'to_step_id')
  from instance_events asked
  cross join lateral (
    select v.event_type, v.payload, v.occurred_at from instance_events v
    where v.instance_id = asked.instance_id and v.sequence > asked.sequence
      and (v.event_type in ('level_settled', 'approval_sent_back')
        or v.event_type = 'approval_decided' and not v.payload ? 'vote')
      and v.payload -> 'step_execution_id' = asked.payload -> 'step_execution_id'
      and v.payload -> 'level' = asked.payload -> 'level'
    order by v.sequence limit 1) settled
  where asked.instance_id = w.instance_id and asked.event_type = 'approval_asked'`;

/**
 * Instances of a workflow that were started in the last days, and those of as many days before that were under way
 * still, the latest first.
 */
export const readRecordedCases = statement<
  RecordedCase & { ended: boolean },
  [workflow_id: string, days: number, limit: number]
>(
  'read_recorded_cases',
  `select e.payload -> 'data' as data, e.payload ->> 'at_step_id' as at_step_id, ${MINUTES('w.started_at')} as arrived,
     case when w.status = 'cancelled' then ${MINUTES('w.ended_at - w.started_at')} end as cancelled_after,
     ${MINUTES('w.ended_at - w.started_at')} as cycle_minutes, w.started_at >= period.begin as counted,
     w.status in ('completed', 'failed', 'timed_out') as ended, recorded.works
   from (select now() - $2 * interval '1 day' as begin) period
   join workflow_instances w on w.workflow_id = $1 and w.started_at >= period.begin - $2 * interval '1 day'
     and (w.ended_at is null or w.ended_at >= period.begin)
   join instance_events e on e.instance_id = w.instance_id and e.sequence = 1
   cross join lateral (
     select coalesce(jsonb_agg(work order by entered_at), '[]') as works
     from (${STEPS} union all ${LEVELS}) of_instance) recorded
   order by w.started_at desc, w.instance_id desc
   limit $3`,
);

/** The calendar that working time is counted by where no department has one of its own. */
export const readDefaultCalendar = statement<BusinessCalendar>(
  'read_default_calendar',
  `select time_zone, working_hours, holidays from calendars where department is null limit 1`,
);
