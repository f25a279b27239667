import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiSecurity } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Principal } from './principal.js';

declare module 'fastify' {
  interface FastifyRequest {
    principal?: Principal;
  }
  interface FastifyContextConfig {
    public?: boolean;
  }
}

/**
 * Opens one operation to callers without a key. Stands on the method: everything else is closed.
 * `quiet` leaves it out of the access log.
 */
export function Public(options: { quiet?: boolean } = {}): MethodDecorator {
  return applyDecorators(RouteConfig({ public: true, ...options }), ApiSecurity({}));
}

/** The principal of the request. */
export const CurrentPrincipal = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Principal =>
    principalOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

/** @throws Error when the request came past the door that authenticates: nobody is nobody, not everybody. */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal === undefined) throw new Error('The request was not authenticated.');
  return request.principal;
}
