import fc from 'fast-check';

import { compileForm } from './form.js';
import { LIMITS } from './types.js';

const codesOf = (form_schema: Record<string, unknown>) =>
  compileForm(form_schema).faults.map(({ code }) => code);

/** Of a form that is taken: what it says of an output, within the time that an output may take. */
const answer = (form_schema: Record<string, unknown>, output: unknown): string[] => {
  const { form, faults } = compileForm(form_schema);
  expect(faults).toEqual([]);
  const begun = performance.now();
  const codes = form?.faultsOf(output, '').map(({ code }) => code) ?? [];
  // some 100 ms on a machine with nothing else to do
  expect(performance.now() - begun).toBeLessThan(10_000);
  return codes;
};

const deep = (levels: number, bottom: unknown = 1): unknown => {
  let value = bottom;
  for (let level = 0; level < levels; level += 1) value = { next: value };
  return value;
};

describe('a hostile form', () => {
  it('that is too large or too deep is refused before it is looked into', () => {
    let nested: Record<string, unknown> = {};
    for (let level = 0; level < 100_000; level += 1) nested = { not: nested };
    expect(codesOf(nested)).toEqual(['form_too_large']);
    expect(codesOf({ fields: [{ name: 'a', type: 'object', fields: [nested] }] })).toEqual([
      'form_too_large',
    ]);
    expect(codesOf({ enum: Array.from({ length: 10_000 }, (_, index) => index) })).toEqual([
      'form_too_large',
    ]);
  });

  it('that leads back to itself is refused', () => {
    expect(codesOf({ $ref: '#' })).toEqual(['endless_reference']);
    expect(
      codesOf({
        $ref: '#/$defs/a',
        $defs: { a: { anyOf: [{ not: { $ref: '#/$defs/b' } }] }, b: { $ref: '#/$defs/a' } },
      }),
    ).toEqual(['endless_reference']);
    // not where the way leads through the data
    expect(answer({ properties: { next: { $ref: '#' } }, required: ['next'] }, deep(20))).toEqual(
      [],
    );
  });

  it('fetches nothing', () => {
    for (const $ref of ['http://127.0.0.1/', 'file:///etc/passwd', '//x/y', 'other.json', '?a#b']) {
      expect(codesOf({ $ref })).toEqual(['remote_reference']);
    }
    expect(codesOf({ properties: { a: { $id: 'https://x/', $ref: '#' } } })).toEqual(['nested_id']);
  });

  it('with patterns takes linear time, or is refused', () => {
    const words = 'a'.repeat(50_000);
    for (const pattern of ['(a+)+$', '^(a|a)*b$', '(.*)*x', '^(([a-z])+.)+[A-Z]([a-z])+$']) {
      const codes = answer({ properties: { a: { pattern } } }, { a: `${words}!` });
      expect(codes.every((code) => code === 'pattern')).toBe(true);
    }
    expect(codesOf({ pattern: '(a)\\1' })).toEqual(['bad_pattern']);
    expect(codesOf({ pattern: 'x'.repeat(2_000) })).toEqual(['pattern_too_large']);
    const many = Object.fromEntries(
      Array.from({ length: 200 }, (_, index) => [`p${index}`, { pattern: `x{900}${index}` }]),
    );
    expect(codesOf({ properties: many })).toContain('pattern_too_large');
  });

  it('that multiplies its work is given up', () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 40 }, (_, level) => {
        const next = { $ref: `#/$defs/d${level + 1}` };
        return [`d${level}`, { allOf: [next, next] }];
      }),
    );
    const bomb = { $ref: '#/$defs/d0', $defs: { ...$defs, d40: {} } };
    expect(answer(bomb, {})).toEqual(['too_much_to_check']);
    const both = { properties: { next: { anyOf: [{ $ref: '#' }, { $ref: '#' }] }, end: false } };
    expect(answer(both, deep(60, { end: 1 }))).toEqual(['too_much_to_check']);
    const unevaluated = { ...bomb, unevaluatedProperties: false };
    expect(answer(unevaluated, deep(1))).toEqual(['too_much_to_check']);
  });

  it('that is long to go through is given up before the stack is', () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 1_500 }, (_, level) => [`d${level}`, { $ref: `#/$defs/d${level + 1}` }]),
    );
    expect(answer({ $ref: '#/$defs/d0', $defs: { ...$defs, d1500: {} } }, 1)).toEqual([
      'too_much_to_check',
    ]);
  });

  it('compares many items in a time that grows with them alone', () => {
    const items = Array.from({ length: 50_000 }, (_, index) => index);
    expect(answer({ uniqueItems: true }, items)).toEqual([]);
    expect(answer({ uniqueItems: true }, [...items, 0])).toEqual(['unique_items']);
    const objects = items.map((index) => ({ a: { b: index } }));
    expect(answer({ items: { enum: [{ a: { b: -1 } }] } }, objects).length).toBeLessThanOrEqual(
      LIMITS.faults + 1,
    );
  });

  it('reaches no prototype', () => {
    const schema = JSON.parse(
      '{"properties": {"__proto__": {"type": "number"}, "toString": {"type": "number"}}, "required": ["constructor"]}',
    ) as Record<string, unknown>;
    expect(answer(schema, {})).toEqual(['required']);
    expect(
      answer(schema, JSON.parse('{"__proto__": "x", "constructor": 1, "toString": ""}')),
    ).toEqual(['type', 'type']);
    expect(codesOf(JSON.parse('{"fields": {"__proto__": "number"}}') as never)).toEqual([]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('of any shape is refused with faults or gives an answer, and never fails', () => {
    const keyword = fc.constantFrom(
      ...'$id $schema $ref $anchor $dynamicRef $defs allOf anyOf oneOf not if then else prefixItems items contains properties patternProperties additionalProperties propertyNames unevaluatedItems unevaluatedProperties dependentSchemas dependentRequired type enum const multipleOf maximum minLength pattern format required uniqueItems minContains title fields additional_fields name options'.split(
        ' ',
      ),
    );
    const word = fc.constantFrom(
      '#',
      '#/$defs/a',
      '#/properties/a',
      'a',
      '(',
      '^a+$',
      '\\p{Letter}',
      'string',
      'object',
      'date',
      'text',
      '%',
      '#%zz',
    );
    const { schema } = fc.letrec<{ schema: unknown }>((tie) => ({
      schema: fc.oneof(
        { depthSize: 'small', maxDepth: 6 },
        fc.oneof(fc.jsonValue({ maxDepth: 1 }), word, fc.integer({ min: -2, max: 5 })),
        fc.dictionary(fc.oneof(keyword, fc.constantFrom('a', 'b')), tie('schema'), { maxKeys: 5 }),
        fc.array(tie('schema'), { maxLength: 3 }),
      ),
    }));
    fc.assert(
      fc.property(
        fc.dictionary(keyword, schema, { minKeys: 1, maxKeys: 6 }),
        fc.jsonValue(),
        (form_schema, output) => {
          const { form, faults } = compileForm(form_schema);
          expect(form === null).toBe(faults.length > 0);
          for (const fault of faults) {
            expect(fault.message).not.toBe('');
            expect(fault.pointer).toMatch(/^(\/|$)/);
          }
          if (form) expect(Array.isArray(form.faultsOf(output, ''))).toBe(true);
        },
      ),
      { numRuns: 5_000 },
    );
  });
});
