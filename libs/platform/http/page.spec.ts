import fc from 'fast-check';
import { decodeCursor, encodeCursor, pageOf } from './page.js';

const ID = '0190f2a8-7b5c-7def-8123-456789abcdef';

describe('cursors', () => {
  it('come back as they went', () => {
    const keys = ['2026-01-02T03:04:05.678Z', ID, 'naïve "text"', -7] as const;
    expect(decodeCursor(encodeCursor(keys), ['time', 'uuid', 'text', 'integer'])).toEqual(keys);
  });

  it('never let a query see what they should not hold', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.base64String(), fc.jsonValue().map(asCursor)),
        (cursor) => {
          try {
            const [id, place] = decodeCursor(cursor, ['uuid', 'integer']);
            expect(id).toMatch(/^[0-9a-f-]{36}$/i);
            expect(Number.isSafeInteger(place)).toBe(true);
          } catch (error) {
            expect(error).toMatchObject({
              faults: [{ pointer: '?cursor', code: 'cursor_invalid' }],
            });
          }
        },
      ),
    );
  });

  it.each([
    ['another list', encodeCursor([ID, 1])],
    ['no UUID', encodeCursor(["' or 1=1"])],
    ['NUL', encodeCursor(['a\u0000'])],
    ['nothing', ''],
  ])('of %s are refused', (_, cursor) => {
    expect(() => decodeCursor(cursor, ['uuid'])).toThrow(/does not belong to this list/);
  });
});

function asCursor(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

describe('pageOf', () => {
  const rows = [1, 2, 3].map((id) => ({ id }));
  const page = (limit: number) =>
    pageOf(
      rows,
      limit,
      ({ id }) => [id],
      ({ id }) => `item ${id}`,
    );

  it('points behind the last item that it shows', () => {
    const { items, next_cursor } = page(2);
    expect(items).toEqual(['item 1', 'item 2']);
    expect(decodeCursor(next_cursor!, ['integer'])).toEqual([2]);
  });

  it('has no next page when every row fits', () => {
    expect(page(3)).toEqual({ items: ['item 1', 'item 2', 'item 3'], next_cursor: null });
  });
});
