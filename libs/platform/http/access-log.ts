import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { logRequest } from '#platform/logging';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Asked so often that a line for each would drown the others (probes). */
    quiet?: boolean;
  }
}

/** Leaves an operation out of the access log. */
export const Quiet = (): MethodDecorator => RouteConfig({ quiet: true });

/** A line of a request: what was asked (the template, not the ids), what came of it, how long it took. Never bodies or headers. */
export function logAccess(fastify: FastifyInstance): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    const { route } = request;
    const status = reply.statusCode;
    if (route?.quiet !== true) {
      logRequest(status, () => ({
        method: request.method,
        route: route?.path ?? 'unknown',
        status,
        duration_ms: Math.round(reply.elapsedTime * 10) / 10,
        principal: request.principal?.id,
        correlation_id: request.id,
      }));
    }
    done();
  });
}
