import { ExpressionLimitError } from '#engine/expression';
import {
  compileTemplate,
  estimateGraph,
  type Handler,
  type JsonObject,
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

/** An execution as it is first written. */
export interface NewExecution {
  spec: ExecutionSpec & { execution_id: string; correlation_id: string | null };
  /**
   * `waiting` to be admitted; `running`, its first tasks handed out; or over already.
   */
  beginning: 'waiting' | 'running' | EndAtOnce;
  /** The step that it did the work of has been told in this transaction. */
  told: boolean;
}

/** The rows of executions: one JSON text for each parameter of `insertExecutions`. */
export class ExecutionRows {
  private readonly executions: object[] = [];
  private readonly tasks: object[] = [];
  private readonly dependencies: object[] = [];
  private readonly points: object[] = [];
  private readonly events: object[] = [];

  constructor(executions: readonly NewExecution[]) {
    for (const execution of executions) this.add(execution);
  }

  get values(): [string, string, string, string, string] {
    const { executions, tasks, dependencies, points, events } = this;
    return [
      JSON.stringify(executions),
      JSON.stringify(tasks),
      JSON.stringify(dependencies),
      JSON.stringify(points),
      JSON.stringify(events),
    ];
  }

  private add({ spec, beginning, told }: NewExecution): void {
    const { graph, data, ...execution } = spec;
    const { execution_id } = execution;
    const end = typeof beginning === 'object' ? beginning : null;
    const released = beginning === 'running' ? releasedAtStart(graph) : new Set<string>();
    const total_tasks = graph.tasks.length;
    this.executions.push({
      ...execution,
      total_tasks,
      overall_status: end?.overall_status ?? (beginning === 'running' ? 'running' : 'initializing'),
      tasks_completed: end ? total_tasks : 0,
      tasks_running: released.size,
      synchronization_failed: end?.synchronization_failed ?? false,
      end_reason: end?.end_reason ?? null,
      output: end && execution.step_execution_id !== null ? end.output : null,
      told,
      load_balancing_config: graph.load_balancing,
      max_concurrent_tasks: graph.load_balancing.max_concurrent_tasks,
      failure_strategy: graph.failure_strategy,
      global_timeout_minutes: graph.global_timeout_minutes,
      monitoring_interval_seconds: graph.monitoring_interval_seconds,
      performance_metrics: {
        estimated_minutes: estimatedMinutes(graph),
        ...(end && FIGURES_OF_NO_WORK),
      },
    });
    this.addTasks(spec, end !== null, released);
    for (const point of graph.synchronization_points) {
      this.points.push({
        ...point,
        execution_id,
        sync_point_id: newId(),
        status: end?.points.get(point.sync_id) ?? 'waiting',
        completed_tasks: end ? [...new Set(point.required_tasks)] : [],
      });
    }
    this.addEvents(spec, beginning);
  }

  private addTasks(
    { execution_id, graph, data }: NewExecution['spec'],
    done: boolean,
    released: ReadonlySet<string>,
  ): void {
    const ids = new Map(graph.tasks.map((task) => [task.task_id, newId()]));
    graph.tasks.forEach(({ handler, ...task }, ordinal) => {
      const task_execution_id = ids.get(task.task_id);
      const needed = new Set(task.dependencies);
      if (!done) {
        for (const id of needed) {
          this.dependencies.push({ execution_id, task_execution_id, depends_on: ids.get(id) });
        }
      }
      const unmet_dependencies = done ? 0 : needed.size;
      this.tasks.push({
        ...task,
        execution_id,
        task_execution_id,
        ordinal,
        unmet_dependencies,
        status: done ? 'completed' : unmet_dependencies === 0 ? 'ready' : 'pending',
        released: released.has(task.task_id),
        delay_ms: handler?.type === 'delay' ? handler.duration_ms : 0,
        handler: filledIn(handler ?? { type: 'worker' }, { ...data, input: task.input_data }),
        handler_kind: handlerKind(handler),
      });
    });
  }

  /** Without those of tasks, which the statement makes from their rows. */
  private addEvents(
    { execution_id, graph }: NewExecution['spec'],
    beginning: NewExecution['beginning'],
  ): void {
    const add = (event_type: string, payload: object, after_tasks = false): void => {
      this.events.push({ execution_id, event_type, payload, after_tasks });
    };
    add('execution_created', { total_tasks: graph.tasks.length });
    if (beginning === 'waiting') return;
    add('execution_started', {});
    if (beginning === 'running') return;
    for (const [sync_id, status] of beginning.points) {
      if (status !== 'waiting') add('synchronization_point', { sync_id, status }, true);
    }
    const { overall_status, end_reason: reason } = beginning;
    add('execution_ended', { overall_status, ...(reason !== null && { reason }) }, true);
  }
}

const FIGURES_OF_NO_WORK = {
  elapsed_seconds: 0,
  avg_task_seconds: 0,
  max_task_seconds: 0,
  retries: 0,
};

/** What can be handed out of a graph that begins: the largest priority first. */
function releasedAtStart({ tasks, load_balancing }: TaskGraphDefinition): Set<string> {
  const ready = tasks.filter((task) => task.dependencies.length === 0);
  const first = ready.sort((a, b) => b.priority - a.priority);
  return new Set(first.slice(0, load_balancing.max_concurrent_tasks).map((task) => task.task_id));
}

export function handlerKind(handler: Handler | null | undefined): 'builtin' | 'worker' {
  return handler && handler.type !== 'worker' ? 'builtin' : 'worker';
}

function estimatedMinutes({ tasks, load_balancing }: TaskGraphDefinition): number {
  const [only] = tasks;
  if (tasks.length === 1 && only) return only.estimated_duration_minutes;
  const estimated = tasks.map((task) => ({ ...task, minutes: task.estimated_duration_minutes }));
  return estimateGraph(estimated, load_balancing.max_concurrent_tasks).minutes;
}

/**
 * A handler's strings are filled in once, when the execution is made: every attempt then sends the same, as its
 * idempotency key promises.
 */
function filledIn(handler: Handler, context: JsonObject): Handler | BrokenHandler {
  if (handler.type === 'delay' || handler.type === 'worker') return handler;
  try {
    return compileTemplate(handler)(context) as Handler;
  } catch (error) {
    if (error instanceof ExpressionLimitError)
      return { type: handler.type, template_error: error.message };
    throw error;
  }
}
