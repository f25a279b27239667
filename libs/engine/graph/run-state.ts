import type {
  ExecutionStatus,
  JsonObject,
  SynchronizationPointDefinition,
  SynchronizationStatus,
  TaskDefinition,
  TaskGraphDefinition,
  TaskStatus,
} from './types.js';

export interface RunTask {
  definition: TaskDefinition;
  status: TaskStatus;
  /** Attempts begun. */
  attempt: number;
  /** Handed out: counts against `max_concurrent_tasks` until it has ended. */
  released: boolean;
  output: JsonObject | null;
  /** Its place among those that completed with a result; null of an item that failed, which has `completed` without. */
  completed_at: number | null;
}

export interface RunPoint {
  definition: SynchronizationPointDefinition;
  status: SynchronizationStatus;
  missed: boolean;
}

/** One execution as the scheduler sees it. */
export interface GraphRun {
  graph: TaskGraphDefinition;
  max_retry_rounds: number;
  retry_round: number;
  /** Tasks that completed with a result, so far. */
  completions: number;
  status: ExecutionStatus;
  tasks: ReadonlyMap<string, RunTask>;
  points: ReadonlyMap<string, RunPoint>;
}

export type RunEvent =
  | { type: 'admitted' }
  | { type: 'task_started'; task_id: string }
  | { type: 'task_completed'; task_id: string; output: JsonObject }
  /** `retryable`: neither who made the attempt nor the task's `retry_policy` says that another is of no use. */
  | { type: 'task_failed'; task_id: string; retryable: boolean }
  | { type: 'point_timed_out'; sync_id: string }
  | { type: 'execution_timed_out' }
  | { type: 'cancelled' }
  | { type: 'retried' }
  /** An operator gives a failed task fresh attempts. */
  | { type: 'task_retried'; task_id: string }
  /** An operator says what a failed task is to have returned. */
  | { type: 'task_resolved'; task_id: string; output: JsonObject };

/** Evaluates the condition of a `conditional_join`. */
export type ConditionHolds = (expression: string, context: JsonObject) => boolean;
