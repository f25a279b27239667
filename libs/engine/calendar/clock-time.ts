const MINUTES_A_DAY = 24 * 60;
const CLOCK_TIME = /^([01]\d|2[0-3]):([0-5]\d)$/;

/** Minutes since midnight of `HH:MM` or `24:00`; null for anything else. */
export function minutesOf(time: string): number | null {
  if (time === '24:00') return MINUTES_A_DAY;
  const found = CLOCK_TIME.exec(time);
  return found ? Number(found[1]) * 60 + Number(found[2]) : null;
}
