import { Temporal } from 'temporal-polyfill';

import { minutesOf } from './clock-time.js';
import { type BusinessCalendar, WEEKDAYS, type WorkingHours } from './types.js';

/** In milliseconds since 1970, the end not in it. */
interface Stretch {
  begin: number;
  end: number;
}

const MS_A_DAY = 86_400_000;
/** 1970-01-01 was a Thursday, and weeks begin with Monday. */
const WEEKDAY_OF_1970 = 3;
const EPOCH = Temporal.PlainDate.from('1970-01-01');
/** Some three years; a calendar that is asked about longer spans works them out again. */
const CACHED_DAYS = 1_100;

/**
 * Counts time by a calendar: only what lies in its working hours counts. Instants are milliseconds since 1970. Where a
 * clock change removes working time it is not there, and where it repeats an hour that hour counts twice, as it does for
 * those who work it.
 */
export class WorkingTime {
  private readonly hours: readonly (readonly WorkingHours[])[];
  private readonly holidays: ReadonlySet<string>;
  private readonly days = new Map<number, readonly Stretch[]>();

  /** @param calendar one that `calendarFaults` finds nothing wrong with */
  constructor(private readonly calendar: BusinessCalendar) {
    this.hours = WEEKDAYS.map((weekday) =>
      [...(calendar.working_hours[weekday] ?? [])].sort(
        (a, b) => (minutesOf(a.from) ?? 0) - (minutesOf(b.from) ?? 0),
      ),
    );
    this.holidays = new Set(calendar.holidays.map(({ date }) => date));
  }

  /** When so much working time (milliseconds, not negative) has passed since `start`; `start` itself for none. */
  add(start: number, duration: number): number {
    if (duration <= 0) return start;
    let left = duration;
    for (let day = this.dayOf(start); ; day += 1) {
      for (const { begin, end } of this.stretchesOf(day)) {
        const from = Math.max(begin, start);
        const length = end - from;
        if (length <= 0) continue;
        if (left <= length) return from + left;
        left -= length;
      }
    }
  }

  /** Working time, in milliseconds, from one instant to a later one; negative from a later one to an earlier. */
  between(from: number, to: number): number {
    if (to < from) return 0 - this.between(to, from);
    const last = this.dayOf(to);
    let sum = 0;
    for (let day = this.dayOf(from); day <= last; day += 1) {
      for (const { begin, end } of this.stretchesOf(day)) {
        sum += Math.max(0, Math.min(end, to) - Math.max(begin, from));
      }
    }
    return sum;
  }

  /** Local days since 1970-01-01. */
  private dayOf(instant: number): number {
    const local = Temporal.Instant.fromEpochMilliseconds(Math.floor(instant)).toZonedDateTimeISO(
      this.calendar.time_zone,
    );
    return Date.UTC(local.year, local.month - 1, local.day) / MS_A_DAY;
  }

  private stretchesOf(day: number): readonly Stretch[] {
    const known = this.days.get(day);
    if (known) return known;
    if (this.days.size >= CACHED_DAYS) this.days.clear();
    const date = EPOCH.add({ days: day });
    const weekday = (((day + WEEKDAY_OF_1970) % 7) + 7) % 7;
    const stretches = this.holidays.has(date.toString())
      ? []
      : (this.hours[weekday] ?? []).map(({ from, to }) => ({
          begin: this.instantOf(date, from),
          end: this.instantOf(date, to),
        }));
    this.days.set(day, stretches);
    return stretches;
  }

  private instantOf(date: Temporal.PlainDate, time: string): number {
    const isNextDay = time === '24:00';
    const zoned = (isNextDay ? date.add({ days: 1 }) : date).toZonedDateTime({
      timeZone: this.calendar.time_zone,
      plainTime: isNextDay ? '00:00' : time,
    });
    return zoned.epochMilliseconds;
  }
}
