import { RequestMethod } from '@nestjs/common';
import { HTTP_CODE_METADATA, METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { DiscoveryService } from '@nestjs/core';
import { callOf, type OperationCall } from './operation-call.js';
import { type CheckedParam, checkedParamsOf } from './params.js';
import { routeParametersOf } from './route-parameters.js';

type Class = new (...args: never[]) => object;

/** What a controller's method says about its requests, by its decorators. */
export interface Operation {
  /** Of its answer, where it sets no other. */
  status: number;
  /** In the order of its parameters. */
  params: readonly CheckedParam[];
  /** The class of its query; without one it takes none. */
  query: Class | undefined;
  /** The class of its body, where that is to be checked. */
  body: Class | undefined;
  /** Undefined where only Nest's router can call it. */
  call: OperationCall | undefined;
}

export interface Operations {
  method: string;
  /** Below the prefix, such as `/parallel/tasks/:task_execution_id/complete`. */
  path: string;
  operation: Operation;
}

/** Bodies of these types are taken as they are sent. */
const UNCHECKED: ReadonlySet<unknown> = new Set([String, Number, Boolean, Array, Object]);

/** All operations of all controllers. @throws Error where one is not the same for all requests */
export function operationsOf(discovery: DiscoveryService): Operations[] {
  return discovery.getControllers().flatMap((controller) => {
    const type = controller.metatype as Class;
    if (!controller.isDependencyTreeStatic())
      throw new Error(`${type.name} is made anew for requests.`);
    const base = Reflect.getMetadata(PATH_METADATA, type) as string;
    const prototype = type.prototype as Record<string, unknown>;
    return Object.getOwnPropertyNames(prototype).flatMap((name) => {
      const handler = prototype[name];
      if (typeof handler !== 'function' || !Reflect.hasMetadata(METHOD_METADATA, handler))
        return [];
      const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod];
      const path = joined(base, Reflect.getMetadata(PATH_METADATA, handler) as string);
      return [
        {
          method,
          path,
          operation: operationOf(controller.instance as object, name, handler, method),
        },
      ];
    });
  });
}

function operationOf(instance: object, name: string, handler: object, method: string): Operation {
  const controller = instance.constructor as Class;
  const parameters = routeParametersOf(controller, name);
  const types = Reflect.getMetadata('design:paramtypes', controller.prototype as object, name) as
    Class[] | undefined;
  const typeOf = (kind: RouteParamtypes): Class | undefined => {
    const parameter = parameters.find((each) => each.kind === kind);
    return parameter && types?.[parameter.index];
  };
  const body = typeOf(RouteParamtypes.BODY);
  const status =
    (Reflect.getMetadata(HTTP_CODE_METADATA, handler) as number | undefined) ??
    (method === 'POST' ? 201 : 200);
  return {
    status,
    params: checkedParamsOf(controller.prototype as object, name),
    query: typeOf(RouteParamtypes.QUERY),
    body: UNCHECKED.has(body) ? undefined : body,
    call: callOf(instance, name, status),
  };
}

function joined(...parts: string[]): string {
  const segments = parts.flatMap((part) => part.split('/')).filter((segment) => segment !== '');
  return `/${segments.join('/')}`;
}
