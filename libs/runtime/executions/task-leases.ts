import { Injectable } from '@nestjs/common';
import type { TaskStatus } from '#engine/graph';

import { afterCommit, Database } from '#persistence';

import { giveBackTasks } from './claims.queries.js';
import { ExecutionSignals } from './execution-signals.js';
import { type ExtendedLease, extendLeases, readAnswered } from './outcomes.queries.js';

interface Lease {
  task_execution_id: string;
  lock_token: string;
}

export interface LeaseExtension extends Lease {
  /** From now. */
  lock_seconds: number;
}

/** Keeps attempts from being taken for dead. */
@Injectable()
export class TaskLeases {
  constructor(
    private readonly database: Database,
    private readonly signals: ExecutionSignals,
  ) {}

  /** @returns those that are still their caller's; of the others the task has ended, or is somebody else's */
  async extend(extensions: readonly LeaseExtension[]): Promise<ExtendedLease[]> {
    if (extensions.length === 0) return [];
    return extendLeases(this.database.read, [JSON.stringify(extensions)]);
  }

  /**
   * Gives back built-in tasks that this process will not end, those of them that are still its own: no attempt is spent,
   * and another process may begin at once.
   */
  async giveBack(leases: readonly Lease[]): Promise<void> {
    await this.database.transaction(async (tx) => {
      const at_once = leases.map((lease) => ({ ...lease, delay_ms: 0 }));
      const given = await giveBackTasks(tx, [JSON.stringify(at_once), null]);
      if (given.length > 0) afterCommit(tx, () => this.signals.wakeBuiltin([0]));
    });
  }

  /** Where its task stands now, when a lease could not be extended; undefined of a task that there is not. */
  async statusOf(task_execution_id: string): Promise<TaskStatus | undefined> {
    const [task] = await readAnswered(this.database.read, [[task_execution_id]]);
    return task?.status;
  }
}
