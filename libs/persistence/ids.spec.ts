import { newId } from './ids.js';

describe('newId', () => {
  it('gives UUIDs of version 7 with the time in front', () => {
    const before = Date.now();
    const id = newId();
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const time = Number.parseInt(id.slice(0, 13).replace('-', ''), 16);
    expect(time).toBeGreaterThanOrEqual(before);
    // a burst in the same millisecond before this one borrows from the next
    expect(time - Date.now()).toBeLessThan(1_000);
  });

  it('increases, also where more are asked for than a millisecond has', () => {
    const ids = Array.from({ length: 20_000 }, newId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.toSorted()).toEqual(ids);
  });
});
