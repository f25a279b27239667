import { Temporal } from 'temporal-polyfill';

import type { Fault } from '#engine/errors';

import { minutesOf } from './clock-time.js';
import { type BusinessCalendar, WEEKDAYS, type WorkingHours } from './types.js';

/** With less, a deadline of a year of working time would lie decades ahead. */
export const LEAST_MINUTES_A_WEEK = 5 * 60;

/** Everything that is wrong with a calendar, by JSON pointer; empty when it can be compiled. */
export function calendarFaults(calendar: BusinessCalendar): Fault[] {
  const faults: Fault[] = [];
  if (!isTimeZone(calendar.time_zone)) {
    faults.push({
      pointer: '/time_zone',
      code: 'unknown_time_zone',
      message: 'The time zone must be an IANA name such as Europe/Berlin or UTC.',
    });
  }
  let minutes = 0;
  for (const weekday of WEEKDAYS) {
    const stretches = calendar.working_hours[weekday] ?? [];
    const found = stretchFaults(stretches, `/working_hours/${weekday}`);
    faults.push(...found);
    if (found.length === 0) minutes += stretches.reduce((sum, one) => sum + lengthOf(one), 0);
  }
  if (faults.length === 0 && minutes < LEAST_MINUTES_A_WEEK) {
    faults.push({
      pointer: '/working_hours',
      code: 'too_little_working_time',
      message: `A week needs at least ${LEAST_MINUTES_A_WEEK / 60} working hours; this one has ${minutes / 60}.`,
    });
  }
  return [...faults, ...holidayFaults(calendar)];
}

function stretchFaults(stretches: readonly WorkingHours[], pointer: string): Fault[] {
  const faults = stretches.flatMap((stretch, index): Fault[] => {
    if (lengthOf(stretch) > 0) return [];
    return [
      {
        pointer: `${pointer}/${index}`,
        code: 'invalid_working_hours',
        message:
          'Working hours go from HH:MM to a later HH:MM, at most 24:00; split a night at midnight.',
      },
    ];
  });
  if (faults.length > 0) return faults;
  const inOrder = [...stretches.keys()].sort(
    (a, b) => startOf(stretches[a]) - startOf(stretches[b]),
  );
  return inOrder.flatMap((index, place): Fault[] => {
    const before = stretches[inOrder[place - 1] ?? -1];
    if (!before || (minutesOf(before.to) ?? 0) <= startOf(stretches[index])) return [];
    const message = `They overlap with ${before.from} to ${before.to} of the same day.`;
    return [{ pointer: `${pointer}/${index}`, code: 'overlapping_working_hours', message }];
  });
}

function holidayFaults({ holidays }: BusinessCalendar): Fault[] {
  const seen = new Set<string>();
  return holidays.flatMap(({ date }, index): Fault[] => {
    const pointer = `/holidays/${index}/date`;
    if (!isDate(date)) {
      return [
        { pointer, code: 'invalid_date', message: 'A date is YYYY-MM-DD and in the calendar.' },
      ];
    }
    if (seen.has(date)) {
      return [{ pointer, code: 'duplicate_holiday', message: `${date} is a holiday already.` }];
    }
    seen.add(date);
    return [];
  });
}

function startOf(stretch: WorkingHours | undefined): number {
  return minutesOf(stretch?.from ?? '') ?? 0;
}

/** Minutes; not above 0 when the stretch is none. */
function lengthOf({ from, to }: WorkingHours): number {
  const [begin, end] = [minutesOf(from), minutesOf(to)];
  return begin === null || end === null ? 0 : end - begin;
}

function isTimeZone(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return !/^[+-]/.test(name);
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  try {
    Temporal.PlainDate.from(text, { overflow: 'reject' });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
