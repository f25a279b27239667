import { Global, Module } from '@nestjs/common';

import { DecisionEvidence } from './decisions/decision-evidence.js';
import { OutcomeCounter } from './decisions/outcome-counts.js';
import { DefinitionStore } from './definitions/definition-store.js';
import { ExecutionsModule } from './executions/executions.module.js';
import { InstanceEffects } from './instances/instance-effects.js';
import { InstanceMoves } from './instances/instance-moves.js';
import { InstanceRuntime } from './instances/instance-runtime.js';
import { InstanceSignals } from './instances/instance-signals.js';
import { InstanceStarts } from './instances/instance-starts.js';
import { InstanceWatch } from './instances/instance-watch.js';
import { TreeStore } from './instances/tree-store.js';
import { StepDeadlines } from './timers/step-deadlines.js';
import { Timers } from './timers/timers.js';

/** The one door into instances and executions, for every feature. */
@Global()
@Module({
  imports: [ExecutionsModule],
  providers: [
    DefinitionStore,
    TreeStore,
    OutcomeCounter,
    DecisionEvidence,
    Timers,
    StepDeadlines,
    InstanceEffects,
    InstanceMoves,
    InstanceRuntime,
    InstanceSignals,
    InstanceStarts,
    InstanceWatch,
  ],
  exports: [
    DefinitionStore,
    DecisionEvidence,
    Timers,
    ExecutionsModule,
    InstanceMoves,
    InstanceRuntime,
    InstanceStarts,
    InstanceWatch,
    TreeStore,
  ],
})
export class RuntimeModule {}
