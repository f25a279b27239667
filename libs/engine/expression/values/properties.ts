import { epochDay, weekday } from '../temporal/calendar.js';
import { DayTimeDuration, NANOS_PER_SECOND, YearMonthDuration } from '../temporal/duration.js';
import { FeelDate, FeelDateTime, FeelTime } from '../temporal/instants.js';
import { EqualityTest, Range } from './range.js';
import type { FeelObject, Value } from './value.js';

type Properties<T> = Readonly<Record<string, (value: T) => Value>>;

const DATE: Properties<FeelDate> = {
  year: (d) => d.year,
  month: (d) => d.month,
  day: (d) => d.day,
  weekday: (d) => weekday(epochDay(d)),
};

function offset(seconds: number | null): Value {
  return seconds === null ? null : new DayTimeDuration(BigInt(seconds) * NANOS_PER_SECOND);
}

const TIME: Properties<FeelTime> = {
  hour: (t) => t.hour,
  minute: (t) => t.minute,
  second: (t) => t.second,
  'time offset': (t) => offset(t.offset),
  timezone: (t) => (typeof t.zone === 'string' ? t.zone : null),
};

const YEAR_MONTH: Properties<YearMonthDuration> = {
  years: (d) => d.years,
  months: (d) => (d.months % 12) + 0,
};

const DAY_TIME: Properties<DayTimeDuration> = {
  days: (d) => d.parts().days,
  hours: (d) => d.parts().hours,
  minutes: (d) => d.parts().minutes,
  seconds: (d) => d.parts().seconds,
};

const RANGE: Properties<Range> = {
  start: (r) => r.low,
  end: (r) => r.high,
  'start included': (r) => r.lowClosed,
  'end included': (r) => r.highClosed,
};

const EQUALITY: Properties<EqualityTest> = {
  start: (t) => (t.negated ? null : t.operand),
  end: (t) => (t.negated ? null : t.operand),
  'start included': (t) => !t.negated,
  'end included': (t) => !t.negated,
};

function own<T>(properties: Properties<T>, value: T, name: string): Value | undefined {
  return Object.hasOwn(properties, name) ? properties[name]!(value) : undefined;
}

/** The property `name` of a value that is no context (DMN 1.5 tables 65 and 66); undefined where it has none. */
export function propertyOf(value: FeelObject, name: string): Value | undefined {
  if (value instanceof FeelDate) return own(DATE, value, name);
  if (value instanceof FeelTime) return own(TIME, value, name);
  if (value instanceof FeelDateTime) {
    if (name === 'time offset') return offset(value.offset);
    return own(DATE, value.date, name) ?? own(TIME, value.time, name);
  }
  if (value instanceof YearMonthDuration) return own(YEAR_MONTH, value, name);
  if (value instanceof DayTimeDuration) return own(DAY_TIME, value, name);
  if (value instanceof EqualityTest) return own(EQUALITY, value, name);
  if (value instanceof Range) return own(RANGE, value, name);
  return undefined;
}
