/** The proleptic Gregorian calendar, for years of up to nine digits (beyond what `Temporal` spans). */

export const MAX_YEAR = 999_999_999;

export interface CivilDate {
  year: number;
  month: number;
  day: number;
}

/** Days since 1970-01-01 (algorithm: H. Hinnant, "chrono-compatible low-level date algorithms", days_from_civil). */
export function epochDay({ year, month, day }: CivilDate): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** The inverse of {@link epochDay} (civil_from_days). */
export function civilFromDay(epoch: number): CivilDate {
  const z = epoch + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

export function daysInMonth(year: number, month: number): number {
  return [31, isLeapYear(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]!;
}

/** 1 is Monday. */
export function weekday(epoch: number): number {
  return ((((epoch + 3) % 7) + 7) % 7) + 1;
}

export function dayOfYear(date: CivilDate): number {
  return epochDay(date) - epochDay({ year: date.year, month: 1, day: 1 }) + 1;
}

/** ISO 8601 week of the year: that which holds the year's first Thursday is the first. */
export function weekOfYear(date: CivilDate): number {
  const epoch = epochDay(date);
  const thursday = epoch - weekday(epoch) + 4;
  return Math.floor((dayOfYear(civilFromDay(thursday)) - 1) / 7) + 1;
}
