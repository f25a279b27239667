import fc from 'fast-check';

import { fisherGreater } from './fisher.js';

/** By counting every way to deal the marks out. */
function counted(
  first: { count: number; total: number },
  second: { count: number; total: number },
) {
  const all = first.total + second.total;
  const marked = first.count + second.count;
  let ways = 0;
  let asMany = 0;
  for (let hand = 0; hand < 2 ** all; hand += 1) {
    const bits = [...hand.toString(2).padStart(all, '0')].map(Number);
    if (bits.reduce((sum, bit) => sum + bit, 0) !== marked) continue;
    ways += 1;
    if (bits.slice(0, first.total).reduce((sum, bit) => sum + bit, 0) >= first.count) asMany += 1;
  }
  return asMany / ways;
}

const shares = fc
  .record({ total: fc.integer({ min: 1, max: 5 }), count: fc.nat(5) })
  .map(({ total, count }) => ({ total, count: Math.min(total, count) }));

describe("Fisher's exact test", () => {
  it('agrees with counting', () => {
    fc.assert(
      fc.property(shares, shares, (first, second) => {
        expect(fisherGreater(first, second)).toBeCloseTo(counted(first, second), 9);
      }),
    );
  });

  it("agrees with Fisher's own example of tea", () => {
    expect(fisherGreater({ count: 3, total: 4 }, { count: 1, total: 4 })).toBeCloseTo(17 / 70, 12);
  });
});
