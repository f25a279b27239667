import { Injectable, Logger } from '@nestjs/common';

import { Sweeper } from '#jobs';
import { Database, type Tx, unawaited } from '#persistence';
import { PerTenant } from '#platform/tenancy';
import { AppConfig } from '#platform/config';

import { findWaiting, lockAdmissible, startExecutions, takeAdmission } from './creation.queries.js';
import { Movement } from './execution-movement.js';
import { ExecutionProgress } from './execution-progress.js';
import { ExecutionSignals } from './execution-signals.js';

/** Workers' tasks that nobody has come for since then do not count as work under way. */
const UNCLAIMED_SECONDS = 10;

interface State {
  deciding: Promise<void> | undefined;
  again: boolean;
}

/**
 * Lets executions of a tenant start within MAX_CONCURRENT_EXECUTIONS, the oldest first. Apart from creating them, so that a burst
 * of new ones shares one decision and the limit holds over all processes.
 */
@Injectable()
export class ExecutionAdmission {
  private readonly logger = new Logger(ExecutionAdmission.name);
  private readonly states = new PerTenant<State>(() => ({ deciding: undefined, again: false }));

  constructor(
    private readonly database: Database,
    private readonly progress: ExecutionProgress,
    private readonly config: AppConfig,
    signals: ExecutionSignals,
    sweeper: Sweeper,
  ) {
    signals.on('ended', ({ took_place }) => {
      if (took_place) void this.makeUseOfRoom();
    });
    sweeper.register('execution_admission', () => this.admit());
  }

  /** Resolves when everything that waited at the time of the call, and may start, has started. */
  async admit(): Promise<void> {
    const state = this.states.get();
    state.again = true;
    state.deciding ??= this.decide(state).finally(() => {
      state.deciding = undefined;
    });
    await state.deciding;
  }

  /** Never rejects: where the database is away, the sweeper asks again. */
  private async makeUseOfRoom(): Promise<void> {
    try {
      await this.admit();
    } catch (error) {
      this.logger.warn(`Waiting executions could not be started yet: ${String(error)}`);
    }
  }

  /** In the caller's transaction, whatever else runs. */
  async start(tx: Tx, executionIds: readonly string[]): Promise<void> {
    const movement = new Movement(await startExecutions(tx, [executionIds]));
    for (const id of movement.executions.keys()) movement.record(id, 'execution_started', null);
    await this.progress.advance(tx, movement);
  }

  private async decide(state: State): Promise<void> {
    while (state.again) {
      state.again = false;
      if ((await findWaiting(this.database.read, [])).length === 0) continue;
      await this.database.transaction(async (tx) => {
        unawaited(tx, takeAdmission(tx, []));
        const limit = this.config.settings.max_concurrent_executions;
        const admissible = await lockAdmissible(tx, [limit, UNCLAIMED_SECONDS]);
        if (admissible.length > 0) {
          await this.start(
            tx,
            admissible.map((execution) => execution.execution_id),
          );
        }
      });
    }
  }
}
