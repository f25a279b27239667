import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Principal } from './principal.js';

declare module 'fastify' {
  interface FastifyRequest {
    principal?: Principal;
  }
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
