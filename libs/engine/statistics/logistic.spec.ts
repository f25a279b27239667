import fc from 'fast-check';

import { brierScore, reliability } from './calibration.js';
import { fitLogistic, predictLogistic } from './logistic.js';

/** Numbers from 0 to 1 that are the same in each run (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));

/** Cases whose labels were drawn with these weights. */
function planted(weights: readonly number[], cases: number, seed: number) {
  const draw = numbers(seed);
  const rows = Array.from({ length: cases }, () => [
    1,
    ...weights.slice(1).map(() => 4 * draw() - 2),
  ]);
  const probabilities = rows.map((row) =>
    sigmoid(row.reduce((sum, value, at) => sum + value * (weights[at] ?? 0), 0)),
  );
  return { rows, probabilities, labels: probabilities.map((share) => draw() < share) };
}

describe('logistic regression', () => {
  it('gives the figures of a textbook case', () => {
    // hours of study and passing; R: glm(passed ~ hours, binomial) gives −4.0777 and 1.5046
    const hours = [
      0.5, 0.75, 1, 1.25, 1.5, 1.75, 1.75, 2, 2.25, 2.5, 2.75, 3, 3.25, 3.5, 4, 4.25, 4.5, 4.75, 5,
      5.5,
    ];
    const passed = [0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1].map(Boolean);
    const fit = fitLogistic(
      hours.map((each) => [1, each]),
      passed,
      1e-9,
    );
    expect(fit.weights[0]).toBeCloseTo(-4.0777, 1);
    expect(fit.weights[1]).toBeCloseTo(1.5046, 1);
    // standard errors 1.7610 and 0.6287
    expect(Math.sqrt(fit.covariance[1]?.[1] ?? 0)).toBeCloseTo(0.6287, 1);
  });

  it('finds planted weights, within what it says of its own uncertainty', () => {
    const weight = fc.double({ min: -2, max: 2, noNaN: true });
    fc.assert(
      fc.property(fc.array(weight, { minLength: 2, maxLength: 5 }), fc.nat(), (weights, seed) => {
        const { rows, labels } = planted(weights, 2_000, seed);
        const fit = fitLogistic(rows, labels, 0.01);
        for (const [at, value] of weights.entries()) {
          const error = Math.sqrt(fit.covariance[at]?.[at] ?? 0);
          expect(Math.abs((fit.weights[at] ?? 0) - value)).toBeLessThan(5.5 * error);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('is calibrated: of what it gives some probability, as many happen', () => {
    const weights = [0.5, 1.5, -1];
    const { rows, labels } = planted(weights, 6_000, 7);
    const fit = fitLogistic(rows.slice(0, 3_000), labels.slice(0, 3_000), 1);
    const forecasts = rows.slice(3_000).map((row, index) => ({
      probability: predictLogistic(fit, row).probability,
      happened: labels[3_000 + index] === true,
    }));
    const bins = reliability(forecasts);
    expect(bins.reduce((sum, { cases }) => sum + cases, 0)).toBe(3_000);
    for (const { cases, mean_predicted, observed } of bins) {
      const error = Math.sqrt((mean_predicted * (1 - mean_predicted)) / cases);
      expect(Math.abs(mean_predicted - observed)).toBeLessThan(4 * error + 0.02);
    }
    const share = labels.filter(Boolean).length / labels.length;
    const plain = forecasts.map((forecast) => ({ ...forecast, probability: share }));
    expect(brierScore(forecasts)).toBeLessThan(brierScore(plain));
  });

  it('stays finite whatever the cases are, and the same for the same', () => {
    const value = fc.oneof(fc.constant(0), fc.double({ min: -8, max: 8, noNaN: true }));
    const cases = fc.integer({ min: 1, max: 4 }).chain((width) =>
      fc.array(fc.tuple(fc.array(value, { minLength: width, maxLength: width }), fc.boolean()), {
        minLength: 1,
        maxLength: 60,
      }),
    );
    fc.assert(
      fc.property(cases, (drawn) => {
        const rows = drawn.map(([row]) => [1, ...row]);
        const labels = drawn.map(([, label]) => label);
        const fit = fitLogistic(rows, labels, 1);
        expect(fitLogistic(rows, labels, 1)).toEqual(fit);
        for (const row of rows) {
          const { probability, interval } = predictLogistic(fit, row);
          expect(interval.low).toBeLessThanOrEqual(probability);
          expect(interval.high).toBeGreaterThanOrEqual(probability);
          expect(probability > 0 && probability < 1).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('does not run away with cases that one feature tells apart, or that are all alike', () => {
    const rows = Array.from({ length: 400 }, (_, index) => [1, index < 200 ? -1 : 1]);
    const separated = fitLogistic(
      rows,
      rows.map(([, side]) => side === 1),
      1,
    );
    expect(separated.weights[1]).toBeGreaterThan(2);
    expect(separated.weights[1]).toBeLessThan(10);
    const alike = fitLogistic(
      rows,
      rows.map(() => true),
      1,
    );
    expect(predictLogistic(alike, [1, 1]).probability).toBeGreaterThan(0.99);
    expect(Math.abs(alike.weights[0] ?? 0)).toBeLessThan(20);
  });
});

describe('calibration', () => {
  it('scores as Brier does, and sorts forecasts into tenths', () => {
    const forecasts = [
      { probability: 1, happened: true },
      { probability: 0.95, happened: false },
      { probability: 0.1, happened: false },
    ];
    expect(brierScore(forecasts)).toBeCloseTo((0 + 0.9025 + 0.01) / 3, 12);
    expect(reliability(forecasts)).toMatchObject([
      { low: 0.1, high: 0.2, cases: 1, observed: 0 },
      { low: 0.9, high: 1, cases: 2, mean_predicted: 0.975, observed: 0.5 },
    ]);
  });
});
