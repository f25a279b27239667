import type { JsonObject, TaskGraphDefinition } from '#engine/graph';
import type { Tx } from '#persistence';

/** A task graph to be run: for a step of an instance, or as a client asked for it. */
export interface ExecutionSpec {
  /** The client's own id; the server makes one when it is left out. */
  execution_id?: string;
  workflow_id: string;
  version_number: number | null;
  workflow_instance_id: string;
  instance_id: string | null;
  /** The step that waits for it: told when the execution ends. */
  step_execution_id: string | null;
  step_id: string | null;
  graph: TaskGraphDefinition;
  /** The instance's data, for the handlers' templates. */
  data: JsonObject;
}

/** What a step that waited for an execution is told. */
export interface ExecutionEnded {
  execution_id: string;
  instance_id: string;
  step_execution_id: string;
  succeeded: boolean;
  /** task_id → what it returned. */
  output: { tasks: JsonObject };
  error: string | null;
  correlation_id: string | null;
}

/**
 * Locks the instances of these executions, takes their ends (`ExecutionRuntime.takeEnded`) and lets the instances go
 * on, all in this transaction. In this order, as at every other door, so that no two transactions wait for each other.
 * A suspended instance does not take an end: see `tellAgain`.
 * @returns the executions whose ends were taken
 */
export type ExecutionEndListener = (
  tx: Tx,
  execution_ids: readonly string[],
  /** What to do about instances that somebody else holds. */
  held: 'wait' | 'skip_locked',
) => Promise<string[]>;
