import type { DayRow } from './analytics.queries.js';
import { daysOf, trendOf, trendsOf } from './trends.js';

const at = (day: number): Date => new Date(Date.UTC(2026, 10, day));
const row = (day: number, figures: Partial<DayRow> = {}): DayRow => ({
  workflow_id: 'w',
  day: at(day),
  started: 2,
  ended: 2,
  succeeded: 1,
  avg_minutes: 10,
  ...figures,
});

describe('daysOf', () => {
  it('adds up the workflows of a day, and fills days without a start', () => {
    const rows = [
      row(3),
      row(3, { workflow_id: 'v', started: 4, ended: 3, succeeded: 3, avg_minutes: 20 }),
      row(5),
    ];
    expect(daysOf(rows, at(1), at(6))).toEqual([
      { date: '2026-11-03', started: 6, ended: 5, succeeded: 4, avg_minutes: 16 },
      { date: '2026-11-04', started: 0, ended: 0, succeeded: 0, avg_minutes: null },
      { date: '2026-11-05', started: 2, ended: 2, succeeded: 1, avg_minutes: 10 },
    ]);
  });

  it('leaves out a day that is not over, and what is before', () => {
    const noon = new Date(at(6).getTime() + 43_200_000);
    expect(daysOf([row(1), row(6)], at(2), noon)).toEqual([]);
  });
});

describe('trendOf', () => {
  const line = (ys: readonly number[]) => ys.map((y, x) => ({ x, y }));

  it('names a direction where the change is significant', () => {
    expect(trendOf(line([9, 8, 7, 6, 5, 4, 3, 2]))).toMatchObject({
      direction: 'falling',
      slope_per_day: -1,
    });
  });

  it('names none where it is not, and says why', () => {
    expect(trendOf(line([5, 4, 5, 6, 4, 5, 6, 5]))).toMatchObject({
      direction: null,
      reason: expect.stringContaining('p = '),
    });
    expect(trendOf(line([5, 5, 5, 5, 5, 5, 5, 5]))).toMatchObject({
      direction: null,
      slope_per_day: 0,
      reason: 'The figure was the same on all days.',
    });
    expect(trendOf(line([1, 2, 3]))).toMatchObject({
      direction: null,
      slope_per_day: null,
      reason: '3 days with this figure are recorded; 8 are needed.',
    });
  });
});

describe('trendsOf', () => {
  it('judges times by days alone of which nearly all instances have ended', () => {
    const days = daysOf(
      Array.from({ length: 10 }, (_, day) =>
        // of the last two days only the fast ones have ended
        row(day + 1, day < 8 ? {} : { started: 10, ended: 2, avg_minutes: 1 }),
      ),
      at(1),
      at(11),
    );
    const { executions, execution_time_minutes } = trendsOf(days);
    expect(executions.days).toBe(10);
    expect(execution_time_minutes).toMatchObject({ days: 8, slope_per_day: 0 });
  });
});
