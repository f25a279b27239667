export const WEEKDAYS = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** A stretch of a day in local time, `HH:MM` to `HH:MM`; its end may be `24:00`. A night shift is two of them. */
export interface WorkingHours {
  from: string;
  to: string;
}

export interface Holiday {
  /** ISO 8601 date, `2026-12-25`. */
  date: string;
  name: string;
}

/** When people work: by weekday in a time zone, but for holidays. A weekday that is left out is free. */
export interface BusinessCalendar {
  /** IANA name, `Europe/Berlin`. */
  time_zone: string;
  working_hours: Partial<Record<Weekday, readonly WorkingHours[]>>;
  holidays: readonly Holiday[];
}
