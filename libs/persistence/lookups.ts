/**
 * For transactions that look every row up by its key.
 *
 * A statement is planned once a connection and not, as those that take lists would be, at each use, which costs more than
 * the use. What comes back once too often is what a table looked like when that was done: read whole while it was small,
 * it would be read whole when it is large. So no plan may read a whole table where there is another way, and plans are
 * made anew when a connection is twice as old as it was then.
 */
const SETTINGS = [
  'set local plan_cache_mode = force_generic_plan',
  ...['seqscan', 'hashjoin', 'mergejoin', 'material'].map(
    (method) => `set local enable_${method} = off`,
  ),
];

const FIRST_MS = 250;
const LONGEST_MS = 30_000;

const planned = new WeakMap<object, { at: number; good_for: number }>();

/** What such a transaction begins with on this connection. @param now milliseconds of any clock that only goes on */
export function lookupsOn(connection: object, now: number): string[] {
  const plans = planned.get(connection) ?? { at: now, good_for: FIRST_MS };
  planned.set(connection, plans);
  if (now - plans.at < plans.good_for) return SETTINGS;
  planned.set(connection, { at: now, good_for: Math.min(2 * plans.good_for, LONGEST_MS) });
  return ['discard plans', ...SETTINGS];
}
