import { Param, type PipeTransform } from '@nestjs/common';
import { ValidationError } from '#engine/errors';
import { isClientId } from './validators.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}

/** A path parameter that is a UUID; handed over in lower case. */
export function UuidParam(name: string): ParameterDecorator {
  return Param(name, checked(name, 'is_uuid', isUuid, `${name} must be a UUID.`, lowerCase));
}

/** A path parameter that is an id of the client's own. */
export function ClientIdParam(name: string): ParameterDecorator {
  const message = `${name} must be 1 to 100 letters, digits or any of _ . : -`;
  return Param(
    name,
    checked(name, 'is_client_id', isClientId, message, (value) => value),
  );
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
