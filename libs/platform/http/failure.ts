import { HttpException } from '@nestjs/common';
import { DomainError, ValidationError } from '#engine/errors';

/** SQLSTATE classes and states of a server that is away, starting, stopping or full. */
const AWAY_STATES = /^(08...|57P0[123]|53[0-4]..)$/;
const AWAY_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** What pg, TypeORM and ioredis say without a code. */
const AWAY_MESSAGES =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Connection is closed|Cannot use a pool after calling end|Driver not Connected)/;
const DATA_STATE = /^22...$/;

/**
 * What an error means to the client. Errors that are no refusal of ours become one: a database
 * that is away is `unavailable`, everything unforeseen `internal_error` without inner text.
 */
export function refusalOf(error: unknown): DomainError {
  if (error instanceof DomainError) return error as DomainError;
  if (error instanceof HttpException) return refusalOfHttp(error);
  if (isUnavailable(error)) {
    return new DomainError(
      'unavailable',
      'The service cannot reach its database or queue just now. Nothing was changed; try again in a few seconds.',
    );
  }
  if (stateOf(error)?.match(DATA_STATE)) {
    const message = 'A value of the request cannot be stored. Check its range and its format.';
    return new ValidationError([{ pointer: '', code: 'unstorable_value', message }]);
  }
  return new DomainError(
    'internal_error',
    'Something went wrong on our side. Quote the correlation_id to the operator of this service.',
  );
}

/** Whether the operator has to look at it: everything that is not the client's own doing. */
export function isOurFault(error: unknown): boolean {
  if (error instanceof DomainError) return error.code === 'internal_error';
  return !(error instanceof HttpException) || error.getStatus() >= 500;
}

function refusalOfHttp(error: HttpException): DomainError {
  switch (error.getStatus()) {
    case 401:
      return new DomainError('unauthenticated', error.message);
    case 403:
      return new DomainError('forbidden', error.message);
    case 404:
      return new DomainError(
        'route_not_found',
        'There is no such path. /openapi.json lists all of them.',
      );
    case 413:
      return new DomainError('body_too_large', 'The body is larger than 1 MiB. Send less at once.');
    case 415:
      return new DomainError('unsupported_media_type', 'Send the body as application/json.');
    case 429:
      return new DomainError('too_many_requests', error.message);
    case 503:
      return new DomainError('unavailable', error.message);
    default:
      return error.getStatus() < 500
        ? new ValidationError([{ pointer: '', code: 'bad_request', message: error.message }])
        : new DomainError('internal_error', 'Something went wrong on our side.');
  }
}

/** Whether the database or the queue could not be reached, as opposed to having refused something. */
export function isUnavailable(error: unknown): boolean {
  return causes(error).some((cause) => {
    const code = codeOf(cause);
    if (code !== undefined && (AWAY_CODES.has(code) || AWAY_STATES.test(code))) return true;
    return cause instanceof Error && AWAY_MESSAGES.test(cause.message);
  });
}

function stateOf(error: unknown): string | undefined {
  return causes(error)
    .map(codeOf)
    .find((code) => code?.length === 5);
}

/** The error and what it wraps: `cause`, TypeORM's `driverError`, the parts of an AggregateError. */
function causes(error: unknown, depth = 0): unknown[] {
  if (typeof error !== 'object' || error === null || depth > 4) return [];
  const { cause, driverError, errors } = error as Record<string, unknown>;
  const inner = [cause, driverError, ...(Array.isArray(errors) ? (errors as unknown[]) : [])];
  return [error, ...inner.flatMap((part) => causes(part, depth + 1))];
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' ? code : undefined;
}
