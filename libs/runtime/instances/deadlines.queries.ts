import type { StepTimer } from '#engine/instance';
import { columnsOf, statement, StepExecutionEntity } from '#persistence';

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

/** What the engine itself writes of a step execution, or what tells it apart from others. */
const OF_THE_ENGINE = new Set([
  'step_execution_id',
  'instance_id',
  'workflow_id',
  'version_number',
  'step_id',
  'step_name',
  'step_type',
  'entry',
  'status',
  'outcome',
  'output',
  'error_message',
  'completed_by',
  'assignee',
  'owner',
  'required_roles',
  'approval_state',
  'due_at',
  'entered_at',
  'ended_at',
]);

/** Everything else that its row holds goes with the work when that is put back: see `put_back`. */
const CARRIED = columnsOf(StepExecutionEntity).filter((column) => !OF_THE_ENGINE.has(column));

/** What `putBack` takes of an instance. Instants in ISO 8601; null: none. */
export interface PutBack {
  instance_id: string;
  due_at: string | null;
  step_due_at: string | null;
  timers: readonly StepTimer[];
  /** The step execution whose place the present one takes. */
  replaces: string | null;
}

/**
 * Deadlines of many instances as they were, with the timers that keep them, at rest where they rested. A step execution
 * that takes the place of another gets all else that was known of that one, and its votes: nobody votes twice. Whoever
 * wants it approved by now is left out, as they could not vote again anyway.
 * @param instances `PutBack`s, a JSON list
 */
export const putBack = statement<never, [instances: string]>(
  'put_back',
  `with given as materialized (
     select * from jsonb_to_recordset($1::jsonb) as g (
       instance_id uuid, due_at timestamptz, step_due_at timestamptz, timers jsonb, replaces uuid)
   ), instance as (
     update workflow_instances w set due_at = g.due_at
     from given g
     where w.instance_id = g.instance_id
     returning w.instance_id, ${STEP}, g.step_due_at, g.timers, g.replaces
   ), step as (
     update step_executions s set due_at = i.step_due_at,
       ${CARRIED.map((column) => `${column} = case when o.step_execution_id is null then s.${column} else o.${column} end`).join(', ')}
     from instance i
     left join step_executions o on o.step_execution_id = i.replaces
     where s.step_execution_id = i.step_execution_id
     returning s.instance_id, s.step_execution_id, i.timers, i.replaces
   ), dropped as (
     delete from timers t using step s
     where t.instance_id = s.instance_id and t.step_execution_id = s.step_execution_id
   ), vote as (
     insert into approval_votes
       (vote_id, step_execution_id, instance_id, level, decision, decided_by, comment, user_context, on_behalf_of, decided_at)
     select gen_random_uuid(), s.step_execution_id, s.instance_id, v.level, v.decision, v.decided_by, v.comment,
       v.user_context, v.on_behalf_of, v.decided_at
     from step s
     join approval_votes v on v.step_execution_id = s.replaces and s.step_execution_id <> s.replaces
     where not coalesce(array[v.person_key, v.behalf_key] && requesters_of(s.instance_id), false)
   )
   insert into timers (timer_id, kind, due_at, instance_id, step_execution_id, payload, paused_at)
   select gen_random_uuid(), r.kind, r.due_at, s.instance_id, s.step_execution_id, r.payload, r.paused_at
   from step s
   cross join lateral jsonb_to_recordset(s.timers) as r (
     kind text, due_at timestamptz, paused_at timestamptz, payload jsonb)`,
);

/** Deadlines as they were, of moves of earlier times, which kept no timers. */
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
