import type { Handler, JsonObject } from '#engine/graph';
import { CallFailed } from '#platform/outbound';

/** One attempt of a task, as a handler sees it. */
export interface TaskAttempt<Type extends Handler['type'] = Handler['type']> {
  /** With its expressions filled in: the same for every attempt. */
  handler: Extract<Handler, { type: Type }>;
  /** Also the idempotency key: a handler may run more than once after a crash. */
  task_execution_id: string;
  execution_id: string;
  workflow_id: string;
  workflow_instance_id: string;
  task_id: string;
  /** From 1. */
  attempt: number;
  correlation_id: string | null;
  /** Aborted when the task is cancelled, out of time or no longer ours. */
  signal: AbortSignal;
}

/** What an attempt has come to. */
export interface TaskResult {
  output_data: JsonObject;
  /** Amounts that were measured of this very attempt: what tasks of one event loop share is nobody's own. */
  resource_usage?: Record<string, number>;
}

/** Does the work of tasks with one type of built-in handler. Returns the task's result, or throws `TaskFailed`. */
export interface TaskHandler<Type extends Handler['type']> {
  run(attempt: TaskAttempt<Type>): Promise<TaskResult>;
}

/** The work was done, and what it gave cannot be kept. */
export const UNSTORABLE_ANSWER = 'unstorable_answer';

/** The work could not be done, and whether another attempt may help. */
export class TaskFailed extends CallFailed {}
