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
