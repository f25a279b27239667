import { FeelObject } from '../values/value.js';

export const NANOS_PER_SECOND = 1_000_000_000n;
export const NANOS_PER_DAY = 86_400n * NANOS_PER_SECOND;

/** Years and months, as a whole number of months. */
export class YearMonthDuration extends FeelObject {
  readonly type = 'years and months duration';

  constructor(readonly months: number) {
    super();
  }

  get years(): number {
    return Math.trunc(this.months / 12) + 0;
  }

  toString(): string {
    const size = Math.abs(this.months);
    if (size === 0) return 'P0M';
    const years = Math.floor(size / 12);
    const months = size % 12;
    return `${this.months < 0 ? '-' : ''}P${years ? `${years}Y` : ''}${months ? `${months}M` : ''}`;
  }
}

/** Days and time, as a whole number of nanoseconds; a day is 24 hours. */
export class DayTimeDuration extends FeelObject {
  readonly type = 'days and time duration';

  constructor(readonly nanos: bigint) {
    super();
  }

  /** The part of each unit, with the sign of the whole. */
  parts(): { days: number; hours: number; minutes: number; seconds: number; nanos: number } {
    const unit = (size: bigint, modulus?: bigint): number => {
      const count = this.nanos / size;
      return Number(modulus ? count % modulus : count);
    };
    return {
      days: unit(NANOS_PER_DAY),
      hours: unit(3600n * NANOS_PER_SECOND, 24n),
      minutes: unit(60n * NANOS_PER_SECOND, 60n),
      seconds: unit(NANOS_PER_SECOND, 60n),
      nanos: unit(1n, NANOS_PER_SECOND),
    };
  }

  toString(): string {
    if (this.nanos === 0n) return 'PT0S';
    const { days, hours, minutes, seconds, nanos } = this.parts();
    const part = (count: number, unit: string): string =>
      count ? `${Math.abs(count)}${unit}` : '';
    const fraction = nanos ? `.${String(Math.abs(nanos)).padStart(9, '0').replace(/0+$/, '')}` : '';
    const wholeSeconds = seconds || nanos ? `${Math.abs(seconds)}${fraction}S` : '';
    const time = part(hours, 'H') + part(minutes, 'M') + wholeSeconds;
    return `${this.nanos < 0n ? '-' : ''}P${part(days, 'D')}${time ? `T${time}` : ''}`;
  }
}

export type Duration = YearMonthDuration | DayTimeDuration;

const YEAR_MONTH = /^(-?)P(?:(\d{1,12})Y)?(?:(\d{1,12})M)?$/;
const DAY_TIME =
  /^(-?)P(?:(\d{1,15})D)?(?:T(?:(\d{1,15})H)?(?:(\d{1,15})M)?(?:(\d{1,15})(?:\.(\d{0,9})\d*)?S)?)?$/;

/** An ISO 8601 duration of either kind; null for anything else, mixtures included (DMN 1.5 §10.3.4.1). */
export function parseDuration(text: string): Duration | null {
  if (!/[YMDHS]$/.test(text)) return null;
  const yearMonth = YEAR_MONTH.exec(text);
  if (yearMonth) {
    const [, sign, years = '0', months = '0'] = yearMonth;
    const total = Number(years) * 12 + Number(months);
    return new YearMonthDuration(sign && total ? -total : total);
  }
  const dayTime = DAY_TIME.exec(text);
  if (!dayTime) return null;
  const [, sign, days = '0', hours = '0', minutes = '0', seconds = '0', fraction = ''] = dayTime;
  const total =
    (((BigInt(days) * 24n + BigInt(hours)) * 60n + BigInt(minutes)) * 60n + BigInt(seconds)) *
      NANOS_PER_SECOND +
    BigInt(fraction.padEnd(9, '0'));
  return new DayTimeDuration(sign ? -total : total);
}
