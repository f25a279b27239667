export { definitionOf } from './definitions/definition-rows.js';
export { DefinitionStore } from './definitions/definition-store.js';
export type { DefinitionRow } from './definitions/definitions.queries.js';
export { ExecutionRuntime } from './executions/execution-runtime.js';
export type { ExecutionEnded, ExecutionSpec } from './executions/execution-spec.js';
export {
  type InstanceChange,
  type InstanceReference,
  InstanceRuntime,
  type StartRequest,
} from './instances/instance-runtime.js';
export { RuntimeModule } from './runtime.module.js';
export { type NewTimer, type TimerHandler, type TimerKind, Timers } from './timers/timers.js';
