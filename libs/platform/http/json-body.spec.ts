import { parseBody } from './json-body.js';

const parse = (text: string) => parseBody(Buffer.from(text));

describe('parseBody', () => {
  it('takes any JSON, and nothing for nothing', () => {
    expect(parse('{"a":[1,"ü"]}')).toEqual({ a: [1, 'ü'] });
    expect(parse('')).toBeUndefined();
  });

  it.each(['{', '{"a":1,}', 'undefined', "{'a':1}", '{"a":1}{', '\ufeff{]'])(
    'refuses %p without quoting it',
    (text) => {
      expect(() => parse(text)).toThrow(
        expect.objectContaining({
          faults: [expect.objectContaining({ pointer: '', code: 'malformed_json' })],
        }) as Error,
      );
    },
  );

  it('says where it stopped, not what was there', () => {
    expect(() => parse('{"password":"s3cret" x}')).toThrow(/character 21/);
    expect(() => parse('{"password":"s3cret" x}')).not.toThrow(/s3cret/);
  });

  it('refuses bytes that are no UTF-8', () => {
    expect(() => parseBody(Buffer.from([0x22, 0xff, 0x22]))).toThrow(/UTF-8/);
  });

  it('makes no prototype of what was sent', () => {
    expect(() => parse('{"__proto__":{"admin":true}}')).toThrow(/__proto__/);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it.each([
    ['{"a":["\\u0000"]}', '/a/0'],
    ['{"\\u0000":1}', ''],
    ['{"a":{"b":"\\ud800"}}', '/a/b'],
    ['{"a":"\\\\u","b":"\\uDFFF"}', '/b'],
  ])('refuses text that cannot be stored: %s', (text, pointer) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        faults: [expect.objectContaining({ pointer, code: 'unstorable_text' })],
      }) as Error,
    );
  });

  it.each([[0x00], [0xed, 0xa0, 0x80]])('refuses the same as bytes: %p', (...bytes) => {
    const body = Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')]);
    expect(() => parseBody(body)).toThrow(
      expect.objectContaining({
        faults: [expect.objectContaining({ code: 'malformed_json' })],
      }) as Error,
    );
  });

  it('leaves the text that others quote as it is', () => {
    expect(parse('{"path":"C:\\\\users","heart":"\\u2764"}')).toEqual({
      path: 'C:\\users',
      heart: '❤',
    });
  });
});
