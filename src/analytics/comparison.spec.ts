import type { CaseRow, PerformanceRow } from './analytics.queries.js';
import { changeOf, comparisonsOf } from './comparison.js';

const WORKFLOWS = [{ workflow_id: 'w', workflow_name: 'Leave request' }];

const newRow = (fields: Partial<PerformanceRow> = {}): PerformanceRow => ({
  workflow_id: 'w',
  started: 80,
  ended: 80,
  succeeded: 48,
  avg_minutes: 10,
  min_minutes: 1,
  max_minutes: 20,
  avg_steps_completed: 2,
  open_minutes: 800,
  ...fields,
});

const cases = (count: number, minutes: (nth: number) => number): CaseRow[] =>
  Array.from({ length: count }, (_, nth) => ({
    workflow_id: 'w',
    version_number: 1,
    minutes: minutes(nth),
    succeeded: true,
    completed: true,
    waiting_minutes: 0,
  }));

describe('changeOf', () => {
  it('gives the change and its share of what was before', () => {
    expect(changeOf(12, 10)).toEqual({
      current: 12,
      previous: 10,
      change: 2,
      change_percentage: 20,
    });
  });

  it('gives no share of nothing, and no change without both', () => {
    expect(changeOf(12, 0)).toMatchObject({ change: 12, change_percentage: null });
    expect(changeOf(null, 10)).toMatchObject({
      change: null,
      reason: 'This period has no such figure to compare.',
    });
  });
});

describe('comparisonsOf', () => {
  it('puts a range around a change of the success rate', () => {
    const current = [newRow({ started: 70, ended: 70, succeeded: 56 })];
    const [only] = comparisonsOf(WORKFLOWS, current, [newRow()], null);
    expect(only?.success_rate_percentage).toMatchObject({
      change: expect.closeTo(20, 9),
      change_range: [expect.closeTo(5.24, 2), expect.closeTo(33.39, 2)],
    });
    expect(only).not.toHaveProperty('execution_time_test');
  });

  it('puts none where a period has no ended instance', () => {
    const open = newRow({ ended: 0, succeeded: 0, avg_minutes: null });
    const [only] = comparisonsOf(WORKFLOWS, [newRow()], [open], null);
    expect(only?.success_rate_percentage).not.toHaveProperty('change_range');
  });

  it('tests execution times where both periods have eight cases', () => {
    const test = (current: CaseRow[], previous: CaseRow[]) =>
      comparisonsOf(WORKFLOWS, [newRow()], [newRow()], { current, previous })[0]
        ?.execution_time_test;
    const slower = test(
      cases(8, (nth) => 100 + nth),
      cases(8, (nth) => nth),
    );
    expect(slower).toMatchObject({ probability_slower: 1, cases: { current: 8, previous: 8 } });
    expect(slower?.p_value).toBeLessThan(0.01);
    expect(
      test(
        cases(7, (nth) => nth),
        cases(8, (nth) => nth),
      ),
    ).toMatchObject({
      p_value: null,
      reason: expect.stringContaining('8 each are needed'),
    });
    expect(
      test(
        cases(8, () => 5),
        cases(8, () => 5),
      ),
    ).toMatchObject({ p_value: null, reason: 'All cases took the same time.' });
  });
});
