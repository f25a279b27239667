import { Injectable, Logger } from '@nestjs/common';

import { Sweeper } from '#jobs';
import { afterCommit, Database, type Tx, unawaited } from '#persistence';
import { PerTenant } from '#platform/tenancy';
import { AppConfig } from '#platform/config';

import {
  findWaiting,
  lockAdmissible,
  startExecutions,
  takeAdmission,
  tryAdmission,
} from './creation.queries.js';
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
 * Lets executions of a tenant start within MAX_CONCURRENT_EXECUTIONS, the oldest first. One transaction at a time decides,
 * so that the limit holds over all processes: the one that makes an execution where nobody else does just then, otherwise
 * one of its own, which a burst of new ones shares.
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

  /**
   * In the transaction that makes these, which the caller then commits: starts them where there is room.
   * @returns whether one of them waits
   */
  async admitNew(tx: Tx, executionIds: readonly string[]): Promise<boolean> {
    if (executionIds.length === 0) return false;
    const [lock] = await tryAdmission(tx, []);
    const started = new Set(lock?.taken ? await this.startAdmissible(tx) : []);
    // also where there was no room: it may come before the commit, when who makes it cannot see who waits
    const waits = !executionIds.every((id) => started.has(id));
    if (waits) afterCommit(tx, () => this.admit());
    return waits;
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
    if (executionIds.length === 0) return;
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
        await this.startAdmissible(tx);
      });
    }
  }

  /** The caller holds the admission. @returns what has started */
  private async startAdmissible(tx: Tx): Promise<string[]> {
    const limit = this.config.settings.max_concurrent_executions;
    const admissible = await lockAdmissible(tx, [limit, UNCLAIMED_SECONDS]);
    const ids = admissible.map(({ execution_id }) => execution_id);
    await this.start(tx, ids);
    return ids;
  }
}
