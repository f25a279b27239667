import fc from 'fast-check';

import {
  FAILURE_STRATEGIES,
  LOAD_BALANCING_STRATEGIES,
  type LoadBalancing,
  SYNCHRONIZATION_FAILURE_STRATEGIES,
  SYNCHRONIZATION_TYPES,
  type SynchronizationPointDefinition,
  type TaskDefinition,
  type TaskGraphDefinition,
} from '#engine/graph';

export function newTask(task: Partial<TaskDefinition> & { task_id: string }): TaskDefinition {
  return {
    task_name: task.task_id,
    task_type: 'automation',
    step_id: 'work',
    priority: 100,
    estimated_duration_minutes: 15,
    max_retry_attempts: 0,
    timeout_minutes: 60,
    dependencies: [],
    input_data: {},
    resource_requirements: {},
    ...task,
  };
}

export function newPoint(
  point: Partial<SynchronizationPointDefinition> & { required_tasks: string[] },
): SynchronizationPointDefinition {
  return {
    sync_id: 'point',
    sync_name: 'point',
    sync_type: 'barrier',
    minimum_completion_percentage: 100,
    timeout_minutes: 120,
    failure_strategy: 'best_effort',
    ...point,
  };
}

type GraphParts = Partial<Omit<TaskGraphDefinition, 'load_balancing'>> & {
  max_concurrent_tasks?: number;
  load_balancing?: Partial<LoadBalancing>;
};

export function newGraph({ max_concurrent_tasks = 10, ...parts }: GraphParts): TaskGraphDefinition {
  return {
    tasks: [newTask({ task_id: 'a' })],
    synchronization_points: [],
    global_timeout_minutes: 240,
    failure_strategy: 'partial_success',
    monitoring_interval_seconds: 30,
    ...parts,
    load_balancing: {
      strategy: 'priority_based',
      max_concurrent_tasks,
      resource_constraints: {},
      queue_priority_levels: 3,
      adaptive_scaling: true,
      ...parts.load_balancing,
    },
  };
}

/** Any acyclic graph of 1 to `maxTasks` tasks: every task depends on some of those before it. */
export function anyGraph(maxTasks: number): fc.Arbitrary<TaskGraphDefinition> {
  const task = fc.record({
    priority: fc.integer({ min: 1, max: 5 }),
    max_retry_attempts: fc.integer({ min: 0, max: 2 }),
    dependencies: fc.array(fc.nat(), { maxLength: 3 }),
    resource_requirements: fc.record({ cpu: fc.nat({ max: 4 }) }),
  });
  const forEach = fc.option(
    fc.record({
      items: fc.constantFrom('[]', '[1]', '["a", "b", "c"]', '[1, 2, 3, 4, 5, 6]', 'null'),
      item_name: fc.constant('item'),
      index_name: fc.constant('index'),
      max_concurrency: fc.option(fc.integer({ min: 1, max: 3 })),
      tolerated_failures: fc.option(fc.nat({ max: 1 })),
      tolerated_failure_percentage: fc.option(fc.constantFrom(0, 34, 100)),
    }),
    { freq: 2 },
  );
  const point = fc.record({
    sync_type: fc.constantFrom(...SYNCHRONIZATION_TYPES),
    failure_strategy: fc.constantFrom(...SYNCHRONIZATION_FAILURE_STRATEGIES),
    minimum_completion_percentage: fc.constantFrom(0, 25, 50, 80, 100),
    required: fc.array(fc.nat(), { minLength: 1, maxLength: 6 }),
    condition: fc.constantFrom('count(completed) > count(failed)', 'count(failed) = 1'),
  });
  return fc
    .record({
      tasks: fc.array(task, { minLength: 1, maxLength: maxTasks }),
      points: fc.array(point, { maxLength: 3 }),
      failure_strategy: fc.constantFrom(...FAILURE_STRATEGIES),
      max_concurrent_tasks: fc.integer({ min: 1, max: 8 }),
      strategy: fc.constantFrom(...LOAD_BALANCING_STRATEGIES),
      cpu: fc.nat({ max: 6 }),
      // one at most: who of two comes first is not the graph's to say
      fan_out: fc.record({ at: fc.nat(), for_each: forEach }),
    })
    .map(({ tasks, points, fan_out, failure_strategy, max_concurrent_tasks, strategy, cpu }) =>
      newGraph({
        failure_strategy,
        max_concurrent_tasks,
        load_balancing: { strategy, resource_constraints: { cpu } },
        tasks: tasks.map(({ dependencies, ...own }, index) =>
          newTask({
            ...own,
            task_id: `t${index}`,
            for_each: index === fan_out.at % tasks.length ? fan_out.for_each : null,
            dependencies: index === 0 ? [] : [...new Set(dependencies.map((n) => `t${n % index}`))],
          }),
        ),
        synchronization_points: points.map(({ required, condition, ...own }, index) =>
          newPoint({
            ...own,
            sync_id: `s${index}`,
            required_tasks: [...new Set(required.map((n) => `t${n % tasks.length}`))],
            condition_expression: own.sync_type === 'conditional_join' ? condition : null,
          }),
        ),
      }),
    );
}
