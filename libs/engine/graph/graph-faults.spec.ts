import { newGraph, newPoint, newTask } from '../../../test/factories/task-graph.factory.js';
import { graphFaults } from './graph-faults.js';
import type { LoadBalancingStrategy } from './types.js';

const codesAt = (...parts: Parameters<typeof graphFaults>) =>
  graphFaults(...parts).map(({ pointer, code }) => [pointer, code]);

describe('graphFaults', () => {
  it('finds nothing in a graph that can run', () => {
    const tasks = [newTask({ task_id: 'a' }), newTask({ task_id: 'b', dependencies: ['a'] })];
    expect(graphFaults(newGraph({ tasks }))).toEqual([]);
  });

  it('lists every fault of one graph', () => {
    const graph = newGraph({
      tasks: [
        newTask({ task_id: 'a' }),
        newTask({ task_id: 'a', dependencies: ['nobody'] }),
        newTask({ task_id: 'c', handler: { type: 'http', method: 'POST', url: 'ftp://x' } }),
        newTask({ task_id: 'd', handler: { type: 'delay', duration_ms: -1 } }),
      ],
      synchronization_points: [
        newPoint({ required_tasks: ['a', 'nobody'] }),
        newPoint({ required_tasks: ['a'], sync_type: 'conditional_join' }),
        newPoint({
          sync_id: 'third',
          required_tasks: ['a'],
          sync_type: 'conditional_join',
          condition_expression: 'count(',
        }),
      ],
    });
    expect(codesAt(graph)).toEqual([
      ['/tasks/1/task_id', 'duplicate_task_id'],
      ['/synchronization_points/1/sync_id', 'duplicate_sync_id'],
      ['/tasks/1/dependencies/0', 'unknown_task'],
      ['/tasks/2/handler/url', 'bad_url'],
      ['/tasks/3/handler/duration_ms', 'out_of_range'],
      ['/synchronization_points/0/required_tasks/1', 'unknown_task'],
      ['/synchronization_points/1/condition_expression', 'required'],
      ['/synchronization_points/2/condition_expression', 'expression_syntax'],
    ]);
  });

  it('names the members of a cycle in order, and of every cycle', () => {
    const tasks = [
      newTask({ task_id: 'a', dependencies: ['c'] }),
      newTask({ task_id: 'b', dependencies: ['a'] }),
      newTask({ task_id: 'c', dependencies: ['b'] }),
      newTask({ task_id: 'self', dependencies: ['self'] }),
      newTask({ task_id: 'behind', dependencies: ['a'] }),
    ];
    const faults = graphFaults(newGraph({ tasks }));
    expect(faults.map((fault) => fault.code)).toEqual(['dependency_cycle', 'dependency_cycle']);
    expect(faults[0]?.message).toContain('b → c → a → b');
    expect(faults[1]?.message).toContain('self → self');
  });

  it('names the first cycles of many, and says how many more there are', () => {
    const tasks = Array.from({ length: 46 }, (_, n) =>
      newTask({ task_id: `t${n}`, dependencies: [`t${n % 2 === 0 ? n + 1 : n - 1}`] }),
    );
    const faults = graphFaults(newGraph({ tasks }));
    expect(faults).toHaveLength(21);
    expect(faults[19]).toMatchObject({ pointer: '/tasks/39/dependencies' });
    expect(faults[20]).toMatchObject({ pointer: '/tasks', code: 'dependency_cycle' });
    expect(faults[20]?.message).toContain('3 groups');
  });

  it('wants amounts where resource_aware counts them, and takes anything elsewhere', () => {
    const graph = (strategy: LoadBalancingStrategy) =>
      newGraph({
        tasks: [
          newTask({ task_id: 'a', resource_requirements: { cpu: '1', 'disk/a': -5, memory: 0.5 } }),
        ],
        load_balancing: {
          strategy,
          resource_constraints: { cpu: '2', disk: -1, gpu: null, net: {}, io: Infinity, memory: 0 },
        },
      });
    expect(codesAt(graph('resource_aware'))).toEqual(
      [
        ...['cpu', 'disk', 'gpu', 'net', 'io'].map(
          (n) => `/load_balancing/resource_constraints/${n}`,
        ),
        ...['cpu', 'disk~1a'].map((name) => `/tasks/0/resource_requirements/${name}`),
      ].map((pointer) => [pointer, 'is_amount']),
    );
    expect(codesAt(graph('round_robin'))).toEqual([]);
  });

  it('points at the string whose expression does not parse', () => {
    const handler = {
      type: 'http',
      method: 'post',
      url: 'https://example.com/{{ id }}',
      body: { 'a/b': ['{{ ok }}', '{{ 1 + }}'] },
    } as const;
    const tasks = [newTask({ task_id: 'a', handler: { ...handler } })];
    expect(codesAt(newGraph({ tasks }))).toEqual([
      ['/tasks/0/handler/body/a~1b/1', 'expression_syntax'],
    ]);
  });

  it('refuses a notification channel that nobody serves', () => {
    const handler = { type: 'notification', channel: 'pigeon', to: 'x', message: 'y' } as const;
    expect(codesAt(newGraph({ tasks: [newTask({ task_id: 'a', handler })] }))).toEqual([
      ['/tasks/0/handler/channel', 'unknown_value'],
    ]);
  });
});
