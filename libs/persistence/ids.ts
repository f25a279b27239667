import { randomUUID } from 'node:crypto';

let latest = 0;
let count = 0;
let beginning = '';

/**
 * A new UUIDv7 (RFC 9562): 36 characters, increasing within the process, so that rows arrive at the right edge of an
 * index. 12 bits count within a millisecond (method 1 of section 6.2), and borrow from the next one when they are used
 * up; 62 are random, of which Node keeps some in store: a seventh of the time that drawing each takes (0.4 of 3 µs).
 */
export function newId(): string {
  const now = Date.now();
  if (now > latest) begin(now);
  else if (count === 0xfff) begin(latest + 1);
  else count += 1;
  return `${beginning}${count.toString(16).padStart(3, '0')}${randomUUID().slice(18)}`;
}

function begin(millisecond: number): void {
  latest = millisecond;
  count = 0;
  const hex = millisecond.toString(16).padStart(12, '0');
  beginning = `${hex.slice(0, 8)}-${hex.slice(8)}-7`;
}
