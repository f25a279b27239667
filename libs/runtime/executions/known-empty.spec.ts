import { KnownEmpty } from './known-empty.js';

describe('KnownEmpty', () => {
  it('knows of what was found empty, for workers of the same types', () => {
    const known = new KnownEmpty(60_000);
    known.ask(['a']).remember();
    expect(known.ask(['a']).is_empty).toBe(true);
    expect(known.ask(['a', 'b']).is_empty).toBe(false);
  });

  it('knows nothing after news, nor of a question that the news overtook', () => {
    const known = new KnownEmpty(60_000);
    known.ask(['a']).remember();
    const asked = known.ask(['b']);
    known.forget();
    asked.remember();
    expect(known.ask(['a']).is_empty).toBe(false);
    expect(known.ask(['b']).is_empty).toBe(false);
  });

  it('believes nothing for longer than it was told to', () => {
    const known = new KnownEmpty(0);
    known.ask(['a']).remember();
    expect(known.ask(['a']).is_empty).toBe(false);
  });
});
