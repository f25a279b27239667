import { Injectable } from '@nestjs/common';

import { DomainError } from '#engine/errors';
import { Database } from '#persistence';
import { correlationId } from '#platform/logging';

import { Batcher } from '../executions/batcher.js';
import type { StartRequest } from './instance-moves.js';
import { type InstanceChange, InstanceRuntime } from './instance-runtime.js';

/** Instances of one transaction; more only make it longer. */
const BATCH = 100;
/** One batch is decided while the other waits for its commit. */
const BATCHES_AT_A_TIME = 2;

/** Starts instances in transactions of its own; requests that arrive together share one (group commit). */
@Injectable()
export class InstanceStarts {
  private readonly batcher = new Batcher<StartRequest, InstanceChange | DomainError>(
    (requests) =>
      this.database.transaction((tx) => this.runtime.startMany(tx, requests), { lookups: true }),
    { size: BATCH, concurrency: BATCHES_AT_A_TIME },
  );

  constructor(
    private readonly database: Database,
    private readonly runtime: InstanceRuntime,
  ) {}

  /** Resolves when it is committed. @throws DomainError as `InstanceRuntime.start` */
  async start(request: StartRequest): Promise<InstanceChange> {
    const started = await this.batcher.add({
      correlation_id: correlationId() ?? null,
      ...request,
    });
    if (started instanceof DomainError) throw started;
    return started;
  }
}
