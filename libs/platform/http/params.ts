import { Param, type PipeTransform } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { ValidationError } from '#engine/errors';
import { CLIENT_ID_PATTERN, isClientId } from './validators.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}

/** A path parameter that is a UUID; handed over in lower case. */
export function UuidParam(name: string): ParameterDecorator {
  const pipe = checked(name, 'is_uuid', isUuid, `${name} must be a UUID.`, lowerCase);
  return documented(Param(name, pipe), name, { type: 'string', format: 'uuid' });
}

/** A path parameter that is an id of the client's own. */
export function ClientIdParam(name: string): ParameterDecorator {
  const message = `${name} must be 1 to 100 letters, digits or any of _ . : -`;
  const pipe = checked(name, 'is_client_id', isClientId, message, (value) => value);
  return documented(Param(name, pipe), name, { type: 'string', pattern: CLIENT_ID_PATTERN });
}

/** `@ApiParam` decorates methods; a parameter knows which one it belongs to. */
function documented(
  param: ParameterDecorator,
  name: string,
  schema: { type: 'string'; format?: string; pattern?: string },
): ParameterDecorator {
  return (target, method, index) => {
    param(target, method, index);
    const descriptor =
      method === undefined ? undefined : Object.getOwnPropertyDescriptor(target, method);
    if (method !== undefined && descriptor !== undefined) {
      ApiParam({ name, schema })(target, method, descriptor);
    }
  };
}

function checked(
  name: string,
  code: string,
  accepts: (value: unknown) => value is string,
  message: string,
  normalise: (value: string) => string,
): PipeTransform<unknown, string> {
  return {
    transform(value) {
      if (accepts(value)) return normalise(value);
      throw new ValidationError([{ pointer: `{${name}}`, code, message }]);
    },
  };
}

const lowerCase = (value: string): string => value.toLowerCase();
