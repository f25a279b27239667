import { type CalendarEntity, statement } from '#persistence';

/** $1: [{timer_id, kind, after_seconds or due_ms, payload}]. Also the deadline that the step shows, where it is
 * another than its row was written with. */
export const insertStepTimers = statement<
  object,
  [
    timers: string,
    instance_id: string,
    step_execution_id: string,
    step_due_ms: number | null,
    step_due_seconds: number | null,
  ]
>(
  'insert_step_timers',
  `with due as (
     update step_executions
     set due_at = coalesce(to_timestamp($4::float8 / 1000), now() + $5::float8 * interval '1 second')
     where step_execution_id = $3 and coalesce($4::float8, $5::float8) is not null
   )
   insert into timers (timer_id, kind, due_at, instance_id, step_execution_id, payload)
   select t.timer_id, t.kind,
     coalesce(to_timestamp(t.due_ms / 1000), now() + t.after_seconds * interval '1 second'), $2, $3, t.payload
   from jsonb_to_recordset($1) as t (timer_id uuid, kind text, after_seconds float8, due_ms float8, payload jsonb)`,
);

/** The calendar by which a department counts, what time it is, and when the step was entered (epoch milliseconds). */
export const readCalendar = statement<
  CalendarEntity & { now: number; entry: number },
  [department: string | null, step_execution_id: string]
>(
  'read_calendar',
  `select c.*, (extract(epoch from now()) * 1000)::float8 as now,
     coalesce((
       select (extract(epoch from entered_at) * 1000)::float8 from step_executions where step_execution_id = $2), 0) as entry
   from calendars c
   where c.department = $1 or c.department is null order by c.department nulls last limit 1`,
);

/** They rest, and the step shows no deadline, until they go on. */
export const pauseStepTimers = statement<object, [instance_id: string, step_execution_id: string]>(
  'pause_step_timers',
  `with step as (update step_executions set due_at = null where step_execution_id = $2)
   update timers set paused_at = now()
   where instance_id = $1 and step_execution_id = $2 and paused_at is null`,
);

export interface PausedTimerRow {
  timer_id: string;
  kind: string;
  due: number;
  paused: number;
  now: number;
  calendar: CalendarEntity | null;
}

export const readPausedTimers = statement<
  PausedTimerRow,
  [instance_id: string, step_execution_id: string]
>(
  'read_paused_timers',
  `select t.timer_id, t.kind, (extract(epoch from t.due_at) * 1000)::float8 as due,
     (extract(epoch from t.paused_at) * 1000)::float8 as paused, (extract(epoch from now()) * 1000)::float8 as now,
     (select to_jsonb(c) from calendars c where c.calendar_id::text = t.payload ->> 'calendar_id') as calendar
   from timers t where t.instance_id = $1 and t.step_execution_id = $2 and t.paused_at is not null
   for update of t`,
);

export const resumeStepTimers = statement<
  object,
  [
    timer_ids: readonly string[],
    due_ms: readonly number[],
    step_execution_id: string,
    step_due_ms: number | null,
  ]
>(
  'resume_step_timers',
  `with step as (update step_executions set due_at = to_timestamp($4::float8 / 1000) where step_execution_id = $3)
   update timers t set paused_at = null, due_at = to_timestamp(r.due_ms / 1000)
   from unnest($1::uuid[], $2::float8[]) as r (timer_id, due_ms) where t.timer_id = r.timer_id`,
);
