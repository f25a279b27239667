import fc from 'fast-check';

import { confidenceFrom } from './confidence.js';

describe('confidenceFrom', () => {
  it('gives the share and Wilson’s interval', () => {
    const { score, interval, cases } = confidenceFrom({ good: 18, total: 20 }, 20);
    expect(score).toBe(0.9);
    expect(cases).toBe(20);
    // R: prop.test(18, 20, correct = FALSE)$conf.int
    expect(interval?.low).toBeCloseTo(0.699, 3);
    expect(interval?.high).toBeCloseTo(0.9721, 3);
  });

  it('gives no score below the minimum, but the number and the reason', () => {
    expect(confidenceFrom({ good: 1, total: 1 }, 20)).toEqual({
      score: null,
      basis: null,
      interval: null,
      cases: 1,
      reason: 'only 1 like decision has an outcome yet; 20 are needed',
    });
    expect(confidenceFrom({ good: 0, total: 0 }, 0).score).toBeNull();
  });

  it('keeps 0 ≤ low ≤ score ≤ high ≤ 1', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(10_000), (good, bad) => {
        const total = good + bad + 1;
        const { score, interval } = confidenceFrom({ good, total }, 1);
        expect(interval?.low).toBeGreaterThanOrEqual(0);
        expect(interval?.low).toBeLessThanOrEqual(score ?? NaN);
        expect(interval?.high).toBeGreaterThanOrEqual(score ?? NaN);
        expect(interval?.high).toBeLessThanOrEqual(1);
      }),
    );
  });
});
