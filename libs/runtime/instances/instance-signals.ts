import { Injectable, Logger } from '@nestjs/common';

import { DomainError } from '#engine/errors';
import type { Command } from '#engine/instance';
import { Sweeper } from '#jobs';
import { Database, type Tx } from '#persistence';

import { ExecutionRuntime } from '../executions/execution-runtime.js';
import type { ExecutionEnded } from '../executions/execution-spec.js';
import { Timers } from '../timers/timers.js';
import { InstanceRuntime } from './instance-runtime.js';
import { findOverdueInstances } from './instances.queries.js';

const BATCH = 100;
const ENGINE = 'engine';

/** What comes to an instance from within: its timers, its global timeout, and the ends of its executions. */
@Injectable()
export class InstanceSignals {
  private readonly logger = new Logger(InstanceSignals.name);

  constructor(
    private readonly database: Database,
    private readonly runtime: InstanceRuntime,
    timers: Timers,
    executions: ExecutionRuntime,
    sweeper: Sweeper,
  ) {
    timers.onTimer('step_escalation', async (tx, { instance_id, step_execution_id }) => {
      if (instance_id === null || step_execution_id === null) return;
      const reason = 'It was not completed in time.';
      await this.apply(tx, instance_id, { type: 'escalate', step_execution_id, reason });
    });
    executions.onExecutionEnded((tx, ended) => this.executionEnded(tx, ended));
    sweeper.register('global_timeouts', () => this.timeOutOverdue());
  }

  private executionEnded(tx: Tx, { instance_id, ...facts }: ExecutionEnded): Promise<void> {
    return this.apply(tx, instance_id, { type: 'execution_ended', ...facts });
  }

  private async timeOutOverdue(): Promise<void> {
    const overdue = await findOverdueInstances(this.database.read, [BATCH]);
    for (const { instance_id } of overdue) {
      await this.database.transaction((tx) => this.apply(tx, instance_id, { type: 'time_out' }));
    }
  }

  /** A signal may come too late: what it was for has moved on, and that is no fault. */
  private async apply(
    tx: Tx,
    instance_id: string,
    command: Exclude<Command, { type: 'start' }>,
  ): Promise<void> {
    try {
      await this.runtime.apply(tx, { instance_id }, command, ENGINE);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      this.logger.debug(`${command.type} did not reach instance ${instance_id}: ${error.message}`);
    }
  }
}
