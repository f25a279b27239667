import fc from 'fast-check';

import { compile } from '#engine/expression';

import { analyseTable } from './analysis.js';
import { compileTable } from './compiled-table.js';
import { decideByTable } from './decide.js';
import { examineTable, tableFaults, tableWarnings } from './faults.js';
import type { DecisionTable, TableRule } from './types.js';

function newTable(
  rows: [inputs: string[], ...outputs: string[]][],
  changes: Partial<DecisionTable> = {},
): DecisionTable {
  const width = rows[0]?.[0].length ?? 0;
  return {
    table_id: 'discount',
    table_name: 'Discount',
    hit_policy: 'unique',
    aggregation: null,
    inputs: Array.from({ length: width }, (_, index) => ({
      label: `in${index}`,
      expression: `in${index}`,
    })),
    outputs: (rows[0]?.slice(1) ?? []).map((_, index) => ({
      name: `out${index}`,
      values: [],
      default_value: null,
    })),
    rules: rows.map(([inputs, ...outputs], index) => ({
      rule_id: `r${index + 1}`,
      inputs,
      outputs,
      annotation: '',
    })),
    ...changes,
  };
}

const decide = (table: DecisionTable, context: object): ReturnType<typeof decideByTable> =>
  decideByTable(compileTable(table), context, { now: 0 });

describe('hit policies', () => {
  const overlapping: [string[], string][] = [
    [['> 10'], '1'],
    [['> 5'], '2'],
    [['> 0'], '2'],
  ];

  it('unique: the one rule that matches; two are a violation that names them', () => {
    const table = newTable([
      [['"gold"', '>= 100'], '20'],
      [['"gold"', '< 100'], '10'],
      [['not("gold")', '-'], '0'],
    ]);
    expect(decide(table, { in0: 'gold', in1: 100 })).toMatchObject({
      output: 20,
      matched_rules: ['r1'],
    });
    expect(decide(table, { in0: 'silver', in1: 1 })).toMatchObject({
      output: 0,
      matched_rules: ['r3'],
    });
    const violated = decide(newTable(overlapping), { in0: 7 });
    expect(violated).toMatchObject({ output: null, matched_rules: ['r2', 'r3'] });
    expect(violated.undecided_because).toContain('more than one rule matches');
  });

  it('first: the first in the order of the rules', () => {
    expect(decide(newTable(overlapping, { hit_policy: 'first' }), { in0: 7 })).toMatchObject({
      output: 2,
      matched_rules: ['r2'],
    });
  });

  it('any: rules may match together when they agree', () => {
    const table = newTable(overlapping, { hit_policy: 'any' });
    expect(decide(table, { in0: 7 })).toMatchObject({ output: 2, undecided_because: null });
    expect(decide(table, { in0: 11 }).undecided_because).toContain('differ');
  });

  it('priority and output order: by the order of the output values', () => {
    const outputs = [{ name: 'risk', values: ['"high"', '"low"'], default_value: null }];
    const rows: [string[], string][] = [
      [['> 0'], '"low"'],
      [['> 5'], '"high"'],
    ];
    expect(decide(newTable(rows, { hit_policy: 'priority', outputs }), { in0: 7 })).toMatchObject({
      output: 'high',
      matched_rules: ['r2'],
    });
    expect(
      decide(newTable(rows, { hit_policy: 'output_order', outputs }), { in0: 7 }).output,
    ).toEqual(['high', 'low']);
    expect(decide(newTable(rows, { hit_policy: 'rule_order' }), { in0: 7 }).output).toEqual([
      'low',
      'high',
    ]);
  });

  it.each([
    ['sum', 5],
    ['min', 1],
    ['max', 2],
    ['count', 3],
    [null, [1, 2, 2]],
  ] as const)('collect with %s', (aggregation, output) => {
    const table = newTable(overlapping, { hit_policy: 'collect', aggregation });
    expect(decide(table, { in0: 11 }).output).toEqual(output);
  });

  it('say when nothing matches, unless there is a default', () => {
    const table = newTable(overlapping, { hit_policy: 'first' });
    expect(decide(table, { in0: 0 }).undecided_because).toContain('no rule matches');
    const withDefault = {
      ...table,
      outputs: [{ name: 'out0', values: [], default_value: '"none"' }],
    };
    expect(decide(withDefault, { in0: 0 })).toMatchObject({
      output: 'none',
      undecided_because: null,
    });
  });

  it('give several outputs as an object by name', () => {
    expect(decide(newTable([[['-'], '1', '"a"']]), { in0: null }).output).toEqual({
      out0: 1,
      out1: 'a',
    });
  });
});

describe('faults', () => {
  it('find overlapping rules of a unique table, with an input that shows it', () => {
    const faults = tableFaults(
      newTable([
        [['[0..50]', '"HR"'], '1'],
        [['[50..100]', '-'], '2'],
      ]),
    );
    expect(faults).toMatchObject([{ pointer: '/rules/1', code: 'overlapping_rules' }]);
    expect(faults[0]?.message).toContain('{"in0":50,"in1":"HR"}');
    expect(
      tableFaults(
        newTable([
          [['[0..50)', '"HR"'], '1'],
          [['[50..100]', '-'], '2'],
        ]),
      ),
    ).toEqual([]);
  });

  it('find gaps, with an input that falls into them', () => {
    const warnings = tableWarnings(
      newTable([
        [['< 10'], '1'],
        [['> 20'], '2'],
        [['10'], '3'],
      ]),
    );
    expect(warnings.map(({ code }) => code)).toEqual(['gap', 'gap']);
    expect(warnings[0]?.message).toContain('between 10 and 20');
  });

  it('list everything that does not parse or fit, with pointers', () => {
    const table = newTable([[['>>'], '1 +']], { hit_policy: 'priority', aggregation: 'sum' });
    table.rules.push({ rule_id: 'r1', inputs: [], outputs: ['1'], annotation: '' });
    expect(tableFaults(table).map(({ pointer }) => pointer)).toEqual([
      '/rules/1/rule_id',
      '/rules/1/inputs',
      '/rules/0/inputs/0',
      '/rules/0/outputs/0',
      '/aggregation',
      '/outputs/0/values',
    ]);
  });

  it('say what could not be analysed', () => {
    const { incomplete, gaps } = analyseTable(
      compileTable(newTable([[['starts with(?, "a")'], '1']])),
    );
    expect(gaps).toEqual([]);
    expect(incomplete[0]).toContain('in0');
  });
});

describe('large and hostile tables', () => {
  it('texts in a range are compared, not only with its ends', () => {
    const table = newTable(
      [
        [['["a".."m"]'], '1'],
        [['< "c"'], '2'],
      ],
      { hit_policy: 'rule_order' },
    );
    expect(decide(table, { in0: 'b' }).matched_rules).toEqual(['r1', 'r2']);
    expect(decide(table, { in0: 'd' }).matched_rules).toEqual(['r1']);
  });

  it('name the limit when their cells take too much work together', () => {
    const costly = '? = sum(for i in 1..1000 return i)';
    const table = newTable(
      Array.from({ length: 500 }, (): [string[], string] => [[costly], '1']),
      { hit_policy: 'collect' },
    );
    expect(decide(table, { in0: 1 }).undecided_because).toBe(
      'the decision table exceeds the limit of 200000 for steps',
    );
  });

  it('of 2,000 rules are looked through for overlaps and gaps, whatever their cells are like', () => {
    const table = (cellsOf: (row: number) => string[], also: string[][] = []): DecisionTable =>
      newTable(
        [...Array.from({ length: 2_000 }, (_, row) => cellsOf(row)), ...also].map((cells) => [
          cells,
          '1',
        ]),
        { hit_policy: 'unique' },
      );
    const bands = (row: number): string[] => [`[${row}..${row + 1})`, `"t${row % 20}"`, '-'];
    const lists = (row: number): string[] => [`"a${row}", "b${row}"`, `"x", "y${row}"`];
    expect(examineTable(table(bands)).faults).toEqual([]);
    expect(examineTable(table(lists)).faults).toEqual([]);
    expect(examineTable(table(bands, [['1999.5', '"t19"', '-']])).faults).toMatchObject([
      { code: 'overlapping_rules', pointer: '/rules/2000' },
    ]);
    expect(examineTable(table(lists, [['"b7"', '"x"']])).faults).toMatchObject([
      { message: expect.stringContaining('{"in0":"b7","in1":"x"}') as string },
    ]);
  });
});

describe('properties', () => {
  const number = fc.integer({ min: -3, max: 6 });
  const numberCell = fc.oneof(
    fc.constant('-'),
    number.map(String),
    number.map((n) => `< ${n}`),
    number.map((n) => `>= ${n}`),
    fc.tuple(number, number).map(([a, b]) => `[${Math.min(a, b)}..${Math.max(a, b)})`),
    number.map((n) => `not(${n})`),
    fc.tuple(number, number).map(([a, b]) => `${a}, ${b}`),
  );
  const word = fc.constantFrom('"a"', '"b"', '"c"');
  const wordCell = fc.oneof(
    fc.constant('-'),
    word,
    word.map((w) => `not(${w})`),
    fc.tuple(word, word).map(([a, b]) => `${a}, ${b}`),
  );
  const booleanCell = fc.constantFrom('-', 'true', 'false');
  const rows = fc.array(fc.tuple(numberCell, wordCell, booleanCell), {
    minLength: 1,
    maxLength: 8,
  });
  const data = fc.record({
    in0: fc.oneof(
      number,
      number.map((n) => n + 0.5),
      fc.constant(null),
    ),
    in1: fc.constantFrom('a', 'b', 'c', 'd', null),
    in2: fc.constantFrom(true, false, null),
  });
  const tableOf = (
    cells: [string, string, string][],
    hit_policy: DecisionTable['hit_policy'],
  ): DecisionTable =>
    newTable(
      cells.map((inputs, index) => [inputs, String(index)]),
      { hit_policy },
    );

  /** Slow and obvious: every cell of every row is tried. */
  const matches = ({ inputs }: TableRule, context: Record<string, unknown>): boolean =>
    inputs.every(
      (cell, column) =>
        cell === '-' ||
        compile(cell, { kind: 'unaryTests' }).test(context, { input: context[`in${column}`] })
          .matched,
    );

  it('the index finds the rules that trying every cell finds', () => {
    fc.assert(
      fc.property(rows, data, (cells, context) => {
        const table = tableOf(cells, 'rule_order');
        expect(decide(table, context).matched_rules).toEqual(
          table.rules.filter((rule) => matches(rule, context)).map(({ rule_id }) => rule_id),
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it('every overlap and gap that is told is one, and without any told there is none', () => {
    fc.assert(
      fc.property(rows, fc.array(data, { maxLength: 20 }), (cells, contexts) => {
        const table = tableOf(cells, 'unique');
        const { overlaps, gaps, incomplete } = analyseTable(compileTable(table));
        expect(incomplete).toEqual([]);
        const count = (context: Record<string, unknown>): number =>
          table.rules.filter((rule) => matches(rule, context)).length;
        const whole = (example: object): Record<string, unknown> => ({
          in0: 0,
          in1: 'a',
          in2: true,
          ...example,
        });
        for (const { example } of overlaps) expect(count(whole(example))).toBeGreaterThan(1);
        for (const { example } of gaps) expect(count(whole(example))).toBe(0);
        for (const context of contexts) {
          if (Object.values(context).includes(null)) continue;
          if (overlaps.length === 0) expect(count(context)).toBeLessThan(2);
          if (gaps.length === 0) expect(count(context)).toBeGreaterThan(0);
        }
      }),
      { numRuns: 500 },
    );
  });
});
