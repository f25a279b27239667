import { ExpressionLimitError } from '#engine/expression';
import {
  compileTemplate,
  estimateGraph,
  type Handler,
  type JsonObject,
  type TaskGraphDefinition,
} from '#engine/graph';
import { newId } from '#persistence';

import type { ExecutionSpec } from './execution-spec.js';

/** A handler whose expressions could not be filled in; its task fails and says so. */
export interface BrokenHandler {
  type: Handler['type'];
  template_error: string;
}

/** The rows of an execution: one JSON text for each parameter of `insertExecution`. */
export function executionRows(
  spec: ExecutionSpec & { execution_id: string; correlation_id: string | null },
): [execution: string, tasks: string, dependencies: string, points: string] {
  const { graph, data, ...execution } = spec;
  const ids = new Map(graph.tasks.map((task) => [task.task_id, newId()]));
  const dependencies: { task_execution_id: string | undefined; depends_on: string | undefined }[] =
    [];
  const tasks = graph.tasks.map(({ handler, ...task }, ordinal) => {
    const task_execution_id = ids.get(task.task_id);
    const needed = new Set(task.dependencies);
    for (const id of needed) dependencies.push({ task_execution_id, depends_on: ids.get(id) });
    return {
      ...task,
      task_execution_id,
      ordinal,
      unmet_dependencies: needed.size,
      handler: filledIn(handler ?? { type: 'worker' }, { ...data, input: task.input_data }),
      handler_kind: handler && handler.type !== 'worker' ? 'builtin' : 'worker',
    };
  });
  const points = graph.synchronization_points.map((point) => ({
    ...point,
    sync_point_id: newId(),
  }));
  return [
    JSON.stringify({
      ...execution,
      total_tasks: tasks.length,
      load_balancing_config: graph.load_balancing,
      max_concurrent_tasks: graph.load_balancing.max_concurrent_tasks,
      failure_strategy: graph.failure_strategy,
      global_timeout_minutes: graph.global_timeout_minutes,
      monitoring_interval_seconds: graph.monitoring_interval_seconds,
      estimated_minutes: estimatedMinutes(graph),
    }),
    JSON.stringify(tasks),
    JSON.stringify(dependencies),
    JSON.stringify(points),
  ];
}

function estimatedMinutes({ tasks, load_balancing }: TaskGraphDefinition): number {
  const estimated = tasks.map((task) => ({ ...task, minutes: task.estimated_duration_minutes }));
  return estimateGraph(estimated, load_balancing.max_concurrent_tasks).minutes;
}

/**
 * A handler's strings are filled in once, when the execution is made: every attempt then sends the same, as its
 * idempotency key promises.
 */
function filledIn(handler: Handler, context: JsonObject): Handler | BrokenHandler {
  try {
    return compileTemplate(handler)(context) as Handler;
  } catch (error) {
    if (error instanceof ExpressionLimitError)
      return { type: handler.type, template_error: error.message };
    throw error;
  }
}
