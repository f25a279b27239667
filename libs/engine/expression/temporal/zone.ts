import { Temporal } from 'temporal-polyfill';

/** A named zone (IANA), an offset from UTC in seconds, or neither: local time. */
export type Zone = string | number | null;

/** What finding an offset in the zone database costs, in steps of evaluation. */
export const ZONE_STEPS = 300;

const known = new Map<string, boolean>();

/** Whether the time zone database has `id`, spelled so. */
export function isZoneId(id: string): boolean {
  let valid = known.get(id);
  if (valid === undefined) {
    valid = /^[A-Z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/.test(id) && accepts(id);
    if (known.size > 1000) known.clear();
    known.set(id, valid);
  }
  return valid;
}

function accepts(id: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(id);
    return true;
  } catch {
    return false;
  }
}

/** Temporal spans ±271,821 years, FEEL ±999,999,999: zone rules repeat every 400 years beyond. */
function withinTemporal(year: number): number {
  return Math.abs(year) < 200_000 ? year : 2000 + (((year % 400) + 400) % 400);
}

/** Seconds that `zone` is ahead of UTC at a local time there (a repeated hour is its first, a skipped one the earlier offset). */
export function offsetAtLocal(
  zone: string,
  year: number,
  month: number,
  day: number,
  secondOfDay: number,
): number {
  const local = new Temporal.PlainDateTime(
    withinTemporal(year),
    month,
    day,
    Math.floor(secondOfDay / 3600),
    Math.floor(secondOfDay / 60) % 60,
    secondOfDay % 60,
  );
  return local.toZonedDateTime(zone).offsetNanoseconds / 1e9;
}

const SECONDS_400_YEARS = 146_097 * 86_400;

/** Seconds that `zone` is ahead of UTC at an instant, in seconds since 1970. */
export function offsetAtInstant(zone: string, epochSeconds: number): number {
  const limit = 6e12;
  const seconds = Math.abs(epochSeconds) < limit ? epochSeconds : epochSeconds % SECONDS_400_YEARS;
  return (
    Temporal.Instant.fromEpochMilliseconds(Math.floor(seconds) * 1000).toZonedDateTimeISO(zone)
      .offsetNanoseconds / 1e9
  );
}

/** `Z`, `+02:00` or `@Europe/Paris`; nothing for local time. */
export function zoneText(zone: Zone): string {
  if (zone === null) return '';
  if (typeof zone === 'string') return `@${zone}`;
  if (zone === 0) return 'Z';
  const size = Math.abs(zone);
  const two = (n: number): string => String(n).padStart(2, '0');
  const seconds = size % 60 ? `:${two(size % 60)}` : '';
  const minutes = two(Math.floor(size / 60) % 60);
  return `${zone < 0 ? '-' : '+'}${two(Math.floor(size / 3600))}:${minutes}${seconds}`;
}
