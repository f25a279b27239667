import { AnswerCache } from './answer-cache.js';

describe('AnswerCache', () => {
  let now = 0;
  let computed = 0;
  const compute = (cost: number) => async () => {
    now += cost;
    return (computed += 1);
  };
  beforeEach(() => {
    now = 0;
    computed = 0;
  });
  const newCache = () => new AnswerCache<number>(() => now);

  it('gives an answer again for twenty times as long as it took', async () => {
    const cache = newCache();
    expect(await cache.get('a', compute(10))).toBe(1);
    now += 199;
    expect(await cache.get('a', compute(10))).toBe(1);
    now += 1;
    expect(await cache.get('a', compute(10))).toBe(2);
  });

  it('gives none that is older than a minute', async () => {
    const cache = newCache();
    await cache.get('a', compute(5_000));
    now += 59_999;
    expect(await cache.get('a', compute(0))).toBe(1);
    now += 1;
    expect(await cache.get('a', compute(0))).toBe(2);
  });

  it('computes once for all who ask meanwhile, and apart for another question', async () => {
    const cache = newCache();
    const answers = await Promise.all([
      cache.get('a', compute(1)),
      cache.get('a', compute(1)),
      cache.get('b', compute(1)),
    ]);
    expect(answers).toEqual([1, 1, 2]);
  });

  it('keeps no failure', async () => {
    const cache = newCache();
    const fail = () => Promise.reject(new Error('away'));
    await expect(cache.get('a', fail)).rejects.toThrow('away');
    expect(await cache.get('a', compute(1))).toBe(1);
  });

  it('forgets the oldest of too many', async () => {
    const cache = newCache();
    for (let key = 0; key <= 200; key += 1) await cache.get(String(key), compute(1));
    expect(await cache.get('200', compute(1))).toBe(201);
    expect(await cache.get('0', compute(1))).toBe(202);
  });
});
