import type { IncomingMessage } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest, RouteHandler } from 'fastify';
import { type AccessRows, Authenticator, RouteAccess } from '#platform/auth';
import type { AppConfig } from '#platform/config';
import { RateLimits } from '#platform/limits';
import { correlationOf } from '#platform/logging';
import { logAccess } from './access-log.js';
import { Cors } from './cors.js';
import { acceptJsonBodies, BODY_LIMIT_BYTES } from './json-body.js';
import { PROBLEM_TYPE, problemOf } from './problem.js';
import { installDoor } from './request-door.js';
import { type Route, RouteTable } from './route-table.js';

export const BASE_PATH = '/api/v1/workflows';
/** Below the root instead of the base path. */
export const ROOT_PATHS = ['metrics', 'openapi.json', 'docs', 'docs/:asset'];

const OPERATOR_PATHS = new Set([
  '/metrics',
  ...[
    '/health',
    '/health/live',
    '/health/ready',
    '/health/startup',
    '/system/metrics',
    '/capabilities',
  ].map((path) => `${BASE_PATH}${path}`),
]);

/** What the door knows; the application may tell it more (stored keys). */
export class Door {
  readonly authenticator: Authenticator;
  readonly access: RouteAccess;
  readonly limits: RateLimits;

  constructor(config: AppConfig, rows: AccessRows) {
    this.authenticator = new Authenticator(config.auth);
    this.limits = new RateLimits(config);
    this.access = new RouteAccess(rows, BASE_PATH);
  }
}

/** Fastify with everything that a request passes before Nest: limits, correlation, the door, the access log. */
export function createHttpAdapter(
  config: AppConfig,
  routes: RouteTable,
  { authenticator, access, limits }: Door,
): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    // who calls, for the audit: the last address that no trusted proxy has
    trustProxy: config.http.trusted_proxies.length > 0 && [...config.http.trusted_proxies],
    genReqId: (request: IncomingMessage) => correlationOf(request.headers),
    routerOptions: { maxParamLength: 200 },
    forceCloseConnections: 'idle',
    // there is no middleware
    skipMiddie: true,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      const { status, headers, body } = problemOf(adapter.mapException(error), request);
      void reply.status(status).headers(headers).type(PROBLEM_TYPE).send(body);
    },
  });
  const fastify = adapter.getInstance();
  fastify.decorateRequest('route', null);
  fastify.decorateRequest('sent', undefined);
  fastify.decorateRequest('principal', undefined);
  fastify.addHook('onRoute', (route) => {
    const [method, ...others] = [route.method].flat();
    if (method === undefined || others.length > 0) throw new Error(`${route.url} is many routes.`);
    const known = routes.add(method, route.url, access, route.config?.quiet);
    route.config = { ...route.config, route: known };
    route.handler = past(known, route.handler);
  });
  acceptJsonBodies(fastify);
  installDoor(fastify, {
    authenticator,
    limits,
    cors: new Cors(config.http.cors_origins),
    role: config.role,
    operatorPaths: (path) => OPERATOR_PATHS.has(path),
  });
  logAccess(fastify);
  return adapter;
}

/** Calls the operation by itself, where that is all that Nest's router would do. */
function past(route: Route, throughNest: RouteHandler): RouteHandler {
  return function (request, reply) {
    const call = route.operation?.call;
    return call ? call(request, reply) : throughNest.call(this, request, reply);
  };
}
