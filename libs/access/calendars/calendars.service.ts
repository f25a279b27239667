import { Injectable } from '@nestjs/common';
import { type BusinessCalendar, calendarFaults } from '#engine/calendar';
import { DomainError, ValidationError } from '#engine/errors';
import { type CalendarEntity, Database, newId, type Tx } from '#persistence';
import {
  deleteCalendar,
  findRival,
  insertCalendar,
  listCalendars,
  lockCalendars,
  updateCalendar,
} from './calendars.queries.js';

export interface SentCalendar extends BusinessCalendar {
  name: string;
  /** Null: for all that have none of their own. */
  department: string | null;
}

/** When departments work. Deadlines that are set already stay as they were counted. */
@Injectable()
export class Calendars {
  constructor(private readonly database: Database) {}

  /** @throws DomainError calendar_exists, or ValidationError */
  async create(calendar: SentCalendar): Promise<CalendarEntity> {
    const values = valuesOf(newId(), calendar);
    const [row] = await this.database.transaction((tx) => insertCalendar(tx, values));
    if (!row) throw exists(calendar);
    return row;
  }

  /** @throws DomainError calendar_not_found, calendar_exists, or ValidationError */
  async change(calendar_id: string, calendar: SentCalendar): Promise<CalendarEntity> {
    const values = valuesOf(calendar_id, calendar);
    return this.database.transaction(async (tx: Tx) => {
      await lockCalendars(tx, []);
      const [rival] = await findRival(tx, [calendar.department, calendar_id]);
      if (rival) throw exists(calendar);
      const [row] = await updateCalendar(tx, values);
      if (!row) throw notFound(calendar_id);
      return row;
    });
  }

  async list(after: string | null, limit: number): Promise<CalendarEntity[]> {
    return listCalendars(this.database.read, [after, limit]);
  }

  /** @throws DomainError calendar_not_found */
  async delete(calendar_id: string): Promise<CalendarEntity> {
    const [row] = await this.database.transaction((tx) => deleteCalendar(tx, [calendar_id]));
    if (!row) throw notFound(calendar_id);
    return row;
  }
}

function valuesOf(
  calendar_id: string,
  calendar: SentCalendar,
): Parameters<typeof insertCalendar>[1] {
  const faults = calendarFaults(calendar);
  if (faults.length > 0) throw new ValidationError(faults);
  const { name, department, time_zone, working_hours, holidays } = calendar;
  return [
    calendar_id,
    name,
    department,
    time_zone,
    JSON.stringify(working_hours),
    JSON.stringify(holidays),
  ];
}

function exists({ department }: SentCalendar): DomainError {
  const whose =
    department === null ? 'There is a default calendar' : `${department} has a calendar`;
  return new DomainError('calendar_exists', `${whose} already; change that one.`, { department });
}

function notFound(calendar_id: string): DomainError {
  return new DomainError('calendar_not_found', `There is no calendar ${calendar_id}.`, {
    calendar_id,
  });
}
