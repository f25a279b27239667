import { newId } from '#persistence';

import type { EndAtOnce } from './execution-at-once.js';
import { chunks, type MomentaryEvent, rowsOfOneMoment } from './execution-events.js';
import { estimatedMinutes, type NewExecution } from './execution-rows.js';

/** An execution that has ended as it begins. */
export interface EndedExecution extends NewExecution {
  beginning: EndAtOnce;
}

/** Tasks written by one statement: more is a longer text for both sides to hold, not faster. */
const PORTION = 2_000;

/** What executions of one graph have in common, as the beginning of a JSON object that their own list completes. */
interface Shape {
  execution: string;
  /** Of the graph's tasks, so many together as one statement takes. */
  portions: readonly { tasks: string; count: number }[];
  points: number;
}

const shapes = new WeakMap<object, Shape>();

function shapeOf(execution: EndedExecution): Shape {
  const { alike } = execution;
  if (!alike) return newShape(execution);
  const shape = shapes.get(alike.to) ?? newShape(execution);
  shapes.set(alike.to, shape);
  return shape;
}

/** Executions by what they have in common, in the order in which each of that first comes. */
export function ofOneGraph(executions: readonly EndedExecution[]): Map<Shape, EndedExecution[]> {
  const groups = new Map<Shape, EndedExecution[]>();
  for (const execution of executions) {
    const shape = shapeOf(execution);
    const group = groups.get(shape);
    if (group) group.push(execution);
    else groups.set(shape, [execution]);
  }
  return groups;
}

/** What `insertOwnEnded` and `insertEnded` take. */
export function endedRows(groups: ReadonlyMap<Shape, readonly EndedExecution[]>): string {
  return list(
    Array.from(groups, ([{ execution, points }, executions]) =>
      completed(
        execution,
        executions.map(({ spec, told }) => ({
          execution_id: spec.execution_id,
          workflow_instance_id: spec.workflow_instance_id,
          instance_id: spec.instance_id,
          step_execution_id: spec.step_execution_id,
          correlation_id: spec.correlation_id,
          told,
          ...(points > 0 && { sync_point_ids: newIds(points) }),
        })),
      ),
    ),
  );
}

/** What calls of `insertCompletedTasks` take. */
export function* completedTaskRows(
  groups: ReadonlyMap<Shape, readonly EndedExecution[]>,
): Generator<string> {
  let parts: string[] = [];
  let room = PORTION;
  for (const [{ portions }, executions] of groups) {
    for (const { tasks, count } of portions) {
      for (let done = 0; done < executions.length;) {
        const some = executions.slice(done, done + Math.max(1, Math.floor(room / count)));
        parts.push(
          completed(
            tasks,
            some.map((execution) => tasksOf(execution, count)),
          ),
        );
        done += some.length;
        room -= some.length * count;
        if (room >= count) continue;
        yield list(parts);
        parts = [];
        room = PORTION;
      }
    }
  }
  if (parts.length > 0) yield list(parts);
}

function tasksOf({ spec, alike }: EndedExecution, count: number): object {
  const { execution_id, correlation_id } = spec;
  const task_execution_ids = newIds(count);
  const input_data = alike?.input_data;
  return { execution_id, correlation_id, task_execution_ids, ...(input_data && { input_data }) };
}

const newIds = (count: number): string[] => Array.from({ length: count }, newId);

const list = (parts: readonly string[]): string => `[${parts.join(',')}]`;

const completed = (head: string, executions: readonly object[]): string =>
  `${head}${JSON.stringify(executions)}}`;

/** The head of an object that ends with a list of executions. */
const head = (common: object): string => `${JSON.stringify(common).slice(0, -1)},"executions":`;

function newShape(created: EndedExecution): Shape {
  const { graph, workflow_id, version_number, step_execution_id, step_id } = created.spec;
  const { overall_status, synchronization_failed, end_reason, output, points } = created.beginning;
  const { load_balancing, synchronization_points } = graph;
  const rows = graph.tasks.map(({ item: _, for_each: __, ...task }, ordinal) => ({
    ...task,
    ordinal,
    place: ordinal % PORTION,
  }));
  const portions = chunks(rows, PORTION).map((tasks) => ({
    tasks: head({ workflow_id, strategy: load_balancing.strategy, tasks }),
    count: tasks.length,
  }));
  return {
    execution: head({
      workflow_id,
      version_number,
      step_id,
      total_tasks: rows.length,
      overall_status,
      load_balancing_config: load_balancing,
      failure_strategy: graph.failure_strategy,
      max_concurrent_tasks: load_balancing.max_concurrent_tasks,
      global_timeout_minutes: graph.global_timeout_minutes,
      monitoring_interval_seconds: graph.monitoring_interval_seconds,
      performance_metrics: { estimated_minutes: estimatedMinutes(graph), ...FIGURES_OF_NO_WORK },
      synchronization_failed,
      end_reason,
      output: step_execution_id === null ? null : output,
      points: synchronization_points.map((point, place) => ({
        ...point,
        place,
        status: points.get(point.sync_id)?.status ?? 'waiting',
        missed: points.get(point.sync_id)?.missed ?? false,
        completed_tasks: [...new Set(point.required_tasks)],
      })),
      events: rowsOfOneMoment(eventsOf(created)),
    }),
    portions,
    points: synchronization_points.length,
  };
}

function eventsOf({ spec: { graph }, beginning }: EndedExecution): MomentaryEvent[] {
  const { overall_status, end_reason: reason, points } = beginning;
  const total_tasks = graph.tasks.length;
  const judged = [...points].flatMap(([sync_id, { status }]) =>
    status === 'waiting'
      ? []
      : [{ event_type: 'synchronization_point', payload: { sync_id, status } }],
  );
  return [
    { event_type: 'execution_created', payload: { total_tasks } },
    { event_type: 'execution_started' },
    ...graph.tasks.map(({ task_id }) => ({ event_type: 'task_completed', task_id })),
    ...judged,
    {
      event_type: 'execution_ended',
      payload: { overall_status, ...(reason !== null && { reason }) },
    },
  ];
}

const FIGURES_OF_NO_WORK = {
  elapsed_seconds: 0,
  avg_task_seconds: 0,
  max_task_seconds: 0,
  retries: 0,
};
