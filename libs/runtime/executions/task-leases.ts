import { Injectable } from '@nestjs/common';
import type { TaskStatus } from '#engine/graph';

import { Database } from '#persistence';

import { type ExtendedLease, extendLeases, readAnswered } from './outcomes.queries.js';

export interface LeaseExtension {
  task_execution_id: string;
  lock_token: string;
  /** From now. */
  lock_seconds: number;
}

/** Keeps attempts from being taken for dead. */
@Injectable()
export class TaskLeases {
  constructor(private readonly database: Database) {}

  /** @returns those that are still their caller's; of the others the task has ended, or is somebody else's */
  async extend(extensions: readonly LeaseExtension[]): Promise<ExtendedLease[]> {
    if (extensions.length === 0) return [];
    return extendLeases(this.database.read, [JSON.stringify(extensions)]);
  }

  /** Where its task stands now, when a lease could not be extended; undefined of a task that there is not. */
  async statusOf(task_execution_id: string): Promise<TaskStatus | undefined> {
    const [task] = await readAnswered(this.database.read, [[task_execution_id]]);
    return task?.status;
  }
}
