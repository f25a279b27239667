import { Injectable, Logger } from '@nestjs/common';

import { DomainError } from '#engine/errors';
import type { Command } from '#engine/instance';
import { Sweeper } from '#jobs';
import { Database, type Tx } from '#persistence';

import { ExecutionRuntime } from '../executions/execution-runtime.js';
import type { ExecutionEnded, GoingOn } from '../executions/execution-spec.js';
import { Timers } from '../timers/timers.js';
import { ENGINE, type InstanceMove } from './instance-move.js';
import { InstanceRuntime } from './instance-runtime.js';
import { findOverdueInstances } from './instances.queries.js';

const BATCH = 100;

/** What comes to an instance from within: its timers, its global timeout, and the ends of its executions. */
@Injectable()
export class InstanceSignals {
  private readonly logger = new Logger(InstanceSignals.name);

  constructor(
    private readonly database: Database,
    private readonly runtime: InstanceRuntime,
    private readonly executions: ExecutionRuntime,
    timers: Timers,
    sweeper: Sweeper,
  ) {
    timers.onTimer('step_escalation', async (tx, { instance_id, step_execution_id }) => {
      if (instance_id === null || step_execution_id === null) return;
      const reason = 'It was not completed in time.';
      await this.apply(tx, instance_id, { type: 'escalate', step_execution_id, reason });
    });
    timers.onTimer('step_reminder', async (tx, { instance_id, step_execution_id, payload }) => {
      if (instance_id === null || step_execution_id === null) return;
      const percentage = Number(payload['percentage']);
      await this.apply(tx, instance_id, { type: 'remind', step_execution_id, percentage });
    });
    executions.onExecutionEnded({
      tell: (tx, ids) => this.executionsEnded(tx, ids),
      decide: (tx, ends) => this.executionsEnding(tx, ends),
    });
    sweeper.register('global_timeouts', () => this.timeOutOverdue());
  }

  private async executionsEnded(tx: Tx, execution_ids: readonly string[]): Promise<void> {
    const moves = await this.runtime.movesOfExecutions(tx, execution_ids);
    if (moves.size === 0) return;
    const taken = await this.executions.takeEnded(tx, execution_ids, [...moves.keys()]);
    this.act(moves, taken);
    await this.runtime.write(tx, [...moves.values()]);
  }

  private async executionsEnding(tx: Tx, ends: readonly ExecutionEnded[]): Promise<GoingOn> {
    const moves = await this.runtime.movesOfFree(
      tx,
      ends.map(({ instance_id }) => instance_id),
      ends.map(({ execution_id }) => execution_id),
    );
    const taken = ends.filter(({ instance_id }) => moves.has(instance_id));
    this.act(moves, taken);
    return {
      told: taken.map(({ execution_id }) => execution_id),
      write: () => this.runtime.write(tx, [...moves.values()]),
    };
  }

  private act(moves: ReadonlyMap<string, InstanceMove>, ends: readonly ExecutionEnded[]): void {
    for (const { instance_id, correlation_id, ...facts } of ends) {
      const move = moves.get(instance_id);
      if (!move) continue;
      move.instance.correlation_id ??= correlation_id;
      try {
        move.act({ type: 'execution_ended', ...facts }, ENGINE);
      } catch (error) {
        this.tolerate(error, instance_id, 'execution_ended');
      }
    }
  }

  private async timeOutOverdue(): Promise<void> {
    const overdue = await findOverdueInstances(this.database.read, [BATCH]);
    for (const { instance_id } of overdue) {
      await this.database.transaction((tx) => this.apply(tx, instance_id, { type: 'time_out' }));
    }
  }

  private async apply(
    tx: Tx,
    instance_id: string,
    command: Exclude<Command, { type: 'start' }>,
  ): Promise<void> {
    try {
      await this.runtime.apply(tx, { instance_id }, command, ENGINE);
    } catch (error) {
      this.tolerate(error, instance_id, command.type);
    }
  }

  /** A signal may come too late: what it was for has moved on, and that is no fault. */
  private tolerate(error: unknown, instance_id: string, what: Command['type']): void {
    if (!(error instanceof DomainError)) throw error;
    this.logger.debug(`${what} did not reach instance ${instance_id}: ${error.message}`);
  }
}
