import { lookupsOn } from './lookups.js';

describe('lookupsOn', () => {
  it('has plans made anew, on each connection, at twice the age of the last time', () => {
    const connection = {};
    const renewed = [0, 100, 300, 400, 800, 1_000, 1_900].filter((now) =>
      lookupsOn(connection, now).includes('discard plans'),
    );
    expect(renewed).toEqual([300, 800, 1_900]);
    expect(lookupsOn({}, 2_000)).not.toContain('discard plans');
  });

  it('has them made anew twice a minute at the latest', () => {
    const connection = {};
    const seconds = Array.from({ length: 600 }, (_, second) => second);
    const renewed = seconds.filter((second) =>
      lookupsOn(connection, second * 1_000).includes('discard plans'),
    );
    expect(renewed.at(-1)).toBeGreaterThan(600 - 31);
  });
});
