import fc from 'fast-check';

import { calendarFaults } from './faults.js';
import { type BusinessCalendar, WEEKDAYS } from './types.js';
import { WorkingTime } from './working-time.js';

const HOUR = 3_600_000;
const OFFICE = [
  { from: '09:00', to: '12:00' },
  { from: '13:00', to: '18:00' },
];
const BERLIN: BusinessCalendar = {
  time_zone: 'Europe/Berlin',
  working_hours: {
    monday: OFFICE,
    tuesday: OFFICE,
    wednesday: OFFICE,
    thursday: OFFICE,
    friday: OFFICE,
  },
  holidays: [{ date: '2026-05-01', name: 'Labour Day' }],
};
const at = (text: string): number => Date.parse(text);

describe('WorkingTime', () => {
  const time = new WorkingTime(BERLIN);

  it.each([
    ['within a morning', '2026-03-02T09:00:00+01:00', 2, '2026-03-02T11:00:00+01:00'],
    ['over the lunch break', '2026-03-02T11:00:00+01:00', 2, '2026-03-02T14:00:00+01:00'],
    ['to the very end of a day', '2026-03-02T09:00:00+01:00', 8, '2026-03-02T18:00:00+01:00'],
    ['over a night', '2026-03-02T17:00:00+01:00', 2, '2026-03-03T10:00:00+01:00'],
    ['over a weekend', '2026-03-06T17:00:00+01:00', 2, '2026-03-09T10:00:00+01:00'],
    ['from a Sunday', '2026-03-08T20:00:00+01:00', 1, '2026-03-09T10:00:00+01:00'],
    ['over a holiday and a weekend', '2026-04-30T17:00:00+02:00', 2, '2026-05-04T10:00:00+02:00'],
    ['over the clock change', '2026-03-27T17:00:00+01:00', 2, '2026-03-30T10:00:00+02:00'],
  ])('adds %s', (_, start, hours, end) => {
    expect(time.add(at(start), hours * HOUR)).toBe(at(end));
    expect(time.between(at(start), at(end))).toBe(hours * HOUR);
  });

  it('counts what the clock gives to those who work at night', () => {
    const always = new WorkingTime({
      time_zone: 'Europe/Berlin',
      working_hours: { sunday: [{ from: '00:00', to: '06:00' }] },
      holidays: [],
    });
    const night = (date: string): number =>
      always.between(at(`${date}T00:00:00+00:00`) - 12 * HOUR, at(`${date}T12:00:00+00:00`));
    expect(night('2026-03-22')).toBe(6 * HOUR);
    expect(night('2026-03-29')).toBe(5 * HOUR);
    expect(night('2026-10-25')).toBe(7 * HOUR);
  });

  const clock = (minutes: number): string =>
    `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  const day = fc
    .uniqueArray(fc.integer({ min: 0, max: 1440 }), { maxLength: 6 })
    .map((points) => points.sort((a, b) => a - b))
    .map((points) =>
      Array.from({ length: Math.floor(points.length / 2) }, (_, index) => ({
        from: clock(points[2 * index] ?? 0),
        to: clock(points[2 * index + 1] ?? 0),
      })),
    );
  const calendar = fc
    .record({
      time_zone: fc.constantFrom(
        'UTC',
        'Europe/Berlin',
        'America/New_York',
        'Asia/Kolkata',
        'Australia/Lord_Howe',
      ),
      working_hours: fc.record(Object.fromEntries(WEEKDAYS.map((weekday) => [weekday, day]))),
      holidays: fc.uniqueArray(fc.integer({ min: 0, max: 364 }), { maxLength: 5 }).map((days) =>
        days.map((number) => ({
          date: new Date(Date.UTC(2026, 0, 1 + number)).toISOString().slice(0, 10),
          name: 'x',
        })),
      ),
    })
    .filter((found) => calendarFaults(found).length === 0);
  const instant = fc.integer({ min: at('2026-01-01T00:00:00Z'), max: at('2026-12-31T00:00:00Z') });
  const duration = fc.integer({ min: 0, max: 200 * HOUR });

  it('finds between what it has added', () => {
    fc.assert(
      fc.property(calendar, instant, duration, (found, start, length) => {
        const working = new WorkingTime(found);
        expect(working.between(start, working.add(start, length))).toBe(length);
      }),
      { numRuns: 200 },
    );
  });

  it('never goes back: a later start or a longer time ends no earlier', () => {
    fc.assert(
      fc.property(calendar, instant, instant, duration, duration, (found, a, b, c, d) => {
        const working = new WorkingTime(found);
        const [start, later] = [Math.min(a, b), Math.max(a, b)];
        const [short, long] = [Math.min(c, d), Math.max(c, d)];
        expect(working.add(later, short)).toBeGreaterThanOrEqual(working.add(start, short));
        expect(working.add(start, long)).toBeGreaterThanOrEqual(working.add(start, short));
      }),
      { numRuns: 200 },
    );
  });

  it('adds up: two spans make one', () => {
    fc.assert(
      fc.property(calendar, fc.tuple(instant, instant, instant), (found, instants) => {
        const [first = 0, middle = 0, last = 0] = [...instants].sort((a, b) => a - b);
        const working = new WorkingTime(found);
        const sum = working.between(first, middle) + working.between(middle, last);
        expect(sum).toBe(working.between(first, last));
        expect(working.between(last, first)).toBe(0 - working.between(first, last));
      }),
      { numRuns: 200 },
    );
  });
});

describe('calendarFaults', () => {
  const codes = (calendar: BusinessCalendar): string[] =>
    calendarFaults(calendar).map(({ pointer, code }) => `${pointer} ${code}`);

  it('finds nothing wrong with a usual one', () => {
    expect(codes(BERLIN)).toEqual([]);
  });

  it('finds everything at once', () => {
    expect(
      codes({
        time_zone: 'Europe/Nowhere',
        working_hours: {
          monday: [{ from: '10:00', to: '9:00' }],
          tuesday: [
            { from: '09:00', to: '12:00' },
            { from: '11:59', to: '24:00' },
          ],
          wednesday: [{ from: '22:00', to: '06:00' }],
        },
        holidays: [
          { date: '2026-02-30', name: 'x' },
          { date: '2026-01-01', name: 'a' },
          { date: '2026-01-01', name: 'b' },
        ],
      }),
    ).toEqual([
      '/time_zone unknown_time_zone',
      '/working_hours/monday/0 invalid_working_hours',
      '/working_hours/tuesday/1 overlapping_working_hours',
      '/working_hours/wednesday/0 invalid_working_hours',
      '/holidays/0/date invalid_date',
      '/holidays/2/date duplicate_holiday',
    ]);
  });

  it('wants enough working time for deadlines to end', () => {
    const saturday = [{ from: '09:00', to: '13:00' }];
    expect(codes({ ...BERLIN, working_hours: { saturday } })).toEqual([
      '/working_hours too_little_working_time',
    ]);
  });
});
