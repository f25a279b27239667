import fc from 'fast-check';

import { fieldNames } from './fields.js';
import { compileForm } from './form.js';

const formOf = (form_schema: Record<string, unknown>) => {
  const { form, faults } = compileForm(form_schema);
  expect(faults).toEqual([]);
  if (!form) throw new Error('There is no form.');
  return form;
};
const faultsOf = (form_schema: Record<string, unknown>, output: unknown) =>
  formOf(form_schema)
    .faultsOf(output, '')
    .map(({ pointer, code }) => `${pointer} ${code}`);
const definedWrong = (form_schema: Record<string, unknown>) =>
  compileForm(form_schema).faults.map(({ pointer, code }) => `${pointer} ${code}`);

describe('a form of fields', () => {
  const FORM = {
    title: 'Expenses',
    fields: [
      'note',
      { name: 'amount', type: 'number', required: true, min: 0, max: 1000 },
      { name: 'reason', label: 'The reason', type: 'text', required: true, max_length: 10 },
      { name: 'kind', type: 'select', options: ['travel', { value: 'food', label: 'Food' }] },
      { name: 'days', type: 'multiselect', options: ['mo', 'tu'] },
      { name: 'when', type: 'date' },
      { name: 'code', type: 'text', pattern: '^[A-Z]{3}$' },
      { name: 'guests', type: 'list', items: { type: 'object', fields: { name: 'text' } }, max: 2 },
      {
        name: 'address',
        type: 'object',
        required: true,
        fields: { city: { type: 'text', required: true } },
      },
    ],
  };

  it('takes what is as it asks for, whatever else is sent', () => {
    const output = {
      note: 7,
      amount: 12.5,
      reason: 'Lunch',
      kind: 'food',
      days: ['tu'],
      when: '2026-11-28',
      code: null,
      guests: [{ name: 'Ada' }],
      address: { city: 'Kiel', zip: 1 },
      more: true,
    };
    expect(faultsOf(FORM, output)).toEqual([]);
  });

  it('tells everything that is wrong, each at its place', () => {
    const output = {
      amount: 1001,
      reason: '',
      kind: 'fuel',
      days: ['mo', 'we'],
      when: '2026-02-30',
      code: 'abc',
      guests: [{ name: 1 }, {}, {}],
      address: {},
    };
    expect(faultsOf(FORM, output)).toEqual([
      '/amount maximum',
      '/reason min_length',
      '/kind enum',
      '/days/1 enum',
      '/when format',
      '/code pattern',
      '/guests max_items',
      '/guests/0/name type',
      '/address/city required',
    ]);
    expect(formOf(FORM).faultsOf({}, '/o')).toContainEqual({
      pointer: '/o/reason',
      code: 'required',
      message: 'The reason is required.',
    });
  });

  it('may be types by their names, and closed to all else', () => {
    const form = { fields: { amount: 'integer', to: 'email' }, additional_fields: false };
    expect(faultsOf(form, { amount: 1, to: 'a@b.example' })).toEqual([]);
    expect(faultsOf(form, { amount: 1.5, to: 'a', other: 1 })).toEqual([
      '/amount type',
      '/to format',
      '/other not_allowed',
    ]);
  });

  it('asks for nothing where it is empty', () => {
    expect(compileForm({})).toEqual({ form: null, faults: [] });
    expect(faultsOf({ fields: [] }, { any: 1 })).toEqual([]);
    expect(faultsOf({ fields: ['x'] }, { x: { y: 1 } })).toEqual([]);
  });

  it('is refused with everything that is wrong with it', () => {
    expect(
      definedWrong({
        additional_fields: 1,
        fields: [
          'a',
          'a',
          {},
          5,
          { name: 'b', type: 'colour', required: 'yes' },
          { name: 'c', type: 'text', min: -1, pattern: 5 },
          { name: 'd', type: 'select', options: [] },
          { name: 'e', type: 'list', items: 'colour' },
        ],
      }),
    ).toEqual([
      '/additional_fields is_boolean',
      '/fields/1 duplicate_name',
      '/fields/2/name required',
      '/fields/3 required',
      '/fields/4/type unknown_value',
      '/fields/5/min is_int',
      '/fields/5/pattern is_text',
      '/fields/6/options is_array',
      '/fields/7/items unknown_value',
    ]);
    expect(definedWrong({ fields: { a: { type: 'text', pattern: '(?=a)' } } })).toEqual([
      '/fields/a/pattern bad_pattern',
    ]);
    expect(definedWrong({ fields: 'x' })).toEqual(['/fields is_array']);
  });

  it('fills in the fields that it names, in either format', () => {
    expect(fieldNames(FORM)).toEqual(
      'note amount reason kind days when code guests address'.split(' '),
    );
    expect(fieldNames({ fields: { a: 'text' } })).toEqual(['a']);
    expect(fieldNames({ properties: { a: {}, fields: {} } })).toEqual(['a', 'fields']);
    expect(fieldNames({})).toEqual([]);
  });
});

describe('a form of a schema', () => {
  it('is refused with everything that is wrong with it', () => {
    expect(
      definedWrong({
        $schema: 'http://json-schema.org/draft-07/schema#',
        type: 'objekt',
        required: true,
        properties: {
          a: { $ref: 'https://example.com/a.json' },
          b: { $ref: '#/$defs/none', pattern: '(' },
          c: { items: [{}], minimum: '1', minLength: 1.5 },
          d: 7,
        },
        dependencies: {},
        multipleOf: 0,
      }),
    ).toEqual([
      '/$schema unknown_dialect',
      '/type unknown_value',
      '/required is_array',
      '/properties/b/pattern bad_pattern',
      '/properties/c/items older_draft',
      '/properties/c/minimum is_number',
      '/properties/c/minLength is_int',
      '/properties/d is_schema',
      '/dependencies older_draft',
      '/multipleOf is_positive',
      '/properties/a/$ref remote_reference',
      '/properties/b/$ref unknown_reference',
    ]);
  });
});

/** A form, an output that fits it, and how to break each of its fields. */
const KINDS = {
  number: { field: { type: 'number', min: 0 }, good: fc.nat(), bad: fc.constantFrom(-1, 'x', []) },
  text: {
    field: { type: 'text', max_length: 3 },
    good: fc.string({ minLength: 1, maxLength: 3, unit: 'grapheme-ascii' }),
    bad: fc.constantFrom(5, 'long', {}),
  },
  date: {
    field: { type: 'date' },
    good: fc.constantFrom('2026-11-28', '2024-02-29'),
    bad: fc.constantFrom('2026-02-29', '28.11.2026', 7),
  },
  choice: {
    field: { type: 'select', options: ['a', 1] },
    good: fc.constantFrom('a', 1),
    bad: fc.constantFrom('b', 2, '1'),
  },
  list: {
    field: { type: 'list', items: 'integer' },
    good: fc.array(fc.integer(), { maxLength: 3 }),
    bad: fc.constantFrom('x', 7, { 0: 1 }),
  },
} as const;

const planted = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 8 }),
  fc.constantFrom(...Object.values(KINDS)).chain(({ field, good, bad }) =>
    fc.record({
      field: fc.constant({ ...field, required: true }),
      good: good as fc.Arbitrary<unknown>,
      bad: bad as fc.Arbitrary<unknown>,
      fate: fc.constantFrom('good', 'bad', 'missing'),
    }),
  ),
  { maxKeys: 12 },
);

describe('any form', () => {
  const pointer = (name: string) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;

  it('finds every fault that was planted, and no other', () => {
    fc.assert(
      fc.property(planted, (plan) => {
        const fields = Object.entries(plan).map(([name, { field }]) => ({ name, ...field }));
        const output = Object.fromEntries(
          Object.entries(plan).flatMap(([name, { fate, good, bad }]) =>
            fate === 'missing' ? [] : [[name, fate === 'good' ? good : bad]],
          ),
        );
        const wrong = Object.entries(plan).flatMap(([name, { fate }]) =>
          fate === 'good' ? [] : [pointer(name)],
        );
        const found = formOf({ fields }).faultsOf(output, '');
        expect(new Set(found.map((fault) => fault.pointer))).toEqual(new Set(wrong));
        expect(found).toHaveLength(wrong.length);
      }),
      { numRuns: 300 },
    );
  });

  it('says the same as the schema that means the same', () => {
    fc.assert(
      fc.property(planted, fc.jsonValue(), (plan, output) => {
        const schema = {
          type: 'object',
          required: Object.keys(plan),
          properties: Object.fromEntries(
            Object.keys(plan).map((name) => [name, { type: 'number', minimum: 0 }]),
          ),
        };
        const fields = Object.keys(plan).map((name) => ({
          name,
          type: 'number',
          min: 0,
          required: true,
        }));
        expect(formOf({ fields }).faultsOf(output, '')).toEqual(
          formOf(schema).faultsOf(output, ''),
        );
      }),
      { numRuns: 200 },
    );
  });
});
