import { ValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import type { ValidationError as ClassFault } from 'class-validator';
import { ValidationError } from '#engine/errors';
import { readRightly } from './compiled-dto.js';
import { faultsOf } from './faults.js';

class ClassFaults extends Error {
  constructor(readonly faults: ClassFault[]) {
    super('validation failed');
  }
}

const PLAIN_TYPES: ReadonlySet<unknown> = new Set([String, Number, Boolean, Array, Object]);

/**
 * Checks bodies, queries and path parameters against their DTO class: unknown fields refused,
 * every fault in one ValidationError. Nothing is converted but by the DTO's own decorators.
 */
export class RequestValidationPipe extends ValidationPipe {
  constructor() {
    super({
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      transform: true,
      validationError: { target: false, value: true },
      exceptionFactory: (faults) => new ClassFaults(faults),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (
      metadata.type === 'body' &&
      !PLAIN_TYPES.has(metadata.metatype) &&
      !isObjectOrNothing(value)
    ) {
      const message = 'The body must be one JSON object.';
      throw new ValidationError([{ pointer: '', code: 'is_object', message }]);
    }
    if (metadata.type === 'body') {
      const right = readRightly(metadata.metatype, value);
      if (right !== undefined) return right;
    }
    try {
      return (await super.transform(value, metadata)) as unknown;
    } catch (error) {
      if (error instanceof ClassFaults) {
        throw new ValidationError(faultsOf(error.faults, metadata.type));
      }
      throw error;
    }
  }
}

function isObjectOrNothing(value: unknown): boolean {
  return value === undefined || (typeof value === 'object' && !Array.isArray(value));
}
