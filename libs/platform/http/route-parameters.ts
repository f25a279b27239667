import type { ExecutionContext, PipeTransform, Type } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import type { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';

/** What a parameter of an operation's method takes of a request, by its decorator. */
export interface RouteParameter {
  /** NaN where a decorator of `createParamDecorator` says it, by its `factory`. */
  kind: RouteParamtypes;
  /** Its place among the method's. */
  index: number;
  /** What the decorator was given, such as the name of a path parameter. */
  data?: unknown;
  pipes?: (PipeTransform | Type<PipeTransform>)[];
  factory?: (data: unknown, context: ExecutionContext) => unknown;
}

/** Nest keeps them with the controller's class, under `<kind>:<place>`. */
export function routeParametersOf(controller: object, method: string): RouteParameter[] {
  const kept = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, method) ?? {}) as Record<
    string,
    Omit<RouteParameter, 'kind'>
  >;
  return Object.entries(kept).map(([key, parameter]) => ({
    ...parameter,
    kind: Number(key.split(':', 1)[0]),
  }));
}
