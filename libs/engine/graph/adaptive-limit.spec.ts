import fc from 'fast-check';

import { type AdaptiveLimit, type LoadSeen, nextLimit } from './adaptive-limit.js';

const bounds = { least: 10, most: 400 };
const calm: LoadSeen = { latency_ms: 5, event_loop_delay_ms: 1, most_in_hand: 1_000 };

const state = fc.record({
  limit: fc.integer({ min: bounds.least, max: bounds.most }),
  usual_ms: fc.option(fc.double({ min: 0.1, max: 1_000, noNaN: true })),
});
const seen = fc.record({
  latency_ms: fc.option(fc.double({ min: 0.1, max: 10_000, noNaN: true })),
  event_loop_delay_ms: fc.double({ min: 0, max: 1_000, noNaN: true }),
  most_in_hand: fc.nat({ max: 500 }),
});

const after = (from: AdaptiveLimit, load: readonly LoadSeen[]): AdaptiveLimit =>
  load.reduce((limit, one) => nextLimit(limit, one, bounds), from);

describe('nextLimit', () => {
  it('stays within its bounds, whatever is seen', () => {
    fc.assert(
      fc.property(state, fc.array(seen, { maxLength: 50 }), (from, load) => {
        const { limit } = after(from, load);
        return limit >= bounds.least && limit <= bounds.most && Number.isInteger(limit);
      }),
    );
  });

  it('never grows while the event loop is late, and comes down to the least', () => {
    fc.assert(
      fc.property(state, seen, (from, load) => {
        const late = { ...load, event_loop_delay_ms: 200 };
        expect(nextLimit(from, late, bounds).limit).toBeLessThanOrEqual(from.limit);
        expect(
          after(
            from,
            Array.from({ length: 20 }, () => late),
          ).limit,
        ).toBe(bounds.least);
      }),
    );
  });

  it('does not grow beyond what is used', () => {
    fc.assert(
      fc.property(state, seen, (from, load) => {
        const unused = { ...load, most_in_hand: from.limit - 1 };
        return nextLimit(from, unused, bounds).limit <= from.limit;
      }),
    );
  });

  it('reaches the most again where all is used and nothing is slow', () => {
    fc.assert(
      fc.property(state, ({ limit }) => {
        const from = { limit, usual_ms: 5 };
        expect(
          after(
            from,
            Array.from({ length: 60 }, () => calm),
          ).limit,
        ).toBe(bounds.most);
      }),
    );
  });

  it('takes a lasting change of latency for usual, and a jump for too much', () => {
    const from = { limit: 100, usual_ms: 5 };
    const slower = { ...calm, latency_ms: 20 };
    expect(nextLimit(from, slower, bounds).limit).toBeLessThan(100);
    expect(
      after(
        from,
        Array.from({ length: 120 }, () => slower),
      ).limit,
    ).toBe(bounds.most);
  });
});
