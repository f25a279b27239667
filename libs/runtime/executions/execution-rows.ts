import { ExpressionLimitError } from '#engine/expression';
import {
  beginsReady,
  compileTemplate,
  estimateGraph,
  type Handler,
  type JsonObject,
  namesIn,
  type TaskGraphDefinition,
} from '#engine/graph';
import { newId } from '#persistence';

import type { EndAtOnce } from './execution-at-once.js';
import type { ExecutionSpec } from './execution-spec.js';

/** A handler whose expressions could not be filled in; its task fails and says so. */
export interface BrokenHandler {
  type: Handler['type'];
  template_error: string;
}

/** A handler whose expressions name `results`: they are filled in when its task is claimed (`withResults`). */
export type AwaitingHandler = Handler & {
  /** What else they name, as it was when the execution was made. */
  awaits_results: JsonObject;
};

/** An execution as it is first written. */
export interface NewExecution {
  spec: ExecutionSpec & { execution_id: string; correlation_id: string | null };
  /**
   * `waiting` to be admitted; `running`, its single task handed out; or over already.
   */
  beginning: 'waiting' | 'running' | EndAtOnce;
  /** The step that it did the work of has been told in this transaction. */
  told: boolean;
  /**
   * All that name the same are of one graph, but for ids; and for the input of their tasks, where it says so. What they
   * have in common is then made, sent and read once.
   */
  alike?: { to: object; input_data: JsonObject | null };
}

/** What one call of `insertExecutions` or `insertMoreTasks` takes, each a JSON list. */
export type ExecutionValues = [
  executions: string,
  tasks: string,
  dependencies: string,
  points: string,
  events: string,
];

/** Tasks written by one statement: more is a longer text for both sides to hold (100,000 tasks are 40 MB), not faster. */
const PORTION = 2_000;

/** The rows of executions that go on, in portions of so many tasks: the first with all executions. */
export function* executionRows(executions: readonly NewExecution[]): Generator<ExecutionValues> {
  let first = true;
  const points = executions.map(pointRows);
  let tasks: object[] = [];
  let dependencies: object[] = [];
  const portion = (): ExecutionValues => {
    const head = first ? executions : [];
    const values: ExecutionValues = [
      JSON.stringify(
        first
          ? executions.map(executionRow)
          : executions.map(({ spec: { execution_id } }) => ({ execution_id })),
      ),
      JSON.stringify(tasks),
      JSON.stringify(dependencies),
      JSON.stringify(first ? points.flat() : []),
      JSON.stringify(head.flatMap(eventsOfBeginning)),
    ];
    first = false;
    tasks = [];
    dependencies = [];
    return values;
  };
  for (const [place, execution] of executions.entries()) {
    for (const row of taskRows(execution, points[place] ?? [])) {
      if (tasks.length === PORTION) yield portion();
      tasks.push(row.task);
      for (const dependency of row.dependencies) dependencies.push(dependency);
    }
  }
  yield portion();
}

function executionRow({ spec, beginning }: NewExecution): object {
  const { graph, data: _, ...execution } = spec;
  return {
    ...execution,
    total_tasks: graph.tasks.length,
    overall_status: beginning === 'running' ? 'running' : 'initializing',
    tasks_running: beginning === 'running' ? 1 : 0,
    load_balancing_config: graph.load_balancing,
    max_concurrent_tasks: graph.load_balancing.max_concurrent_tasks,
    failure_strategy: graph.failure_strategy,
    compensate: graph.compensate ?? false,
    global_timeout_minutes: graph.global_timeout_minutes,
    monitoring_interval_seconds: graph.monitoring_interval_seconds,
    performance_metrics: { estimated_minutes: estimatedMinutes(graph) },
  };
}

function* taskRows(
  created: NewExecution,
  points: readonly PointRow[],
): Generator<{ task: object; dependencies: readonly object[] }> {
  const { execution_id, workflow_id, correlation_id, compensates, graph, data } = created.spec;
  const { strategy } = graph.load_balancing;
  const ids = new Map(graph.tasks.map((task) => [task.task_id, newId()]));
  const in_points = pointsOfTasks(points);
  for (const [ordinal, { handler, item, ...task }] of graph.tasks.entries()) {
    const task_execution_id = ids.get(task.task_id);
    const needed = [...new Set(task.dependencies)];
    yield {
      task: {
        ...task,
        execution_id,
        workflow_id,
        correlation_id,
        strategy,
        task_execution_id,
        ordinal,
        unmet_dependencies: needed.length,
        status: beginsReady({ ...task, item }) ? 'ready' : 'pending',
        released: created.beginning === 'running',
        delay_ms: handler?.type === 'delay' ? handler.duration_ms : 0,
        fan_out_of: item?.of ?? null,
        item_index: item?.index ?? null,
        fan_out_concurrency: item?.concurrency ?? null,
        handler: filledIn(
          handler ?? { type: 'worker' },
          { ...data, ...item?.data },
          task.input_data,
          // what undoes depends on others only for the order
          needed.length > 0 && compensates === undefined,
        ),
        handler_kind: handlerKind(handler),
        in_points: in_points.get(task.task_id) ?? null,
      },
      dependencies: needed.map((id) => ({
        execution_id,
        task_execution_id,
        depends_on: ids.get(id),
      })),
    };
  }
}

interface PointRow {
  sync_point_id: string;
  /** Each once. */
  required_tasks: readonly string[];
  tasks_required: number;
}

function pointRows({ spec: { execution_id, graph } }: NewExecution): PointRow[] {
  return graph.synchronization_points.map((point) => {
    const required_tasks = [...new Set(point.required_tasks)];
    const tasks_required = required_tasks.length;
    return { ...point, execution_id, sync_point_id: newId(), required_tasks, tasks_required };
  });
}

/** task_id → the points that require it. */
function pointsOfTasks(points: readonly PointRow[]): ReadonlyMap<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { sync_point_id, required_tasks } of points) {
    for (const id of required_tasks) found.set(id, [...(found.get(id) ?? []), sync_point_id]);
  }
  return found;
}

function eventsOfBeginning({ spec: { execution_id, graph }, beginning }: NewExecution): object[] {
  const total_tasks = graph.tasks.length;
  const created = { execution_id, event_type: 'execution_created', payload: { total_tasks } };
  if (beginning === 'waiting') return [created];
  return [created, { execution_id, event_type: 'execution_started', payload: {} }];
}

export function handlerKind(handler: Handler | null | undefined): 'builtin' | 'worker' {
  return handler && handler.type !== 'worker' ? 'builtin' : 'worker';
}

export function estimatedMinutes({ tasks, load_balancing }: TaskGraphDefinition): number {
  const [only] = tasks;
  if (tasks.length === 1 && only) return only.estimated_duration_minutes;
  const estimated = tasks.map((task) => ({ ...task, minutes: task.estimated_duration_minutes }));
  return estimateGraph(estimated, load_balancing.max_concurrent_tasks).minutes;
}

/**
 * A handler's strings are filled in once, when the execution is made: every attempt then sends the same, as its
 * idempotency key promises. Where they name the `results` of what the task depends on, all of them are filled in with
 * every claim: from what was there when the execution was made, and outputs that change no more.
 */
function filledIn(
  handler: Handler,
  data: JsonObject,
  input: JsonObject,
  hasResults: boolean,
): Handler | BrokenHandler | AwaitingHandler {
  if (['delay', 'gather', 'worker'].includes(handler.type)) return handler;
  return unlessLimited(handler, () => {
    const names = hasResults ? namesIn(handler) : undefined;
    if (!names?.has('results')) return filled(handler, { ...data, input });
    const named = Object.entries(data).filter(([name]) => names.has(name) && name !== 'results');
    return { ...handler, awaits_results: Object.fromEntries(named) };
  });
}

/** The handler of a claimed task. @param results task_id → output, of what it depends on */
export function withResults(
  handler: Handler | BrokenHandler | AwaitingHandler,
  input: JsonObject,
  results: JsonObject | null,
): Handler | BrokenHandler {
  if (!('awaits_results' in handler)) return handler;
  const { awaits_results, ...template } = handler;
  return unlessLimited(template, () => filled(template, { ...awaits_results, input, results }));
}

const filled = (handler: Handler, context: JsonObject): Handler =>
  compileTemplate(handler)(context) as Handler;

function unlessLimited<Filled>(handler: Handler, fill: () => Filled): Filled | BrokenHandler {
  try {
    return fill();
  } catch (error) {
    if (error instanceof ExpressionLimitError)
      return { type: handler.type, template_error: error.message };
    throw error;
  }
}
