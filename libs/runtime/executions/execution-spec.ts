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
  /** The execution that this one undoes. */
  compensates?: string;
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
 * Takes the ends of executions for the instances whose steps wait for them. Always the instances are locked before, as
 * at every other door, so that no two transactions wait for each other. A suspended instance does not take an end: see
 * `tellAgain`.
 */
export interface ExecutionEndListener {
  /** Of executions whose ends are stored: waits for their instances, takes the ends (`takeEnded`), goes on. */
  tell(tx: Tx, execution_ids: readonly string[]): Promise<void>;
  /** Of ends that this transaction is about to store, as far as nobody else holds their instances. */
  decide(tx: Tx, ends: readonly ExecutionEnded[]): Promise<GoingOn>;
}

export interface GoingOn {
  /** Executions whose ends were taken. */
  told: readonly string[];
  /** To be called when the ends have been stored. */
  write(): Promise<void>;
}
