import { statement } from '#persistence';

/** Of the step that the instance stands at: its deadline in its row, and the timers that keep it. */
const ofStep = (where: string, begun: string, dueAt: string, timerId: string): string => `
  step as (
    update step_executions s set due_at = ${dueAt}
    from instance i
    where s.step_execution_id = i.step_execution_id and s.escalated_at is null and ${where}
    returning s.instance_id, s.step_execution_id, s.due_at, ${begun} as begun_at
  ), dropped as (
    delete from timers t using step s
    where t.instance_id = s.instance_id and t.step_execution_id = s.step_execution_id
      and t.kind in ('step_escalation', 'step_reminder')
  )
  insert into timers (timer_id, kind, due_at, instance_id, step_execution_id, payload)
  select case percentage when 100 then ${timerId} else gen_random_uuid() end,
    case percentage when 100 then 'step_escalation' else 'step_reminder' end,
    begun_at + (due_at - begun_at) * percentage / 100, instance_id, step_execution_id,
    jsonb_build_object('percentage', percentage)
  from step cross join (values (50), (80), (100)) as part (percentage)
  where due_at is not null and (percentage = 100 or begun_at + (due_at - begun_at) * percentage / 100 > now())`;

const STEP = `(w.current_step ->> 'step_execution_id')::uuid as step_execution_id`;

/**
 * Deadlines by another version's durations: counted from now, or from when the instance and its step began. What is
 * overdue then is found by the sweeper at once.
 */
export const resetDeadlines = statement<
  never,
  [
    instance_id: string,
    restart: boolean,
    global_timeout_hours: number,
    step_too: boolean,
    escalation_hours: number | null,
    timer_id: string,
  ]
>(
  'reset_deadlines',
  `with instance as (
     update workflow_instances w
     set due_at = case when $2 then now() else started_at end + $3::float8 * interval '1 hour'
     where instance_id = $1
     returning w.instance_id, ${STEP}
   ), ${ofStep(
     '$4',
     'case when $2 then now() else s.entered_at end',
     `case when $2 then now() else s.entered_at end + $5::float8 * interval '1 hour'`,
     '$6::uuid',
   )}`,
);

/** Deadlines as they were. */
export const putDeadlines = statement<
  never,
  [instance_id: string, due_at: string | null, step_due_at: string | null, timer_id: string]
>(
  'put_deadlines',
  `with instance as (
     update workflow_instances w set due_at = $2
     where instance_id = $1
     returning w.instance_id, ${STEP}
   ), ${ofStep('true', 's.entered_at', '$3::timestamptz', '$4::uuid')}`,
);
