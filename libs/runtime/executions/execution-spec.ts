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
}

/** Runs in the transaction that marks the instance as told. A suspended instance does not take it: see `tellAgain`. */
export type ExecutionEndListener = (tx: Tx, ended: ExecutionEnded) => Promise<void>;

/** What the instance side of the runtime needs of executions. `ExecutionRuntime` implements it. */
export interface StepExecutions {
  create(tx: Tx, spec: ExecutionSpec): Promise<{ execution_id: string }>;
  /** Stops what still runs for a step; nothing where nothing does. */
  cancelOfStep(tx: Tx, step_execution_id: string, reason: string): Promise<void>;
  cancelOfInstance(tx: Tx, instance_id: string, reason: string): Promise<void>;
  /** Executions of this instance that ended while it was suspended are told to it after commit. */
  tellAgain(tx: Tx, instance_id: string): Promise<void>;
  onExecutionEnded(listener: ExecutionEndListener): void;
}
