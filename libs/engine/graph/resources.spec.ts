import fc from 'fast-check';

import { fitting } from './resources.js';

const needing = (cpu: number, memory = 0) => ({ resource_requirements: { cpu, memory } });
const tasks = fc.array(
  fc.tuple(fc.nat({ max: 10 }), fc.nat({ max: 10 })).map(([cpu, memory]) => needing(cpu, memory)),
  { maxLength: 30 },
);
const constraints = fc.record({ cpu: fc.nat({ max: 12 }), memory: fc.nat({ max: 12 }) });
const sum = (all: readonly ReturnType<typeof needing>[], name: 'cpu' | 'memory'): number =>
  all.reduce((total, { resource_requirements }) => total + resource_requirements[name], 0);

describe('fitting', () => {
  it('stays within the constraints and the slots, but for what alone has any of a resource', () => {
    fc.assert(
      fc.property(tasks, constraints, fc.nat({ max: 10 }), (ready, limits, slots) => {
        const chosen = fitting(ready, [], limits, slots);
        expect(chosen.length).toBeLessThanOrEqual(slots);
        for (const name of ['cpu', 'memory'] as const) {
          const having = chosen.filter((task) => task.resource_requirements[name] > 0);
          if (having.length > 1) expect(sum(having, name)).toBeLessThanOrEqual(limits[name]);
        }
      }),
    );
  });

  it('holds back what needs more than there is only while others have some of the same', () => {
    const [huge, small] = [needing(9), needing(0, 1)];
    expect(fitting([huge], [small], { cpu: 4, memory: 4 }, 10)).toEqual([huge]);
    expect(fitting([small], [huge], { cpu: 4, memory: 4 }, 10)).toEqual([small]);
    expect(fitting([huge], [needing(1)], { cpu: 4 }, 10)).toEqual([]);
    expect(fitting([needing(1)], [huge], { cpu: 4 }, 10)).toEqual([]);
  });

  it('takes what fits exactly, also in tenths', () => {
    const ready = Array.from({ length: 4 }, () => needing(0.1));
    expect(fitting(ready, [], { cpu: 0.3 }, 10)).toHaveLength(3);
    expect(fitting(ready, [needing(0.7)], { cpu: 1 }, 10)).toHaveLength(3);
  });

  it('leaves out nothing that would still fit', () => {
    fc.assert(
      fc.property(tasks, tasks, constraints, (ready, inHand, limits) => {
        const chosen = fitting(ready, inHand, limits, Infinity);
        const left = ready.filter((task) => !chosen.includes(task));
        expect(fitting(left, [...inHand, ...chosen], limits, Infinity)).toEqual([]);
      }),
    );
  });

  it('never holds everything back: something runs as long as there is something', () => {
    fc.assert(
      fc.property(tasks, constraints, (ready, limits) => {
        expect(fitting(ready, [], limits, 5).length > 0).toBe(ready.length > 0);
      }),
    );
  });

  it('counts only what the constraints name, and only numbers', () => {
    const ready = [
      { resource_requirements: { gpu: 100 } },
      { resource_requirements: { cpu: 'much' } },
      { resource_requirements: { cpu: 2 } },
      { resource_requirements: { cpu: 1 } },
    ];
    expect(fitting(ready, [{ resource_requirements: { cpu: 1 } }], { cpu: 2 }, 10)).toEqual([
      ready[0],
      ready[1],
      ready[3],
    ]);
  });
});
