import { FeelObject } from '../values/value.js';
import { MAX_YEAR, civilFromDay, daysInMonth, epochDay } from './calendar.js';
import type { CivilDate } from './calendar.js';
import { NANOS_PER_DAY, NANOS_PER_SECOND } from './duration.js';
import { ZONE_STEPS, offsetAtInstant, offsetAtLocal, zoneText } from './zone.js';
import type { Zone } from './zone.js';

const NANOS = 1_000_000_000;
export const DAY_NANOS = 86_400 * NANOS;

function two(n: number): string {
  return String(n).padStart(2, '0');
}

/** A calendar date. Construct by {@link FeelDate.of}, which checks. */
export class FeelDate extends FeelObject implements CivilDate {
  readonly type = 'date';

  private constructor(
    readonly year: number,
    readonly month: number,
    readonly day: number,
  ) {
    super();
  }

  /** Null where there is no such day. */
  static of(year: number, month: number, day: number): FeelDate | null {
    const real =
      Math.abs(year) <= MAX_YEAR &&
      month >= 1 &&
      month <= 12 &&
      day >= 1 &&
      day <= daysInMonth(year, month);
    return real ? new FeelDate(year, month, day) : null;
  }

  static fromEpochDay(day: number): FeelDate | null {
    const civil = civilFromDay(day);
    return FeelDate.of(civil.year, civil.month, civil.day);
  }

  get epochDay(): number {
    return epochDay(this);
  }

  /** The last day of the month where the day does not exist there. */
  plusMonths(months: number): FeelDate | null {
    const total = this.year * 12 + (this.month - 1) + months;
    const year = Math.floor(total / 12);
    const month = total - year * 12 + 1;
    return FeelDate.of(year, month, Math.min(this.day, daysInMonth(year, month)));
  }

  toString(): string {
    const year = String(Math.abs(this.year)).padStart(4, '0');
    return `${this.year < 0 ? '-' : ''}${year}-${two(this.month)}-${two(this.day)}`;
  }
}

/** A time of day in nanoseconds (0 to 24 h, exclusive), local or with a zone. */
export class FeelTime extends FeelObject {
  readonly type = 'time';
  /** The offset of a named zone, once looked up: that takes 20 µs. */
  private found: number | null = null;

  constructor(
    readonly nanos: number,
    readonly zone: Zone,
  ) {
    super();
  }

  get hour(): number {
    return Math.floor(this.nanos / (3600 * NANOS));
  }

  get minute(): number {
    return Math.floor(this.nanos / (60 * NANOS)) % 60;
  }

  /** Whole seconds. */
  get second(): number {
    return Math.floor(this.nanos / NANOS) % 60;
  }

  /** Seconds ahead of UTC; null for local time. A named zone's without a date is that of 1970-01-01. */
  get offset(): number | null {
    if (typeof this.zone !== 'string') return this.zone;
    this.found ??= offsetAtLocal(this.zone, 1970, 1, 1, Math.floor(this.nanos / NANOS));
    return this.found;
  }

  /** Nanoseconds since midnight UTC, where an offset is known; else since local midnight. */
  get utcNanos(): number {
    return this.nanos - (this.offset ?? 0) * NANOS;
  }

  /** Around the clock. */
  plusNanos(nanos: bigint): FeelTime {
    const total = (BigInt(this.nanos) + nanos) % NANOS_PER_DAY;
    return new FeelTime(Number(total < 0n ? total + NANOS_PER_DAY : total), this.zone);
  }

  clockText(): string {
    const rest = this.nanos % NANOS;
    const fraction = rest ? `.${String(rest).padStart(9, '0').replace(/0+$/, '')}` : '';
    return `${two(this.hour)}:${two(this.minute)}:${two(this.second)}${fraction}`;
  }

  toString(): string {
    return this.clockText() + zoneText(this.zone);
  }
}

export class FeelDateTime extends FeelObject {
  readonly type = 'date and time';
  private found: number | null = null;

  constructor(
    readonly date: FeelDate,
    readonly time: FeelTime,
  ) {
    super();
  }

  /** Local (wall clock) nanoseconds since 1970-01-01T00:00. */
  get localNanos(): bigint {
    return BigInt(this.date.epochDay) * NANOS_PER_DAY + BigInt(this.time.nanos);
  }

  /** Seconds ahead of UTC; null for local time. */
  get offset(): number | null {
    const { zone, nanos } = this.time;
    if (typeof zone !== 'string') return zone;
    const { year, month, day } = this.date;
    this.found ??= offsetAtLocal(zone, year, month, day, Math.floor(nanos / NANOS));
    return this.found;
  }

  /** Nanoseconds since 1970-01-01T00:00Z; local time counts as UTC. */
  get epochNanos(): bigint {
    return this.localNanos - BigInt(this.offset ?? 0) * NANOS_PER_SECOND;
  }

  /** Whole seconds of {@link epochNanos}. */
  get epochSeconds(): number {
    return this.date.epochDay * 86_400 + Math.floor(this.time.nanos / NANOS) - (this.offset ?? 0);
  }

  /** Exact time passes, and a named zone may have another offset at the end of it. Null outside the calendar. */
  plusNanos(nanos: bigint): FeelDateTime | null {
    const { zone } = this.time;
    if (typeof zone !== 'string') return FeelDateTime.fromLocal(this.localNanos + nanos, zone);
    const instant = this.epochNanos + nanos;
    const offset = offsetAtInstant(zone, Number(instant / NANOS_PER_SECOND));
    return FeelDateTime.fromLocal(instant + BigInt(offset) * NANOS_PER_SECOND, zone);
  }

  plusMonths(months: number): FeelDateTime | null {
    const date = this.date.plusMonths(months);
    return date && new FeelDateTime(date, this.time);
  }

  static fromLocal(nanos: bigint, zone: Zone): FeelDateTime | null {
    const rest = Number(((nanos % NANOS_PER_DAY) + NANOS_PER_DAY) % NANOS_PER_DAY);
    const day = Number((nanos - BigInt(rest)) / NANOS_PER_DAY);
    const date = Math.abs(day) < 4e11 ? FeelDate.fromEpochDay(day) : null;
    return date && new FeelDateTime(date, new FeelTime(rest, zone));
  }

  toString(): string {
    return `${this.date}T${this.time}`;
  }
}

/** What using a value may cost, in steps, beside what any value does: one in a named zone has an offset to find. */
export function zoneSteps(value: unknown): number {
  if (value instanceof FeelDateTime) return zoneSteps(value.time);
  return value instanceof FeelTime && typeof value.zone === 'string' ? ZONE_STEPS : 0;
}
