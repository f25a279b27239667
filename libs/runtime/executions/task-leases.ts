import { Injectable } from '@nestjs/common';

import { Database } from '#persistence';

import { type ExtendedLease, extendLeases } from './outcomes.queries.js';

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
}
