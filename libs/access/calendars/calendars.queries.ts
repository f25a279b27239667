import { type CalendarEntity, statement } from '#persistence';

type CalendarValues = [
  calendar_id: string,
  name: string,
  department: string | null,
  time_zone: string,
  working_hours: string,
  holidays: string,
];

/** No row: the department has a calendar already. */
export const insertCalendar = statement<CalendarEntity, CalendarValues>(
  'calendars_insert',
  `insert into calendars (calendar_id, name, department, time_zone, working_hours, holidays)
   values ($1, $2, $3, $4, $5, $6) on conflict (department, tenant_id) do nothing returning *`,
);

export const updateCalendar = statement<CalendarEntity, CalendarValues>(
  'calendars_update',
  `update calendars set name = $2, department = $3, time_zone = $4, working_hours = $5, holidays = $6,
     updated_at = now()
   where calendar_id = $1 returning *`,
);

export const findRival = statement<
  { calendar_id: string },
  [department: string | null, but: string]
>(
  'calendars_rival',
  `select calendar_id from calendars where department is not distinct from $1 and calendar_id <> $2`,
);

export const lockCalendars = statement<object>(
  'calendars_lock',
  'lock table calendars in share row exclusive mode',
);

export const listCalendars = statement<CalendarEntity, [after: string | null, limit: number]>(
  'calendars_list',
  `select * from calendars where $1::uuid is null or calendar_id > $1 order by calendar_id limit $2`,
);

export const deleteCalendar = statement<CalendarEntity, [calendar_id: string]>(
  'calendars_delete',
  'delete from calendars where calendar_id = $1 returning *',
);
