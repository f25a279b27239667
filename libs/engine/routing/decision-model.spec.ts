import fc from 'fast-check';

import { confidenceByModel, type LabelledCase, trainDecisionModel } from './decision-model.js';
import { encode, featureNames, learnEncoding } from './features.js';

/** Good where the amount is small, but for every tenth; nothing else plays a part. */
function purchases(cases: number): LabelledCase[] {
  return Array.from({ length: cases }, (_, index) => {
    const amount = (index * 37) % 100;
    const urgent = index % 3 === 0;
    const other = index % 10 === 0;
    return {
      input: {
        amount,
        user: urgent ? { department: 'IT' } : { department: 'HR' },
        ...(index % 2 === 0 && { note: `note ${index}` }),
        ...(index % 4 === 0 && { urgent }),
        ...(index % 5 === 0 && { channel: 'mail' }),
      },
      good: other ? amount >= 50 : amount < 50,
    };
  });
}

describe('encoding', () => {
  it('tells numbers, booleans, texts of few values, and what is missing', () => {
    const encoding = learnEncoding(purchases(100).map(({ input }) => input));
    expect(featureNames(encoding)).toEqual([
      'intercept',
      'amount',
      'user.department = "HR"',
      'user.department = "IT"',
      'urgent',
      'urgent is missing',
      'channel is there',
    ]);
    expect(encode(encoding, { amount: 'many', user: { department: 'law' } })).toEqual([
      1, 0, 0, 0, 0, 1, 0,
    ]);
    const [, amount, ...rest] = encode(encoding, {
      amount: 1e300,
      user: { department: 'IT' },
      urgent: true,
      channel: 'letter',
    });
    expect([amount, ...rest]).toEqual([6, 0, 1, 1, 0, 1]);
  });

  it('gives as many finite features as it names, whatever the data are', () => {
    const data = fc.dictionary(
      fc.constantFrom('a', 'b', '__proto__', 'constructor'),
      fc.oneof(
        fc.double(),
        fc.boolean(),
        fc.constantFrom('x', 'y'),
        fc.object(),
        fc.constant(null),
      ),
    );
    fc.assert(
      fc.property(fc.array(data, { maxLength: 40 }), data, (inputs, other) => {
        const encoding = learnEncoding(inputs);
        for (const input of [...inputs, other]) {
          const features = encode(encoding, input);
          expect(features).toHaveLength(featureNames(encoding).length);
          expect(features.every((each) => !Number.isNaN(each))).toBe(true);
        }
      }),
    );
  });
});

describe('a model of decisions', () => {
  it('is better than the plain share where the data tell', () => {
    const { model, calibration, is_better } = trainDecisionModel(purchases(400));
    expect(is_better).toBe(true);
    expect(model.cases).toBe(300);
    expect(calibration.cases).toBe(100);
    expect(calibration.brier_score).toBeLessThan(0.75 * calibration.brier_score_of_share);
    const small = confidenceByModel(model, { amount: 10, user: { department: 'HR' } });
    const large = confidenceByModel(model, { amount: 90, user: { department: 'HR' } });
    expect(small).toMatchObject({ basis: 'model', cases: 300, reason: null });
    expect(small.score).toBeGreaterThan(0.75);
    expect(large.score).toBeLessThan(0.25);
  });

  it('is not where they tell nothing', () => {
    const noise = purchases(400).map((each, index) => ({
      ...each,
      good: (index * 7919) % 13 < 6,
    }));
    expect(trainDecisionModel(noise).is_better).toBe(false);
  });
});
