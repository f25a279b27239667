export { type ConfidenceOn, DecisionEvidence } from './decisions/decision-evidence.js';
export { JUDGED, WENT_WELL } from './decisions/judgement.js';
export { Batcher } from './executions/batcher.js';
export { type BreakerEventRow, type BreakerTarget } from './breakers/breakers.queries.js';
export { CircuitBreakers } from './breakers/circuit-breakers.js';
export { targetOf } from './breakers/target.js';
export { definitionOf } from './definitions/definition-rows.js';
export { DefinitionStore } from './definitions/definition-store.js';
export type { DefinitionRow } from './definitions/definitions.queries.js';
export type { ClaimedTask } from './executions/claims.queries.js';
export type { BrokenHandler } from './executions/execution-rows.js';
export { EVENTS_OF_A_ROW } from './executions/execution-events.js';
export { ExecutionRepair } from './executions/execution-repair.js';
export { ExecutionRuntime } from './executions/execution-runtime.js';
export { ExecutionSignals } from './executions/execution-signals.js';
export { ExecutionsModule } from './executions/executions.module.js';
export type { ExecutionEnded, ExecutionSpec } from './executions/execution-spec.js';
export { readOpenTasks } from './executions/monitoring.queries.js';
export { TaskClaims, type WorkerClaim } from './executions/task-claims.js';
export {
  type OutcomeResult,
  type TaskCompletion,
  type TaskFailure,
  type TaskOutcome,
  TaskOutcomes,
} from './executions/task-outcomes.js';
export { TaskLeases } from './executions/task-leases.js';
export { type WorkerHeartbeat, WorkerRecords } from './executions/worker-records.js';
export { type Given, loadDuties, recordPeople } from './instances/duties.js';
export { InstanceMove } from './instances/instance-move.js';
export {
  type Hold,
  InstanceMoves,
  type InstanceName,
  refusalOf,
  routingOverride,
  type StartRequest,
} from './instances/instance-moves.js';
export {
  BUSY,
  changeOf,
  type CommandRequest,
  type InstanceChange,
  type InstanceReference,
  InstanceRuntime,
  nameOf,
} from './instances/instance-runtime.js';
export type { StartFactsRow as StartFacts } from './instances/instances.queries.js';
export { InstanceStarts } from './instances/instance-starts.js';
export { TreeStore } from './instances/tree-store.js';
export { InstanceWatch } from './instances/instance-watch.js';
export { NEVER } from './instances/work-items.js';
export { RuntimeModule } from './runtime.module.js';
export { type NewTimer, type TimerHandler, type TimerKind, Timers } from './timers/timers.js';
