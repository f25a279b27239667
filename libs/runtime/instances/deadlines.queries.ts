import { statement } from '#persistence';

/** Of the step that the instance stands at: its deadline in its row, and the timer that keeps it. */
const ofStep = (where: string, dueAt: string, timerId: string): string => `
  step as (
    update step_executions s set due_at = ${dueAt}
    from instance i
    where s.step_execution_id = i.step_execution_id and s.escalated_at is null and ${where}
    returning s.instance_id, s.step_execution_id, s.due_at
  ), dropped as (
    delete from timers t using step s
    where t.instance_id = s.instance_id and t.step_execution_id = s.step_execution_id and t.kind in ('step_escalation', 'step_reminder')
  )
  insert into timers (timer_id, kind, due_at, instance_id, step_execution_id)
  select ${timerId}, 'step_escalation', due_at, instance_id, step_execution_id from step where due_at is not null`;

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
   ), ${ofStep('true', '$3::timestamptz', '$4::uuid')}`,
);
