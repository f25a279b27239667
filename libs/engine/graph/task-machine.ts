import type { TaskStatus } from './types.js';

export type TaskEvent =
  'unblock' | 'start' | 'complete' | 'retry' | 'fail' | 'skip' | 'cancel' | 'reset' | 'resolve';

/**
 * What may become of a task. `reset` is a round of `retry_all`, or an operator's retry; what has completed is reset only
 * where it is an item that failed. `resolve` is a result given by an operator.
 */
export const TASK_MACHINE: Readonly<
  Record<TaskStatus, Readonly<Partial<Record<TaskEvent, TaskStatus>>>>
> = {
  pending: { unblock: 'ready', skip: 'skipped', cancel: 'cancelled' },
  ready: { start: 'running', cancel: 'cancelled' },
  running: { complete: 'completed', retry: 'retrying', fail: 'failed', cancel: 'cancelled' },
  retrying: { start: 'running', cancel: 'cancelled' },
  completed: { reset: 'pending' },
  failed: { reset: 'pending', resolve: 'completed' },
  skipped: { reset: 'pending' },
  cancelled: { reset: 'pending' },
};

/** Statuses in which a task has not ended. */
export const OPEN_TASK_STATUSES = [
  'pending',
  'ready',
  'running',
  'retrying',
] as const satisfies TaskStatus[];

/** Statuses in which an execution has not ended. */
export const OPEN_EXECUTION_STATUSES = ['initializing', 'running'] as const;
