import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { Database } from '#persistence';
import { EventStreams } from '#platform/streams';

import { readStanding } from './parallel.queries.js';
import { notFound } from './parallel.service.js';

/**
 * Refuses an unknown execution before its stream begins: later Nest may have sent the stream's
 * headers by the time that a handler refuses.
 */
@Injectable()
export class ExecutionExists implements CanActivate {
  constructor(
    private readonly database: Database,
    private readonly streams: EventStreams,
  ) {}

  /** @throws DomainError execution_not_found, too_many_requests */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { params } = context
      .switchToHttp()
      .getRequest<FastifyRequest<{ Params: { execution_id: string } }>>();
    const [row] = await readStanding(this.database.read, [params.execution_id]);
    if (!row) throw notFound(params.execution_id);
    this.streams.requireRoom();
    return true;
  }
}
