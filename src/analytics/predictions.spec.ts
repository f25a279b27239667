import type { CaseRow } from './analytics.queries.js';
import { type Evidence, predict } from './predictions.js';

const AT = '2026-11-22T09:00:00.000Z';

const newCase = (fields: Partial<CaseRow> = {}): CaseRow => ({
  workflow_id: 'w',
  version_number: 1,
  minutes: 10,
  succeeded: true,
  completed: true,
  waiting_minutes: 0,
  ...fields,
});

const cases = (count: number, fields: Partial<CaseRow> = {}): CaseRow[] =>
  Array.from({ length: count }, () => newCase(fields));

const evidence = (fields: Partial<Evidence>): Evidence => ({
  workflow_id: 'w',
  workflow_name: 'Leave request',
  cases: [],
  started: 20,
  open: 0,
  days: 10,
  starts_a_day: [2, 2, 2, 2, 2, 2, 2, 2, 2, 2],
  open_minutes: 14_400,
  worst: null,
  ...fields,
});

const typesOf = (given: Partial<Evidence>, minimum = 20): string[] =>
  predict(evidence(given), minimum, AT).predictions.map(({ prediction_type }) => prediction_type);

describe('predict', () => {
  it('says of how many instances it does not know the time', () => {
    const factorsOf = (open: number) =>
      predict(evidence({ cases: cases(20), open }), 20, AT).predictions[0]?.contributing_factors;
    expect(factorsOf(3)?.at(-1)).toContain('3 instances of the period');
    expect(factorsOf(0)).toHaveLength(2);
  });

  it('predicts from the newest version where it alone has the evidence', () => {
    const given = evidence({
      cases: [...cases(20, { version_number: 2, minutes: 5 }), ...cases(20, { minutes: 50 })],
    });
    const [time] = predict(given, 20, AT).predictions;
    expect(time).toMatchObject({ predicted_value: 5, cases: 20 });
    expect(time?.contributing_factors[0]).toContain('version number 2');
    expect(predict(given, 21, AT).predictions[0]).toMatchObject({ predicted_value: 27.5 });
  });

  it('predicts no time where too few completed, and no demand within the first day', () => {
    const given = { cases: cases(20, { completed: false, succeeded: false }), days: 0.5 };
    expect(typesOf(given)).toEqual(['failure_probability']);
    expect(predict(evidence(given), 20, AT).shortfalls).toEqual([
      'execution_time of "Leave request": 0 completed cases, 20 are needed.',
      'optimization_impact of "Leave request": no waiting is recorded at any step.',
      'resource_demand of "Leave request": it has been in use for less than a day.',
    ]);
  });

  it('widens the range of demand where days differ more than chance lets them', () => {
    const demand = (starts_a_day: number[]) =>
      predict(evidence({ cases: cases(20), starts_a_day }), 20, AT).predictions.at(-1)!;
    const even = demand([2, 2, 2, 2, 2, 2, 2, 2, 2, 2]);
    const bursts = demand([20, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(even).toMatchObject({ prediction_type: 'resource_demand', predicted_value: 2 });
    // Garwood's interval for 20 is 12.2165 to 30.8884
    expect(even.prediction_range[0]).toBeCloseTo(1.22165, 4);
    expect(even.prediction_range[1]).toBeCloseTo(3.08884, 4);
    expect(bursts.prediction_range[0]).toBe(0);
    // variance 40 over mean 2: √20 times as wide
    expect(bursts.prediction_range[1]).toBeCloseTo(2 + 1.08884 * Math.sqrt(20), 3);
    expect(bursts.contributing_factors.at(-1)).toContain('20 times as much');
  });

  it('says nothing with one case too few', () => {
    expect(typesOf({ cases: cases(19) })).toEqual([]);
  });
});
