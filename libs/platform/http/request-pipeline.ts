import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ApplicationConfig, DiscoveryService, HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import { BASE_PATH, ROOT_PATHS } from './adapter.js';
import { runWithClaim } from './idempotency.js';
import { idempotencyKeyOf, IdempotentRequests } from './idempotent-requests.js';
import { type Operation, operationsOf } from './operation.js';
import { readRequest } from './request-reader.js';
import { RouteTable } from './route-table.js';
import { sendTogether } from './send-together.js';

/**
 * What every request passes between the door and its operation, as hooks of Fastify: Nest's guards, pipes and
 * interceptors cost several times what is done in them (docs/decisions/2026-11-28-one-pipeline.md).
 */
@Injectable()
export class RequestPipeline implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost<FastifyAdapter>,
    private readonly discovery: DiscoveryService,
    private readonly nest: ApplicationConfig,
    private readonly routes: RouteTable,
    private readonly idempotent: IdempotentRequests,
  ) {}

  /** By now Nest has registered the routes of all controllers. @throws Error where requests would pass what is not asked */
  onModuleInit(): void {
    refuseWhatIsNotAsked(this.nest);
    this.routes.describe(operationsOf(this.discovery), BASE_PATH, ROOT_PATHS);
    const fastify = this.host.httpAdapter.getInstance();
    fastify.addHook('preHandler', (request, reply, done) => {
      const operation = request.route?.operation;
      if (!operation) return done();
      const key = idempotencyKeyOf(request);
      if (key === undefined) return read(request, operation, done);
      this.idempotent
        .claim(key, operation.status, request, reply)
        .then((claim) => claim && runWithClaim(claim, () => read(request, operation, done)), done);
    });
    fastify.addHook('onSend', (request, reply, payload, done) => {
      const settling = this.idempotent.settling(request, reply, payload);
      if (settling) settling.then(() => done(null, payload), done);
      else done(null, payload);
    });
    sendTogether(fastify);
  }
}

/** Operations are called past Nest's router: what was added for all of them there would be silently left out. */
function refuseWhatIsNotAsked(nest: ApplicationConfig): void {
  const added = [
    nest.getGlobalGuards(),
    nest.getGlobalRequestGuards(),
    nest.getGlobalPipes(),
    nest.getGlobalRequestPipes(),
    nest.getGlobalInterceptors(),
    nest.getGlobalRequestInterceptors(),
  ].flat();
  if (added.length > 0) {
    throw new Error(
      'Guards, pipes and interceptors for all operations are not asked; make them hooks of RequestPipeline.',
    );
  }
}

function read(request: FastifyRequest, operation: Operation, done: HookHandlerDoneFunction): void {
  request.sent = request.body;
  let reading: Promise<void> | void;
  try {
    reading = readRequest(request, operation);
  } catch (error) {
    return done(error as Error);
  }
  if (reading) reading.then(() => done(), done);
  else done();
}
