import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { Database } from '#persistence';
import { EventStreams } from '#platform/streams';

import { notFound } from '../modification.errors.js';
import { findModification } from '../modification.queries.js';

/** Refuses before the stream begins: see `ExecutionExists`. */
@Injectable()
export class ModificationExists implements CanActivate {
  constructor(
    private readonly database: Database,
    private readonly streams: EventStreams,
  ) {}

  /** @throws DomainError modification_not_found, too_many_requests */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { params } = context
      .switchToHttp()
      .getRequest<FastifyRequest<{ Params: { modification_id: string } }>>();
    const [row] = await findModification(this.database.read, [params.modification_id]);
    if (!row) throw notFound(params.modification_id);
    this.streams.requireRoom();
    return true;
  }
}
