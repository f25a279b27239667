import fc from 'fast-check';

import { mean, median, quantile, variance } from './descriptive.js';
import { logGamma, upperGamma } from './gamma.js';
import { mannWhitney } from './mann-whitney.js';
import { twoSidedP } from './normal.js';
import { poissonInterval } from './poisson.js';
import { predictNext } from './prediction-interval.js';
import { studentQuantile95 } from './student.js';
import { mannKendall, theilSen } from './trend.js';
import { wilsonDifference, wilsonInterval } from './wilson.js';

const figures = (minLength: number) =>
  fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength, maxLength: 40 });

describe('quantile', () => {
  it('interpolates as type 7', () => {
    // R: quantile(c(1, 2, 3, 4), c(.25, .5, .9))
    expect(quantile([4, 1, 3, 2], 0.25)).toBe(1.75);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(quantile([4, 1, 3, 2], 0.9)).toBeCloseTo(3.7, 12);
    expect(median([])).toBeNull();
  });

  it('stays within the values, and does not fall as the share grows', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(figures(1), share, share, (values, one, other) => {
        const low = quantile(values, Math.min(one, other)) as number;
        const high = quantile(values, Math.max(one, other)) as number;
        expect(low).toBeLessThanOrEqual(high + 1e-9);
        expect(low).toBeGreaterThanOrEqual(Math.min(...values));
        expect(high).toBeLessThanOrEqual(Math.max(...values));
      }),
    );
  });
});

describe('mean and variance', () => {
  it('are those of the textbook', () => {
    expect(mean([2, 4, 4, 4, 5, 5, 7, 9])).toBe(5);
    expect(variance([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(32 / 7, 12);
    expect(mean([])).toBeNull();
    expect(variance([1])).toBeNull();
  });

  it('variance does not move with the values', () => {
    fc.assert(
      fc.property(figures(2), fc.integer({ min: -1_000, max: 1_000 }), (values, shift) => {
        const moved = values.map((value) => value + shift);
        expect(variance(moved)).toBeCloseTo(variance(values) as number, 6);
      }),
    );
  });
});

describe('the gamma functions', () => {
  it('agree with factorials and with closed forms', () => {
    expect(logGamma(11)).toBeCloseTo(Math.log(3_628_800), 10);
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 12);
    for (const x of [0.1, 1, 2.5, 30]) expect(upperGamma(1, x)).toBeCloseTo(Math.exp(-x), 12);
  });

  it('give the two-sided normal tail', () => {
    expect(twoSidedP(0)).toBe(1);
    expect(twoSidedP(1.959963984540054)).toBeCloseTo(0.05, 12);
    expect(twoSidedP(-2.5758293035489004)).toBeCloseTo(0.01, 12);
  });
});

describe('wilsonInterval', () => {
  it('is that of R’s prop.test without correction', () => {
    expect(wilsonInterval(18, 20).low).toBeCloseTo(0.699, 3);
    expect(wilsonInterval(18, 20).high).toBeCloseTo(0.9721, 3);
  });

  it('of none is 0 to z² / (n + z²)', () => {
    const z2 = 1.959963984540054 ** 2;
    expect(wilsonInterval(0, 10).low).toBe(0);
    expect(wilsonInterval(0, 10).high).toBeCloseTo(z2 / (10 + z2), 12);
  });
});

describe('wilsonDifference', () => {
  it('is Newcombe’s example (a)', () => {
    const { low, high } = wilsonDifference({ good: 56, total: 70 }, { good: 48, total: 80 });
    expect(low).toBeCloseTo(0.0524, 4);
    expect(high).toBeCloseTo(0.3339, 4);
  });

  it('holds the difference, within −1 and 1, and turns with its sides', () => {
    const counted = fc
      .tuple(fc.integer({ min: 1, max: 500 }), fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([total, share]) => ({ good: Math.round(total * share), total }));
    fc.assert(
      fc.property(counted, counted, (first, second) => {
        const { low, high } = wilsonDifference(first, second);
        const turned = wilsonDifference(second, first);
        const difference = first.good / first.total - second.good / second.total;
        expect(low).toBeLessThanOrEqual(difference);
        expect(high).toBeGreaterThanOrEqual(difference);
        expect(low).toBeGreaterThanOrEqual(-1 - 1e-12);
        expect(turned.low).toBeCloseTo(-high, 12);
      }),
    );
  });
});

describe('poissonInterval', () => {
  it('is the one tabulated by Garwood', () => {
    expect(poissonInterval(0)).toEqual({ low: 0, high: expect.closeTo(-Math.log(0.025), 9) });
    expect(poissonInterval(1).low).toBeCloseTo(0.0253, 4);
    expect(poissonInterval(1).high).toBeCloseTo(5.5716, 4);
    expect(poissonInterval(10).low).toBeCloseTo(4.7954, 4);
    expect(poissonInterval(10).high).toBeCloseTo(18.3904, 4);
  });

  it('holds the count and grows with it', () => {
    fc.assert(
      fc.property(fc.nat(100_000), (count) => {
        const { low, high } = poissonInterval(count);
        expect(low).toBeLessThanOrEqual(count);
        expect(high).toBeGreaterThan(count);
        expect(poissonInterval(count + 1).high).toBeGreaterThan(high);
      }),
      { numRuns: 30 },
    );
  });
});

describe('predictNext', () => {
  it('takes the ends whose ranks give the coverage', () => {
    const values = Array.from({ length: 19 }, (_, index) => 19 - index);
    expect(predictNext(values, 0.9)).toEqual({
      value: 10,
      low: 1,
      high: 19,
      coverage: expect.closeTo(0.9, 12),
      cases: 19,
    });
    const more = Array.from({ length: 39 }, (_, index) => index + 1);
    expect(predictNext(more, 0.9)).toMatchObject({ low: 2, high: 38 });
  });

  it('says how little a few cases cover', () => {
    expect(predictNext([5, 7], 0.9)).toMatchObject({ low: 5, high: 7, coverage: 1 / 3 });
    expect(predictNext([5])).toBeNull();
  });

  it('covers the left-out value as often as it says', () => {
    const distinct = fc.uniqueArray(fc.integer(), { minLength: 3, maxLength: 40 });
    fc.assert(
      fc.property(distinct, (values) => {
        let covered = 0;
        let said = 0;
        values.forEach((next, index) => {
          const rest = values.toSpliced(index, 1);
          const { low, high, coverage } = predictNext(rest, 0.8)!;
          said = coverage;
          if (low <= next && next <= high) covered += 1;
        });
        expect(covered / values.length).toBeGreaterThanOrEqual(said - 1e-12);
      }),
    );
  });
});

describe('theilSen', () => {
  it('finds the slope of a line in spite of outliers', () => {
    const line = [0, 1, 2, 3, 4, 5, 6].map((x) => ({ x, y: 3 * x + 1 }));
    expect(theilSen(line)).toBe(3);
    expect(theilSen(line.with(5, { x: 5, y: 900 }))).toBeCloseTo(3, 12);
    expect(theilSen([{ x: 1, y: 1 }])).toBeNull();
  });

  it('turns its sign with the values', () => {
    fc.assert(
      fc.property(figures(2), (values) => {
        const points = values.map((y, x) => ({ x, y }));
        const turned = values.map((y, x) => ({ x, y: -y }));
        expect(theilSen(turned)).toBeCloseTo(-(theilSen(points) as number), 9);
      }),
    );
  });
});

describe('mannKendall', () => {
  it('counts rising less falling pairs', () => {
    // ten rising values: S = 45, variance 10·9·25/18 = 125, z = 44/√125
    const { s, z, p_value } = mannKendall([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])!;
    expect(s).toBe(45);
    expect(z).toBeCloseTo(44 / Math.sqrt(125), 12);
    expect(p_value).toBeCloseTo(8.3e-5, 5);
  });

  it('corrects the variance for ties, and knows when there is nothing to say', () => {
    // 1 1 2 2: S = 4, variance (4·3·13 − 2·(2·1·9))/18 = 120/18
    expect(mannKendall([1, 1, 2, 2])!.z).toBeCloseTo(3 / Math.sqrt(120 / 18), 12);
    expect(mannKendall([3, 3, 3, 3])).toBeNull();
    expect(mannKendall([1, 2])).toBeNull();
  });

  it('sees the reverse as the opposite', () => {
    fc.assert(
      fc.property(figures(3), (values) => {
        const there = mannKendall(values);
        const back = mannKendall(values.toReversed());
        expect(back?.s ?? 0).toBe(there ? 0 - there.s : 0);
        expect(back?.p_value).toBe(there?.p_value);
      }),
    );
  });
});

describe('mannWhitney', () => {
  it('counts the pairs in which the first is larger', () => {
    // variance 5·5·11/12
    const { u, z, superiority } = mannWhitney([6, 7, 8, 9, 10], [1, 2, 3, 4, 5])!;
    expect(u).toBe(25);
    expect(superiority).toBe(1);
    expect(z).toBeCloseTo(12 / Math.sqrt(275 / 12), 12);
  });

  it('shares ranks among ties, and knows when there is nothing to say', () => {
    // 1, {2, 2}, 3 with 2 in both: U of (2, 3) is 0.5 + 1 + 1 + 1; ties 6, variance 4/12·(5 − 6/12)
    const { u, z } = mannWhitney([2, 3], [1, 2])!;
    expect(u).toBe(3.5);
    expect(z).toBeCloseTo(1 / Math.sqrt(1.5), 12);
    expect(mannWhitney([2, 2], [2])).toBeNull();
    expect(mannWhitney([], [2])).toBeNull();
  });

  it('is the other way round when the samples are', () => {
    fc.assert(
      fc.property(figures(1), figures(1), (first, second) => {
        const one = mannWhitney(first, second);
        const other = mannWhitney(second, first);
        expect((one?.u ?? 0) + (other?.u ?? 0)).toBe(one ? first.length * second.length : 0);
        expect(other?.p_value).toBe(one?.p_value);
      }),
    );
  });
});

describe('studentQuantile95', () => {
  it.each([
    [9, 2.2622],
    [19, 2.093],
    [39, 2.0227],
    [1_000_000, 1.96],
  ])('is that of the tables at %i degrees of freedom', (freedom, value) => {
    expect(studentQuantile95(freedom)).toBeCloseTo(value, 3);
  });
});
