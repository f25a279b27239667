import { Module } from '@nestjs/common';

import { CircuitBreakers } from '../breakers/circuit-breakers.js';
import { ExecutionAdmission } from './execution-admission.js';
import { ExecutionEndings } from './execution-endings.js';
import { ExecutionMonitoring } from './execution-monitoring.js';
import { ExecutionProgress } from './execution-progress.js';
import { ExecutionRepair } from './execution-repair.js';
import { ExecutionRuntime } from './execution-runtime.js';
import { ExecutionSignals } from './execution-signals.js';
import { ExecutionSweeps } from './execution-sweeps.js';
import { PeerWakeUps } from './peer-wake-ups.js';
import { TaskClaims } from './task-claims.js';
import { TaskLeases } from './task-leases.js';
import { TaskOutcomes } from './task-outcomes.js';
import { WorkerRecords } from './worker-records.js';

@Module({
  providers: [
    CircuitBreakers,
    ExecutionAdmission,
    ExecutionEndings,
    ExecutionMonitoring,
    ExecutionProgress,
    ExecutionRepair,
    ExecutionRuntime,
    ExecutionSignals,
    ExecutionSweeps,
    PeerWakeUps,
    TaskClaims,
    TaskLeases,
    TaskOutcomes,
    WorkerRecords,
  ],
  exports: [
    CircuitBreakers,
    ExecutionRepair,
    ExecutionRuntime,
    ExecutionSignals,
    TaskClaims,
    TaskLeases,
    TaskOutcomes,
    WorkerRecords,
  ],
})
export class ExecutionsModule {}
