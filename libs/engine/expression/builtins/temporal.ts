import type { Run } from '../run.js';
import { dayOfYear, epochDay, weekOfYear, weekday } from '../temporal/calendar.js';
import {
  DayTimeDuration,
  NANOS_PER_SECOND,
  YearMonthDuration,
  parseDuration,
} from '../temporal/duration.js';
import { DAY_NANOS, FeelDate, FeelDateTime, FeelTime } from '../temporal/instants.js';
import { parseDate, parseDateTime, parseTime } from '../temporal/literal.js';
import { ZONE_STEPS, isZoneId } from '../temporal/zone.js';
import type { Zone } from '../temporal/zone.js';
import { toDouble } from '../values/decimal.js';
import type { Numeric } from '../values/decimal.js';
import { equals } from '../values/compare.js';
import type { Value } from '../values/value.js';
import type { Builtin } from './builtin.js';
import { any, builtin, form, integer, number, optional, string, typed } from './builtin.js';

type Dated = FeelDate | FeelDateTime;

const dated = typed<Dated>(
  'a date',
  (v): v is Dated => v instanceof FeelDate || v instanceof FeelDateTime,
);
const time = typed<FeelTime>('a time', (v): v is FeelTime => v instanceof FeelTime);
const timed = typed<FeelTime | Dated>(
  'a time or date',
  (v): v is FeelTime | Dated =>
    v instanceof FeelTime || v instanceof FeelDate || v instanceof FeelDateTime,
);
const offset = typed<DayTimeDuration>(
  'a days and time duration',
  (v): v is DayTimeDuration => v instanceof DayTimeDuration,
);

function dateOf(value: Dated): FeelDate {
  return value instanceof FeelDate ? value : value.date;
}

function timeOf(value: FeelTime | Dated): FeelTime {
  if (value instanceof FeelTime) return value;
  return value instanceof FeelDate ? new FeelTime(0, 0) : value.time;
}

/** Hours, minutes and seconds (with a fraction) as a time; null where the clock has no such. */
function clock(hour: number, minute: number, second: Numeric, zone: Zone): FeelTime | null {
  const nanos = Math.round(toDouble(second) * 1e9);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || nanos < 0 || nanos >= 60e9) return null;
  const total = (hour * 3600 + minute * 60) * 1e9 + nanos;
  return total < DAY_NANOS ? new FeelTime(total, zone) : null;
}

function offsetZone(duration: DayTimeDuration | null): Zone | undefined {
  if (duration === null) return null;
  const seconds = Number(duration.nanos / NANOS_PER_SECOND);
  return Math.abs(seconds) <= 18 * 3600 ? seconds : undefined;
}

function dateTimeOf(
  [year, month, day]: readonly [number, number, number],
  [hour, minute, second]: readonly [number, number, Numeric],
  zone: Zone | undefined,
): Value {
  const date = FeelDate.of(year, month, day);
  const at = zone === undefined ? null : clock(hour, minute, second, zone);
  return date && at && new FeelDateTime(date, at);
}

/** Whole months from one date to another: a month counts once its day is reached. */
function monthsBetween(from: FeelDate, to: FeelDate): YearMonthDuration {
  let months = (to.year - from.year) * 12 + to.month - from.month;
  if (months > 0 && to.day < from.day) months--;
  else if (months < 0 && to.day > from.day) months++;
  return new YearMonthDuration(months);
}

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

function ofDate(name: string, read: (date: FeelDate) => Value): Builtin {
  return builtin(
    name,
    form([['date', dated]], (_run, date) => read(dateOf(date))),
  );
}

function clockless(run: Run): null {
  return run.warn('no_clock', 'the time is not known here');
}

const TEXT_STEPS = 30;

/** From text; null for text that is none. */
function fromText(name: string, parse: (text: string) => Value): ReturnType<typeof form> {
  return form([['from', string]], (run, text) => {
    run.spend(text.includes('@') ? ZONE_STEPS : TEXT_STEPS);
    return parse(text) ?? run.warn('wrong_arguments', `${name}: not a valid text`);
  });
}

const YMD = [
  ['year', integer],
  ['month', integer],
  ['day', integer],
] as const;
const HMS = [
  ['hour', integer],
  ['minute', integer],
  ['second', number],
] as const;

/** DMN 1.5 §10.3.4.1, §10.3.4.7 and §10.3.4.8. */
export const TEMPORAL_FUNCTIONS = [
  builtin(
    'date',
    fromText('date', parseDate),
    form([['from', dated]], (_run, from) => dateOf(from)),
    form(YMD, (_run, year, month, day) => FeelDate.of(year, month, day)),
  ),
  builtin(
    'time',
    fromText('time', parseTime),
    form([['from', timed]], (_run, from) => timeOf(from)),
    form([...HMS, ['offset', optional(offset)]], (_run, hour, minute, second, ahead) => {
      const zone = offsetZone(ahead);
      return zone === undefined ? null : clock(hour, minute, second, zone);
    }),
  ),
  builtin(
    'date and time',
    fromText('date and time', parseDateTime),
    form(
      [
        ['date', dated],
        ['time', time],
      ],
      (_run, date, at) => new FeelDateTime(dateOf(date), at),
    ),
    form([...YMD, ...HMS, ['offset', optional(offset)]], (_run, y, mo, d, h, mi, s, ahead) =>
      dateTimeOf([y, mo, d], [h, mi, s], offsetZone(ahead)),
    ),
    form([...YMD, ...HMS, ['timezone', string]], (_run, y, mo, d, h, mi, s, zone) =>
      dateTimeOf([y, mo, d], [h, mi, s], isZoneId(zone) ? zone : undefined),
    ),
  ),
  builtin('duration', fromText('duration', parseDuration)),
  builtin(
    'years and months duration',
    form(
      [
        ['from', dated],
        ['to', dated],
      ],
      (_run, from, to) => monthsBetween(dateOf(from), dateOf(to)),
    ),
  ),
  builtin(
    'now',
    form([], (run) => run.now ?? clockless(run)),
  ),
  builtin(
    'today',
    form([], (run) => run.now?.date ?? clockless(run)),
  ),
  builtin(
    'is',
    form(
      [
        ['value1', optional(any)],
        ['value2', optional(any)],
      ],
      (run, a, b) => isSame(run, a, b),
    ),
  ),
  ofDate('day of year', dayOfYear),
  ofDate('week of year', weekOfYear),
  ofDate('day of week', (date) => DAYS[weekday(epochDay(date)) - 1]!),
  ofDate('month of year', (date) => MONTHS[date.month - 1]!),
];

/** The same element of the value domain: unlike `=`, one instant in two zones is two values. */
function isSame(run: Run, a: Value, b: Value): boolean {
  if (a instanceof FeelDateTime && b instanceof FeelDateTime) {
    return a.localNanos === b.localNanos && a.time.zone === b.time.zone;
  }
  if (a instanceof FeelTime && b instanceof FeelTime)
    return a.nanos === b.nanos && a.zone === b.zone;
  return equals(a, b, run) === true;
}
