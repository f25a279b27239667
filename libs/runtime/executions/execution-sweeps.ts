import { Injectable } from '@nestjs/common';

import { Sweeper } from '#jobs';
import { Database } from '#persistence';

import { findClaimable } from './claims.queries.js';
import { ExecutionRuntime } from './execution-runtime.js';
import { ExecutionSignals } from './execution-signals.js';
import { findOverdueAttempts, findOverdueExecutions } from './outcomes.queries.js';
import { LEASE_EXPIRED, TaskOutcomes } from './task-outcomes.js';

const BATCH = 500;

/** What only time shows: expired leases, timeouts, and work whose wake-up was lost. The database's clock decides. */
@Injectable()
export class ExecutionSweeps {
  constructor(
    private readonly database: Database,
    private readonly outcomes: TaskOutcomes,
    private readonly executions: ExecutionRuntime,
    private readonly signals: ExecutionSignals,
    sweeper: Sweeper,
  ) {
    sweeper.register('task_attempts', () => this.endOverdueAttempts());
    sweeper.register('execution_timeouts', () => this.endOverdueExecutions());
    sweeper.register('builtin_work', () => this.wake());
  }

  /** An attempt whose worker has gone, or that takes too long, counts as failed; the next one may begin at once. */
  private async endOverdueAttempts(): Promise<void> {
    const overdue = await findOverdueAttempts(this.database.read, [BATCH]);
    await Promise.all(
      overdue.map(({ timed_out, ...attempt }) =>
        this.outcomes.record({
          ...attempt,
          retryable: true,
          error: timed_out
            ? { code: 'timed_out', message: 'The task took longer than its timeout_minutes.' }
            : { code: LEASE_EXPIRED, message: 'The worker stopped extending its lease.' },
          ...(!timed_out && { retry_after_ms: 0 }),
        }),
      ),
    );
  }

  private async endOverdueExecutions(): Promise<void> {
    const overdue = await findOverdueExecutions(this.database.read, [BATCH]);
    if (overdue.length === 0) return;
    const ids = [...new Set(overdue.map(({ execution_id }) => execution_id))];
    const out = overdue
      .filter((row) => row.execution_timed_out)
      .map(({ execution_id }) => execution_id);
    await this.database.transaction((tx) => this.executions.timeOut(tx, ids, new Set(out)));
  }

  private async wake(): Promise<void> {
    if ((await findClaimable(this.database.read, [])).length > 0)
      await this.signals.wakeBuiltin([0]);
  }
}
