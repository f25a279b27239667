import fc from 'fast-check';

import type { StepRow } from './analytics.queries.js';
import { bottlenecksOf } from './bottlenecks.js';
import { recommendationsOf } from './recommendations.js';

const newRow = (fields: Partial<StepRow> = {}): StepRow => ({
  workflow_id: 'w',
  step_id: 'review',
  step_name: 'Review',
  step_type: 'user_task',
  ended: 10,
  failed: 0,
  open: 0,
  oldest_open_minutes: null,
  avg_waiting_minutes: 10,
  avg_working_minutes: null,
  waiting_minutes: 100,
  total_minutes: 100,
  waiting_quantiles: null,
  ...fields,
});

/** Severity of a step that waits for this share of the workflow's time. */
const severityAt = (share: number, fields: Partial<StepRow> = {}) =>
  bottlenecksOf([newRow({ waiting_minutes: 100 * share, ...fields })])[0]?.bottleneck_severity;

describe('bottlenecksOf', () => {
  it('judges by the share of the time that is waited', () => {
    expect([0.09, 0.1, 0.24, 0.25, 0.49, 0.5].map((share) => severityAt(share))).toEqual([
      'low',
      'medium',
      'medium',
      'high',
      'high',
      'critical',
    ]);
  });

  it('takes a wait of seconds for none, whatever its share', () => {
    expect(severityAt(0.9, { avg_waiting_minutes: 0.99 })).toBe('low');
  });

  it('judges failures by what is sure of their rate', () => {
    const at = (failed: number, ended: number) => severityAt(0, { failed, ended });
    expect(at(1, 2)).toBe('medium');
    expect(at(1, 1)).toBe('high');
    expect(at(40, 100)).toBe('critical');
    expect(at(0, 100)).toBe('low');
  });

  it('knows nothing of a step that nobody has left, and says so', () => {
    const open = newRow({
      ended: 0,
      open: 2,
      avg_waiting_minutes: null,
      waiting_minutes: null,
      total_minutes: null,
    });
    expect(bottlenecksOf([open])).toMatchObject([
      {
        bottleneck_severity: null,
        queue_time_minutes: null,
        unavailable: {
          bottleneck_severity:
            'No entry of the period has completed or failed; 2 of them are open.',
        },
      },
    ]);
  });

  it('puts the worst first, and counts shares within a workflow', () => {
    const rows = [
      newRow({ step_id: 'a', waiting_minutes: 5 }),
      newRow({ step_id: 'b', waiting_minutes: 90 }),
      newRow({ workflow_id: 'v', step_id: 'c', waiting_minutes: 30 }),
    ];
    expect(
      bottlenecksOf(rows).map((step) => [step.step_id, step.optimization_potential_score]),
    ).toEqual([
      ['b', 0.45],
      ['c', 0.3],
      ['a', 0.025],
    ]);
  });

  it('keeps scores between 0 and 1, and gives each null its reason', () => {
    const minutes = fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }));
    fc.assert(
      fc.property(
        fc.record({ ended: fc.nat(5), waiting_minutes: minutes, total_minutes: minutes }),
        (fields) => {
          const row = newRow({ ...fields, failed: 0 });
          if (
            fields.ended > 0 &&
            (fields.total_minutes === null || fields.waiting_minutes === null)
          )
            return;
          for (const step of bottlenecksOf([row])) {
            for (const key of [
              'resource_contention_score',
              'optimization_potential_score',
            ] as const) {
              const score = step[key];
              if (score === null) expect(step.unavailable).toHaveProperty(key);
              else expect(score >= 0 && score <= 1).toBe(true);
            }
          }
        },
      ),
    );
  });
});

describe('recommendationsOf', () => {
  it('names the figures, and keeps its id', () => {
    const steps = bottlenecksOf([newRow()]);
    const [first, ...others] = recommendationsOf(steps);
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      category: 'process',
      priority: 'critical',
      estimated_impact_percentage: 100,
      description: expect.stringContaining('10 entries into review waited 10 min on average'),
    });
    expect(recommendationsOf(steps)[0]?.recommendation_id).toBe(first?.recommendation_id);
  });

  it('has nothing to say where nothing is wrong', () => {
    expect(recommendationsOf(bottlenecksOf([newRow({ waiting_minutes: 0 })]))).toEqual([]);
  });
});
