let second = -1;
let before = '';

/** pino's field of the time, as `isoTime` of pino writes it: a date is only worked out once a second. */
export function lineTime(now = Date.now()): string {
  const present = Math.floor(now / 1000);
  if (present !== second) {
    second = present;
    before = `,"time":"${new Date(present * 1000).toISOString().slice(0, -4)}`;
  }
  return `${before}${String(now - present * 1000).padStart(3, '0')}Z"`;
}
