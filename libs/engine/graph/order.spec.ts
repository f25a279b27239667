import fc from 'fast-check';

import { cycles, type OrderedTask, topologicalOrder } from './order.js';

const named = (needs: readonly (readonly number[])[]): OrderedTask[] =>
  needs.map((ids, n) => ({ task_id: `t${n}`, dependencies: ids.map((id) => `t${id}`) }));
const graphs = fc
  .integer({ min: 1, max: 12 })
  .chain((size) =>
    fc.array(fc.array(fc.nat({ max: size + 1 }), { maxLength: 3 }), {
      minLength: size,
      maxLength: size,
    }),
  )
  .map(named);

/** What each task waits for, however far away: by following every way. */
function reachable(tasks: readonly OrderedTask[]): Map<string, Set<string>> {
  const needs = new Map(tasks.map(({ task_id, dependencies }) => [task_id, dependencies]));
  return new Map(
    tasks.map(({ task_id }) => {
      const reached = new Set<string>();
      const next = [...(needs.get(task_id) ?? [])];
      for (const id of next) {
        if (reached.has(id) || !needs.has(id)) continue;
        reached.add(id);
        next.push(...(needs.get(id) ?? []));
      }
      return [task_id, reached];
    }),
  );
}

describe('cycles', () => {
  it('are cycles: every member waits for the one before it, and the first for the last', () => {
    fc.assert(
      fc.property(graphs, (tasks) => {
        const needs = new Map(tasks.map(({ task_id, dependencies }) => [task_id, dependencies]));
        for (const cycle of cycles(tasks)) {
          expect(new Set(cycle).size).toBe(cycle.length);
          cycle.forEach((id, n) => expect(needs.get(id)).toContain(cycle.at(n - 1)));
        }
      }),
    );
  });

  it('come from every group of tasks that wait for each other, once, in the order written', () => {
    fc.assert(
      fc.property(graphs, (tasks) => {
        const reached = reachable(tasks);
        const groups = tasks
          .filter(({ task_id }) => reached.get(task_id)?.has(task_id))
          .map(({ task_id }) =>
            tasks
              .filter((other) => reached.get(task_id)?.has(other.task_id))
              .filter((other) => reached.get(other.task_id)?.has(task_id))
              .map((other) => other.task_id),
          );
        const expected = groups.filter(
          (group, n) => groups.findIndex(([first]) => first === group[0]) === n,
        );
        const found = cycles(tasks);
        expect(found).toHaveLength(expected.length);
        found.forEach((cycle, n) => expect(expected[n]).toEqual(expect.arrayContaining(cycle)));
        expect(found.length === 0).toBe(topologicalOrder(tasks).length === tasks.length);
      }),
    );
  });

  it('are found however long: 100,000 tasks in a row, and in a circle', () => {
    const chain = named(Array.from({ length: 100_000 }, (_, n) => (n === 0 ? [] : [n - 1])));
    expect(cycles(chain)).toEqual([]);
    const circle = [{ task_id: 't0', dependencies: ['t99999'] }, ...chain.slice(1)];
    expect(cycles(circle).map((cycle) => cycle.length)).toEqual([100_000]);
  });

  it('cost one look at the dependencies of each task, however many there are', () => {
    let looks = 0;
    const tasks = Array.from({ length: 1_000 }, (_, n) => ({
      task_id: `t${n}`,
      get dependencies() {
        looks += 1;
        return [`t${n % 2 === 0 ? n + 1 : n - 1}`];
      },
    }));
    expect(cycles(tasks)).toHaveLength(500);
    expect(looks).toBe(tasks.length);
  });
});
