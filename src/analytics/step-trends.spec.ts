import type { StepDayRow } from './analytics.queries.js';
import { stepTrendsOf } from './step-trends.js';

const row = (day: number, fields: Partial<StepDayRow> = {}): StepDayRow => ({
  workflow_id: 'w',
  step_id: 'review',
  day: new Date(Date.UTC(2026, 10, day)),
  entered: 10,
  ended: 10,
  failed: 0,
  avg_waiting_minutes: 2 * day,
  ...fields,
});

/** Every second day. */
const DAYS = [1, 3, 5, 7, 9, 11, 13, 15];

describe('stepTrendsOf', () => {
  it('measures by the calendar, not by the days that have entries', () => {
    expect(stepTrendsOf(DAYS.map((day) => row(day)))).toMatchObject([
      {
        workflow_id: 'w',
        step_id: 'review',
        queue_time_minutes: { direction: 'rising', slope_per_day: 2, days: 8 },
        failure_rate_percentage: { direction: null, slope_per_day: 0 },
      },
    ]);
  });

  it('leaves out days of which entries are still open', () => {
    const rows = [...DAYS.map((day) => row(day)), row(17, { ended: 1, avg_waiting_minutes: 0 })];
    expect(stepTrendsOf(rows)[0]?.queue_time_minutes).toMatchObject({ days: 8, slope_per_day: 2 });
  });

  it('keeps steps of the same name in two workflows apart', () => {
    const rows = DAYS.flatMap((day) => [row(day), row(day, { workflow_id: 'v' })]);
    expect(stepTrendsOf(rows).map(({ workflow_id }) => workflow_id)).toEqual(['w', 'v']);
  });
});
