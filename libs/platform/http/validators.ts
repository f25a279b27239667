import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import {
  buildMessage,
  IsBoolean,
  IsInt,
  Max,
  Min,
  ValidateBy,
  type ValidationOptions,
} from 'class-validator';

const CLIENT_ID = /^[A-Za-z0-9_.:-]{1,100}$/;
export const CLIENT_ID_PATTERN = CLIENT_ID.source;

export function isClientId(value: unknown): value is string {
  return typeof value === 'string' && CLIENT_ID.test(value);
}

/** An id that a client chose: 1–100 of letters, digits and `_ . : -`. */
export function IsClientId(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isClientId',
      validator: {
        validate: isClientId,
        defaultMessage: buildMessage(
          (each) => `${each}$property must be 1 to 100 letters, digits or any of _ . : -`,
          options,
        ),
      },
    },
    options,
  );
}

export interface TextBounds {
  min?: number;
  max: number;
}

/** Text of `min` (0) to `max` characters, counted as Unicode code points as PostgreSQL's varchar does. */
export function IsText(bounds: TextBounds, options?: ValidationOptions): PropertyDecorator {
  const min = bounds.min ?? 0;
  return ValidateBy(
    {
      name: 'isText',
      constraints: [{ min, max: bounds.max }],
      validator: {
        validate: (value) => typeof value === 'string' && hasLength(value, min, bounds.max),
        defaultMessage: buildMessage(
          (each) => `${each}$property must be text of ${min} to ${bounds.max} characters`,
          options,
        ),
      },
    },
    options,
  );
}

function hasLength(text: string, min: number, max: number): boolean {
  if (text.length > 2 * max) return false;
  const length = Array.from(text).length;
  return length >= min && length <= max;
}

/**
 * A JSON object of the user's own making, taken over as it was sent. (class-transformer's copy
 * would drop keys such as `toString`, which every object inherits.)
 */
export function IsJsonObject(options?: ValidationOptions): PropertyDecorator {
  return applyDecorators(
    AsSent(),
    ValidateBy(
      {
        name: 'isJsonObject',
        validator: {
          validate: isJsonObject,
          defaultMessage: buildMessage((each) => `${each}$property must be a JSON object`, options),
        },
      },
      options,
    ),
  );
}

export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A JSON object whose values are numbers of 0 or more. */
export function IsAmounts(options?: ValidationOptions): PropertyDecorator {
  return applyDecorators(
    AsSent(),
    ValidateBy(
      {
        name: 'isAmounts',
        validator: {
          validate: (value) =>
            isJsonObject(value) &&
            Object.values(value).every((amount) => typeof amount === 'number' && amount >= 0),
          defaultMessage: buildMessage(
            (each) => `${each}$property must be a JSON object of numbers of 0 or more`,
            options,
          ),
        },
      },
      options,
    ),
  );
}

/** Any JSON value, taken over as it was sent. */
export function AsSent(): PropertyDecorator {
  return Transform(asSent);
}

/** What `AsSent` does, whatever has been made of the value before. */
export function asSent({ obj, key }: { obj: Record<string, unknown>; key: string }): unknown {
  return obj[key];
}

/** A query field that is `true`, `false`, `1` or `0` in any letter case (Python clients send `True`). */
export function QueryBoolean(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => booleanOf(value)),
    IsBoolean({ message: '$property must be true, false, 1 or 0' }),
  );
}

function booleanOf(value: unknown): unknown {
  const word = typeof value === 'string' ? value.toLowerCase() : value;
  if (word === 'true' || word === '1') return true;
  return word === 'false' || word === '0' ? false : value;
}

/** A query field that is a whole number from `min` to `max`. */
export function QueryInteger(min: number, max: number): PropertyDecorator {
  const message = `$property must be a whole number from ${min} to ${max}`;
  return applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value,
    ),
    IsInt({ message }),
    Min(min, { message }),
    Max(max, { message }),
  );
}
