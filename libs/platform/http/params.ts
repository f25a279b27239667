import 'reflect-metadata';
import { Param } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { ValidationError } from '#engine/errors';
import { CLIENT_ID_PATTERN, isClientId } from './validators.js';

/** A path parameter that is looked at before its operation is called. */
export interface CheckedParam {
  name: string;
  /** @returns what is handed over. @throws ValidationError */
  read: (sent: unknown) => string;
}

const CHECKED = Symbol('checked parameters of the path');
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}

/** A path parameter that is a UUID; handed over in lower case. */
export function UuidParam(name: string): ParameterDecorator {
  const message = `${name} must be a UUID.`;
  const read = checked(name, 'is_uuid', isUuid, message);
  return checkedParam(
    { name, read: (sent) => read(sent).toLowerCase() },
    { type: 'string', format: 'uuid' },
  );
}

/** A path parameter that is an id of the client's own. */
export function ClientIdParam(name: string): ParameterDecorator {
  const message = `${name} must be 1 to 100 letters, digits or any of _ . : -`;
  const read = checked(name, 'is_client_id', isClientId, message);
  return checkedParam({ name, read }, { type: 'string', pattern: CLIENT_ID_PATTERN });
}

/** The checked parameters of a controller's method, in their order. */
export function checkedParamsOf(prototype: object, method: string): readonly CheckedParam[] {
  return (Reflect.getMetadata(CHECKED, prototype, method) ?? []) as CheckedParam[];
}

/** `@ApiParam` decorates methods; a parameter knows which one it belongs to. */
function checkedParam(
  param: CheckedParam,
  schema: { type: 'string'; format?: string; pattern?: string },
): ParameterDecorator {
  return (target, method, index) => {
    const { name } = param;
    Param(name)(target, method, index);
    const descriptor =
      method === undefined ? undefined : Object.getOwnPropertyDescriptor(target, method);
    if (method === undefined || descriptor === undefined) return;
    // decorators of parameters are called from the last to the first
    const later = (Reflect.getOwnMetadata(CHECKED, target, method) ?? []) as CheckedParam[];
    Reflect.defineMetadata(CHECKED, [param, ...later], target, method);
    ApiParam({ name, schema })(target, method, descriptor);
  };
}

function checked(
  name: string,
  code: string,
  accepts: (value: unknown) => value is string,
  message: string,
): CheckedParam['read'] {
  return (sent) => {
    if (accepts(sent)) return sent;
    throw new ValidationError([{ pointer: `{${name}}`, code, message }]);
  };
}
