import { DEFAULT_RETRY_ROUNDS, type JsonObject, OPEN_EXECUTION_STATUSES } from '#engine/graph';

import type { ExecutionEvent, LockedExecution, ReleasedTasks } from './progress.queries.js';

/** An execution under lock, as a transaction works on it. Columns are written by `ExecutionProgress.save` alone. */
export interface MovingExecution extends LockedExecution {
  end_reason: string | null;
  was_open: boolean;
}

interface WorkOfStep {
  instance_id: string;
  step_execution_id: string;
}

export function isOpen({ overall_status }: Pick<LockedExecution, 'overall_status'>): boolean {
  return OPEN_EXECUTION_STATUSES.some((status) => status === overall_status);
}

/** What one transaction does to executions whose rows it has locked. */
export class Movement {
  readonly executions: ReadonlyMap<string, MovingExecution>;
  readonly events: ExecutionEvent[] = [];
  readonly released: (Pick<ReleasedTasks, 'handler_kind' | 'delay_ms'> & { tasks?: number })[] = [];
  /** Tasks that have failed here and are run again by nobody's doing but an operator's. */
  readonly failed: { execution_id: string; task_execution_id: string }[] = [];
  /** Executions of whose end their step is told in this transaction. */
  readonly told = new Set<string>();
  /** Of executions that end here: task_id → what it returned. */
  readonly results = new Map<string, JsonObject>();

  constructor(locked: readonly LockedExecution[]) {
    this.executions = new Map(
      locked.map((execution) => [
        execution.execution_id,
        { ...execution, end_reason: null, was_open: isOpen(execution) },
      ]),
    );
  }

  record(
    execution_id: string,
    event_type: string,
    task_id: string | null,
    payload: object = {},
  ): void {
    this.events.push({ execution_id, event_type, task_id, payload: { ...payload } });
  }

  /** Executions that have ended here, and of whose end a step is to be told; not before they are undone. */
  ended(): (MovingExecution & WorkOfStep)[] {
    return [...this.executions.values()].filter(
      (one): one is MovingExecution & WorkOfStep =>
        one.was_open &&
        !isOpen(one) &&
        one.step_execution_id !== null &&
        one.instance_id !== null &&
        one.compensated_by === null,
    );
  }

  running(): MovingExecution[] {
    return [...this.executions.values()].filter(
      (execution) => execution.overall_status === 'running',
    );
  }
}

/** What the rules about rounds of `retry_all` ask of an execution. */
export function roundOf(execution: LockedExecution) {
  return { ...execution, max_retry_rounds: DEFAULT_RETRY_ROUNDS, failed: execution.tasks_failed };
}
