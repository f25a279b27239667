import fc from 'fast-check';
import { inspectJson, MAX_DEPTH } from './body-check.js';

const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) });

describe('inspectJson', () => {
  it('has nothing against ordinary JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8, noUnicodeString: false }), (value) => {
        fc.pre(!JSON.stringify(value).includes('\\u0000'));
        fc.pre(!/__proto__|\\ud[89a-f]/i.test(JSON.stringify(value)));
        expect(inspectJson(value)).toEqual([]);
      }),
    );
  });

  it(`takes ${MAX_DEPTH} levels and no more`, () => {
    expect(inspectJson(nested(MAX_DEPTH))).toEqual([]);
    const [fault, ...others] = inspectJson({ x: nested(MAX_DEPTH) });
    expect(fault).toMatchObject({ code: 'too_deep', pointer: `/x${'/a'.repeat(MAX_DEPTH - 1)}` });
    expect(others).toEqual([]);
  });

  it('does not run out of stack on the deepest body that fits into 1 MiB', () => {
    const value: unknown = JSON.parse('['.repeat(500_000) + ']'.repeat(500_000));
    expect(inspectJson(value)).toHaveLength(1);
  });

  it('finds what PostgreSQL cannot store, in values and in keys', () => {
    const faults = inspectJson(
      JSON.parse('{"a":["ok","x\\u0000"],"b\\u0000":1,"c":"\\ud800","d":"\\ud83d\\ude00"}'),
    );
    expect(faults.map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/a/1', 'unstorable_text'],
      ['', 'unstorable_text'],
      ['/c', 'unstorable_text'],
    ]);
  });

  it('refuses keys that reach for a prototype', () => {
    const faults = inspectJson(
      JSON.parse(
        '{"a":{"__proto__":{"admin":true}},"constructor":{"prototype":{}},"b":{"constructor":1}}',
      ),
    );
    expect(faults.map(({ pointer }) => pointer)).toEqual(['/a/__proto__', '/constructor']);
  });

  it('refuses numbers that would be stored as null', () => {
    expect(inspectJson(JSON.parse('{"n":1e999,"m":1e308}'))).toMatchObject([
      { pointer: '/n', code: 'number_too_large' },
    ]);
  });

  it('escapes the pointer', () => {
    expect(inspectJson({ 'a/b~c': '\u0000' })[0]?.pointer).toBe('/a~1b~0c');
  });

  it('stops listing at a hundred', () => {
    expect(inspectJson(Array.from({ length: 5000 }, () => '\u0000'))).toHaveLength(100);
  });
});
