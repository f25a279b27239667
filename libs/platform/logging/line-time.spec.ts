import { lineTime } from './line-time.js';

describe('lineTime', () => {
  it.each([0, 7, 999, 1000, 1001, 1_798_000_000_042, 1_798_000_000_999, 1_798_000_001_000, 1])(
    'is the ISO form of %d',
    (now) => {
      expect(lineTime(now)).toBe(`,"time":"${new Date(now).toISOString()}"`);
    },
  );
});
