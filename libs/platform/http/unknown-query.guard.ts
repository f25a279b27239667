import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FastifyRequest } from 'fastify';
import { ValidationError } from '#engine/errors';

/**
 * Refuses query fields where an operation has none. Where it has some, its DTO class refuses the
 * others; without one nobody would, and a misspelt filter would look as if it had been applied.
 */
@Injectable()
export class UnknownQueryGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const fields = Object.keys(context.switchToHttp().getRequest<FastifyRequest>().query as object);
    if (fields.length === 0 || readsQuery(context)) return true;
    throw new ValidationError(
      fields.slice(0, 100).map((field) => ({
        pointer: `?${field}`,
        code: 'unknown_field',
        message: `${field} is no field of this request; this operation has no query.`,
      })),
    );
  }
}

/** Nest keeps a handler's parameters under `<kind>:<position>`. */
function readsQuery(context: ExecutionContext): boolean {
  const parameters = (Reflect.getMetadata(
    ROUTE_ARGS_METADATA,
    context.getClass(),
    context.getHandler().name,
  ) ?? {}) as Record<string, unknown>;
  return Object.keys(parameters).some((key) => key.startsWith(`${RouteParamtypes.QUERY}:`));
}
