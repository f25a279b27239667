import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { BASE_PATH, ROOT_PATHS } from './adapter.js';
import { runWithClaim } from './idempotency.js';
import { idempotencyKeyOf, IdempotentRequests } from './idempotent-requests.js';
import { operationsOf } from './operation.js';
import { readRequest } from './request-reader.js';
import { RouteTable } from './route-table.js';

/**
 * What every request passes between the door and its operation, as hooks of Fastify: Nest's guards, pipes and
 * interceptors cost several times what is done in them (docs/decisions/2026-11-28-one-pipeline.md).
 */
@Injectable()
export class RequestPipeline implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost<FastifyAdapter>,
    private readonly discovery: DiscoveryService,
    private readonly routes: RouteTable,
    private readonly idempotent: IdempotentRequests,
  ) {}

  /** By now Nest has registered the routes of all controllers. */
  onModuleInit(): void {
    this.routes.describe(operationsOf(this.discovery), BASE_PATH, ROOT_PATHS);
    const fastify = this.host.httpAdapter.getInstance();
    fastify.addHook('preHandler', (request, reply, done) => {
      const operation = request.route?.operation;
      const key = operation && idempotencyKeyOf(request);
      if (key === undefined) return done();
      this.idempotent
        .claim(key, operation!.status, request, reply)
        .then((claim) => claim && runWithClaim(claim, done), done);
    });
    fastify.addHook('preHandler', (request, _reply, done) => {
      const operation = request.route?.operation;
      if (!operation) return done();
      request.sent = request.body;
      const reading = readRequest(request, operation);
      if (reading) reading.then(() => done(), done);
      else done();
    });
    fastify.addHook('onSend', (request, reply, payload, done) => {
      const settling = this.idempotent.settling(request, reply, payload);
      if (settling) settling.then(() => done(null, payload), done);
      else done(null, payload);
    });
  }
}
