import fc from 'fast-check';

import { newGraph, newTask } from '../../../test/factories/task-graph.factory.js';
import { expandFanOuts, fanOutFaults, gathered, MAX_ITEMS } from './fan-out.js';
import type { ForEach, GatherHandler, JsonObject, TaskDefinition } from './types.js';

const each = (more: Partial<ForEach> = {}): ForEach => ({
  items: 'lines',
  item_name: 'line',
  index_name: 'place',
  ...more,
});
const expanded = (
  for_each: ForEach,
  data: JsonObject = { lines: ['a', 'b', 'c'] },
): TaskDefinition[] =>
  expandFanOuts(
    newGraph({
      tasks: [
        newTask({ task_id: 'first' }),
        newTask({ task_id: 'pack', dependencies: ['first'], input_data: { n: 1 }, for_each }),
        newTask({ task_id: 'last', dependencies: ['pack'] }),
      ],
    }),
    data,
  ).tasks;
const edges = (tasks: readonly TaskDefinition[]) =>
  Object.fromEntries(tasks.map(({ task_id, dependencies }) => [task_id, dependencies]));

describe('expandFanOuts', () => {
  it('makes a task for each item, and of the template the one that gathers them', () => {
    const tasks = expanded(each());
    expect(edges(tasks)).toEqual({
      first: [],
      'pack:0': ['first'],
      'pack:1': ['first'],
      'pack:2': ['first'],
      pack: ['pack:0', 'pack:1', 'pack:2'],
      last: ['pack'],
    });
    expect(tasks[2]).toMatchObject({
      input_data: { n: 1, line: 'b', place: 1 },
      item: { of: 'pack', index: 1 },
    });
    expect(tasks[4]?.handler).toEqual({ type: 'gather', tolerated: 0 });
  });

  it('says how many items may go at a time, and lets none wait for another', () => {
    const [, ...items] = expanded(each({ max_concurrency: 2 })).slice(0, 4);
    expect(items.map(({ dependencies }) => dependencies)).toEqual([
      ['first'],
      ['first'],
      ['first'],
    ]);
    expect(items.map(({ item }) => item?.concurrency)).toEqual([2, 2, 2]);
  });

  it.each([
    [{}, 0],
    [{ tolerated_failures: 2 }, 2],
    [{ tolerated_failure_percentage: 50 }, 1],
    [{ tolerated_failures: 2, tolerated_failure_percentage: 100 }, 3],
  ])('tolerates with %j of three items %i', (more, tolerated) => {
    expect(expanded(each(more)).at(-2)?.handler).toMatchObject({ tolerated });
  });

  const toleratedOf = (items: number, tolerated_failure_percentage: number) => {
    const made = expanded(each({ tolerated_failure_percentage }), { lines: Array(items).fill(0) });
    return (made.at(-2)?.handler as GatherHandler).tolerated;
  };

  it('tolerates 69 of 375 by 18.4 percent, and not one less', () => {
    expect(toleratedOf(375, 18.4)).toBe(69);
    expect(toleratedOf(375, 18.39)).toBe(68);
  });

  it('tolerates just so many of a list as their share of it says', () => {
    const list = fc.integer({ min: 1, max: 500 });
    fc.assert(
      fc.property(list, fc.nat(), (items, n) => {
        const tolerated = n % (items + 1);
        expect(toleratedOf(items, (tolerated / items) * 100)).toBe(tolerated);
      }),
    );
    // hundredths of a percent, in whole numbers
    fc.assert(
      fc.property(list, fc.integer({ min: 0, max: 10_000 }), (items, hundredths) => {
        const exact = Math.floor((items * hundredths) / 10_000);
        expect(toleratedOf(items, hundredths / 100)).toBe(exact);
      }),
    );
  });

  it('gathers nothing from an empty list, after what it waited for', () => {
    expect(edges(expanded(each(), { lines: [] }))).toEqual({
      first: [],
      pack: ['first'],
      last: ['pack'],
    });
  });

  it('says what gave no list', () => {
    expect(expanded(each({ items: '1 + 1' }))[1]?.handler).toEqual({
      type: 'gather',
      tolerated: 0,
      fault: 'for_each gave no list but 2.',
    });
  });

  it('says so in text that can be stored, wherever it is cut', () => {
    const { handler } = expanded(each(), { lines: '😀'.repeat(150) })[1]!;
    expect(handler).toMatchObject({
      fault: expect.stringMatching(/^for_each gave no list but "😀/),
    });
    expect((handler as GatherHandler).fault?.isWellFormed()).toBe(true);
  });

  it.each([
    ['lines', MAX_ITEMS, 'an id'],
    ['lines', 25_000, { id: 'x', quantity: 1, price: 2 }],
    ['lines[item > 0]', 33_333, 1],
    ['for line in lines return line', 40_000, 1],
  ])('takes of %j up to %i like %j, as docs/parallel.md has it', (items, most, line) => {
    const first = (length: number) =>
      expanded(each({ items }), { lines: Array(length).fill(line) })[1]!;
    expect(first(most).task_id).toBe('pack:0');
    expect(first(most + 1)).toMatchObject({
      task_id: 'pack',
      handler: {
        fault:
          'for_each could not make its list: the expression exceeds the limit of 200000 for steps. Make it shorter, or of ids alone.',
      },
    });
  });

  it('makes no more items of all lists than one list may have, in the order of the tasks', () => {
    const some = (items: number) => Array.from({ length: items }, (_, index) => index);
    const graph = newGraph({
      tasks: ['a', 'b', 'c'].map((list) =>
        newTask({ task_id: list, for_each: each({ items: list }) }),
      ),
    });
    const { tasks } = expandFanOuts(graph, {
      a: some(MAX_ITEMS - 2),
      b: some(3),
      c: some(2),
    });
    expect(tasks).toHaveLength(MAX_ITEMS + 3);
    expect(tasks.filter(({ handler }) => handler?.type === 'gather')).toMatchObject([
      { task_id: 'a', handler: { tolerated: 0 } },
      {
        task_id: 'b',
        dependencies: [],
        handler: {
          fault: 'for_each gave 3 items, beside 99998 of other lists; at most 100000 can be.',
        },
      },
      { task_id: 'c', dependencies: ['c:0', 'c:1'] },
    ]);
  });

  it('leaves a graph without fan-outs as it is', () => {
    const graph = newGraph({});
    expect(expandFanOuts(graph, {})).toBe(graph);
  });
});

describe('fanOutFaults', () => {
  it('finds what does not parse, and names that items will have', () => {
    const faults = fanOutFaults([
      newTask({ task_id: 'a', for_each: each({ items: '[1,' }) }),
      newTask({ task_id: 'a:7' }),
      newTask({ task_id: 'x'.repeat(95), for_each: each() }),
      newTask({ task_id: 'b:7' }),
      newTask({ task_id: 'c', for_each: each({ items: '["a\\u0000"]' }) }),
    ]);
    expect(faults.map(({ pointer }) => pointer)).toEqual([
      '/tasks/0/for_each/items',
      '/tasks/1/task_id',
      '/tasks/2/task_id',
      '/tasks/4/for_each/items',
    ]);
  });
});

describe('the names of a fan-out', () => {
  const faultsOf = (more: Partial<ForEach>) =>
    fanOutFaults([newTask({ task_id: 'a', for_each: each(more) })]).map(({ pointer, code }) => [
      pointer.replace('/tasks/0/for_each/', ''),
      code,
    ]);

  it('are two', () => {
    expect(faultsOf({ item_name: 'x', index_name: 'x' })).toEqual([
      ['index_name', 'duplicate_name'],
    ]);
    expect(faultsOf({ item_name: 'x', index_name: 'y' })).toEqual([]);
  });

  it.each(['input', 'null', 'for'])('are not %j, which means something else', (name) => {
    expect(faultsOf({ item_name: name })).toEqual([['item_name', 'reserved_name']]);
    expect(faultsOf({ index_name: name })).toEqual([['index_name', 'reserved_name']]);
  });
});

describe('gathered', () => {
  it('keeps the order of the list, with null for what failed', () => {
    expect(
      gathered([
        { output_data: { n: 1 }, error_message: null },
        { output_data: null, error_message: 'no' },
        { output_data: { n: 3 }, error_message: null },
      ]),
    ).toEqual({ results: [{ n: 1 }, null, { n: 3 }], failed: [{ index: 1, error: 'no' }] });
  });
});
