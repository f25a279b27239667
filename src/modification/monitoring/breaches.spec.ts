import { breaches, conditionFaults, type Observation, type VersionMetrics } from './breaches.js';

const metrics = (more: Partial<VersionMetrics> = {}): VersionMetrics => ({
  started: 10,
  ended: 10,
  failed: 3,
  error_rate_percentage: 30,
  avg_duration_minutes: 12,
  deadline_misses: 2,
  escalations: 4,
  ...more,
});
const observed = (more: Partial<VersionMetrics> = {}): Observation => ({
  span_minutes: 5,
  current: metrics(more),
  before: metrics({ error_rate_percentage: 1 }),
});
const NOW = new Date('2026-11-22T12:00:00Z');
const conditions = (of: Record<string, unknown>, more: Partial<VersionMetrics> = {}): string[] =>
  breaches(of, observed(more), NOW).map(({ condition }) => condition);

describe('roll-back conditions', () => {
  it('hold above their limit, not at it', () => {
    expect(conditions({ error_rate_percentage: 29 })).toEqual(['error_rate_percentage']);
    expect(conditions({ error_rate_percentage: 30 })).toEqual([]);
    expect(conditions({ avg_duration_minutes: 11 })).toEqual(['avg_duration_minutes']);
    expect(conditions({ deadline_misses: 1 })).toEqual(['deadline_misses']);
  });

  it('wait for enough instances where a few say little', () => {
    expect(conditions({ error_rate_percentage: 0 }, { ended: 4 })).toEqual([]);
    expect(conditions({ error_rate_percentage: 0, minimum_ended: 4 }, { ended: 4 })).toHaveLength(
      1,
    );
    expect(conditions({ deadline_misses: 1 }, { ended: 0 })).toHaveLength(1);
  });

  it('may be FEEL over the metrics, with the former version beside', () => {
    const expression =
      'escalations > 3 and error_rate_percentage > 10 * before.error_rate_percentage';
    expect(conditions({ expression })).toEqual(['expression']);
    expect(conditions({ expression }, { escalations: 3 })).toEqual([]);
    expect(conditions({ expression: 'nothing > 1' })).toEqual([]);
  });

  it('never hold on what is not known', () => {
    const unknown = { ended: 0, error_rate_percentage: null, avg_duration_minutes: null };
    const all = { error_rate_percentage: 0, avg_duration_minutes: 0, minimum_ended: 0 };
    expect(conditions(all, unknown)).toEqual([]);
  });

  it('are checked when they are sent', () => {
    const faults = conditionFaults({ error_rate: 1, deadline_misses: -1, expression: 'a >' });
    expect(faults.map(({ pointer }) => pointer)).toEqual([
      '/auto_rollback_conditions/error_rate',
      '/auto_rollback_conditions/deadline_misses',
      '/auto_rollback_conditions/expression',
    ]);
    expect(conditionFaults({ deadline_misses: 0, expression: 'a > 1' })).toEqual([]);
  });
});
