import { estimateGraph } from './estimate.js';

const task = (task_id: string, minutes: number, dependencies: string[] = [], priority = 100) => ({
  task_id,
  minutes,
  dependencies,
  priority,
});

describe('estimateGraph', () => {
  it('finds the longest chain', () => {
    const tasks = [task('a', 5), task('b', 10), task('c', 1, ['a', 'b']), task('d', 2, ['a'])];
    expect(estimateGraph(tasks, 10)).toEqual({
      minutes: 11,
      critical_path: ['b', 'c'],
      critical_path_minutes: 11,
    });
  });

  it('takes longer with fewer tasks at a time', () => {
    const tasks = ['a', 'b', 'c', 'd'].map((id) => task(id, 10));
    expect(estimateGraph(tasks, 4).minutes).toBe(10);
    expect(estimateGraph(tasks, 3).minutes).toBe(20);
    expect(estimateGraph(tasks, 1).minutes).toBe(40);
  });

  it('lets only so many items of a fan-out go at a time, and a short one make room for the next', () => {
    const item = (id: string, minutes: number) => ({
      ...task(id, minutes),
      item: { of: 'all', concurrency: 2 },
    });
    const tasks = [item('a', 30), item('b', 10), item('c', 10), item('d', 10), task('other', 5)];
    expect(estimateGraph(tasks, 10).minutes).toBe(30);
    expect(estimateGraph([...tasks, item('e', 10)], 10).minutes).toBe(40);
  });

  it('takes a dependency that is not in the list as done', () => {
    expect(estimateGraph([task('b', 3, ['gone'])], 1).minutes).toBe(3);
  });

  it('of nothing is nothing', () => {
    expect(estimateGraph([], 3)).toEqual({
      minutes: 0,
      critical_path: [],
      critical_path_minutes: 0,
    });
  });
});
