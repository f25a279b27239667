import { parseDuration } from './duration.js';
import type { Duration } from './duration.js';
import { DAY_NANOS, FeelDate, FeelDateTime, FeelTime } from './instants.js';
import { isZoneId } from './zone.js';
import type { Zone } from './zone.js';

const DATE = /^(-?)(\d{4}|[1-9]\d{4,8})-(\d\d)-(\d\d)$/;
const TIME =
  /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(?:(Z)|([+-])(\d\d):(\d\d)(?::(\d\d))?|@(\S+))?$/;
/** Java's bound, which the kit assumes. */
const MAX_OFFSET = 18 * 3600;

/** `YYYY-MM-DD` (ISO 8601, years of 4 to 9 digits); null for anything else. */
export function parseDate(text: string): FeelDate | null {
  const found = DATE.exec(text);
  if (!found) return null;
  const [, sign, year, month, day] = found;
  return FeelDate.of((sign ? -1 : 1) * Number(year) + 0, Number(month), Number(day));
}

/** `hh:mm:ss` with an optional fraction and `Z`, an offset or `@Zone/Id`; null for anything else. */
export function parseTime(text: string): FeelTime | null {
  const parsed = clock(text);
  return parsed && parsed.nanos < DAY_NANOS ? new FeelTime(parsed.nanos, parsed.zone) : null;
}

/** A date, `T` and a time (24:00:00 is the next midnight), or a date alone, at its midnight. */
export function parseDateTime(text: string): FeelDateTime | null {
  const split = text.indexOf('T');
  const date = parseDate(split < 0 ? text : text.slice(0, split));
  if (!date) return null;
  if (split < 0) return new FeelDateTime(date, new FeelTime(0, null));
  const parsed = clock(text.slice(split + 1));
  if (!parsed) return null;
  if (parsed.nanos < DAY_NANOS) {
    return new FeelDateTime(date, new FeelTime(parsed.nanos, parsed.zone));
  }
  const next = FeelDate.fromEpochDay(date.epochDay + 1);
  return next && new FeelDateTime(next, new FeelTime(0, parsed.zone));
}

function clock(text: string): { nanos: number; zone: Zone } | null {
  const found = TIME.exec(text);
  if (!found) return null;
  const [, hour, minute, second, fraction = '', utc, sign, hours, minutes, seconds = '0', id] =
    found;
  const nanos =
    (Number(hour) * 3600 + Number(minute) * 60 + Number(second)) * 1e9 +
    Number(fraction.padEnd(9, '0'));
  if (Number(minute) > 59 || Number(second) > 59 || nanos > DAY_NANOS) return null;
  if (utc) return { nanos, zone: 0 };
  if (id !== undefined) return isZoneId(id) ? { nanos, zone: id } : null;
  if (!sign) return { nanos, zone: null };
  const offset = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  if (Number(minutes) > 59 || Number(seconds) > 59 || offset > MAX_OFFSET) return null;
  return { nanos, zone: sign === '-' && offset ? -offset : offset };
}

/** What `@"…"` denotes: whichever of date, time, date and time and duration the text is; else null. */
export function parseAtLiteral(text: string): FeelDate | FeelTime | FeelDateTime | Duration | null {
  if (text.startsWith('P') || text.startsWith('-P')) return parseDuration(text);
  return parseDate(text) ?? parseTime(text) ?? parseDateTime(text);
}
