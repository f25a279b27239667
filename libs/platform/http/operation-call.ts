import {
  EXCEPTION_FILTERS_METADATA,
  GUARDS_METADATA,
  HEADERS_METADATA,
  INTERCEPTORS_METADATA,
  PIPES_METADATA,
  REDIRECT_METADATA,
  RENDER_METADATA,
  SSE_METADATA,
} from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type RouteParameter, routeParametersOf } from './route-parameters.js';

/** Calls a controller's method with what it takes of a request. What it resolves to is the answer. */
export type OperationCall = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

type Class = new (...dependencies: never[]) => object;
type Method = (...given: unknown[]) => unknown;
type Argument = (request: FastifyRequest, reply: FastifyReply) => unknown;

/** What makes Nest's router do more than call the method and send its answer. */
const MORE_THAN_A_CALL = [
  GUARDS_METADATA,
  INTERCEPTORS_METADATA,
  PIPES_METADATA,
  EXCEPTION_FILTERS_METADATA,
  HEADERS_METADATA,
  REDIRECT_METADATA,
  RENDER_METADATA,
  SSE_METADATA,
];

/**
 * The call of an operation without Nest's router, which looks at every answer for streams, observables and web responses
 * (a tenth of a hot route's time); undefined where the router does something that the operation asks for, or may.
 */
export function callOf(
  controller: object,
  name: string,
  status: number,
): OperationCall | undefined {
  const type = controller.constructor as Class;
  const method = (controller as Record<string, Method>)[name]!;
  const asksForMore = MORE_THAN_A_CALL.some(
    (key) => Reflect.hasMetadata(key, method) || Reflect.hasMetadata(key, type),
  );
  if (asksForMore) return undefined;
  const taken: Argument[] = [];
  for (const parameter of routeParametersOf(type, name)) {
    const argument = argumentOf(parameter, type, method);
    if (argument === undefined) return undefined;
    taken[parameter.index] = argument;
  }
  const isWhole = taken.length === method.length && !taken.includes(undefined as never);
  if (!isWhole) return undefined;
  return (request, reply) => {
    reply.code(status);
    const given = taken.map((argument) => argument(request, reply));
    return Promise.resolve(method.apply(controller, given));
  };
}

function argumentOf(
  { kind, data, pipes = [], factory }: RouteParameter,
  type: Class,
  method: Method,
): Argument | undefined {
  if (pipes.length > 0) return undefined;
  if (factory !== undefined) {
    return (...request) => factory(data, new ExecutionContextHost(request, type, method));
  }
  switch (kind) {
    case RouteParamtypes.REQUEST:
      return (request) => request;
    case RouteParamtypes.BODY:
      return data === undefined ? ({ body }) => body : undefined;
    case RouteParamtypes.QUERY:
      return data === undefined ? ({ query }) => query : undefined;
    case RouteParamtypes.PARAM:
      return typeof data === 'string'
        ? ({ params }) => (params as Record<string, unknown>)[data]
        : undefined;
    default:
      return undefined;
  }
}
