import { estimateGraph, type EstimatedTask } from '#engine/graph';

import type { ExecutionView } from './parallel.dto.js';
import type { ExecutionRow } from './parallel.queries.js';

const MS_PER_MINUTE = 60_000;

/**
 * @param open what is left to do, where the execution runs
 */
export function executionView(row: ExecutionRow, open: readonly EstimatedTask[]): ExecutionView {
  const { tasks, points, elapsed_seconds } = row;
  const left = open.length > 0 ? estimateGraph(open, row.max_concurrent_tasks) : null;
  return {
    execution_id: row.execution_id,
    workflow_id: row.workflow_id,
    workflow_instance_id: row.workflow_instance_id,
    total_tasks: row.total_tasks,
    tasks_completed: row.tasks_completed,
    tasks_failed: row.tasks_failed,
    tasks_running: tasks.running,
    overall_status: row.overall_status,
    execution_progress_percentage: row.execution_progress_percentage,
    estimated_completion_time: left && new Date(row.now.getTime() + left.minutes * MS_PER_MINUTE),
    active_synchronization_points: points.map((point) => ({
      ...point,
      timeout_time: point.timeout_time === null ? null : new Date(point.timeout_time),
    })),
    performance_metrics: {
      elapsed_seconds,
      tasks_per_minute:
        elapsed_seconds !== null && elapsed_seconds > 0 && row.tasks_completed > 0
          ? (60 * row.tasks_completed) / elapsed_seconds
          : null,
      avg_task_seconds: tasks.avg_task_seconds,
      max_task_seconds: tasks.max_task_seconds,
      avg_wait_seconds: tasks.avg_wait_seconds,
      retries: tasks.retries,
      critical_path: left?.critical_path ?? [],
    },
    load_balancing_stats: {
      strategy: String(row.load_balancing_config['strategy']),
      max_concurrent_tasks: row.max_concurrent_tasks,
      tasks_handed_out: tasks.handed_out,
      tasks_held_back: tasks.held_back,
      workers: tasks.workers,
    },
    ...(row.compensation && { compensation: row.compensation }),
    ...(row.compensates !== null && { compensates: row.compensates }),
  };
}
