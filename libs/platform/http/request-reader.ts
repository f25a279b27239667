import type { FastifyRequest } from 'fastify';
import type { Fault } from '#engine/errors';
import { inspectJson } from './body-check.js';
import { readRightly } from './compiled-dto.js';
import type { Operation } from './operation.js';
import { RequestValidationPipe } from './validation.pipe.js';

const pipe = new RequestValidationPipe();
const MAX_FAULTS = 100;

/**
 * What is wrong with a query before anybody reads it. Where an operation has a query, its DTO class refuses unknown
 * fields; without one nobody would, and a misspelt filter would look as if it had been applied.
 */
export function queryFaults(query: unknown, operation: Operation | undefined): Fault[] {
  const fields = Object.keys(query as object);
  if (fields.length === 0) return [];
  const faults = inspectJson(query).map((fault) => ({
    ...fault,
    pointer: `?${fault.pointer.slice(1)}`,
  }));
  if (faults.length > 0 || operation === undefined || operation.query !== undefined) return faults;
  return fields.slice(0, MAX_FAULTS).map((field) => ({
    pointer: `?${field}`,
    code: 'unknown_field',
    message: `${field} is no field of this request; this operation has no query.`,
  }));
}

/**
 * Puts in the place of what was sent (path parameters, query, body) what the operation takes. At once where everything
 * is surely right, as most requests are; a promise costs the others more than the checks do.
 * @throws ValidationError, or rejects with it
 */
export function readRequest(request: FastifyRequest, operation: Operation): Promise<void> | void {
  const { params, query, body } = operation;
  const sent = request.params as Record<string, unknown>;
  for (const { name, read } of params) sent[name] = read(sent[name]);
  if (query !== undefined) return readThoroughly(request, operation);
  if (body === undefined) return undefined;
  const right = readRightly(body, request.body);
  if (right === undefined) return readThoroughly(request, operation);
  request.body = right;
  return undefined;
}

async function readThoroughly(request: FastifyRequest, { query, body }: Operation): Promise<void> {
  if (query !== undefined) {
    request.query = await pipe.transform(request.query, { type: 'query', metatype: query });
  }
  if (body !== undefined) {
    request.body = await pipe.transform(request.body, { type: 'body', metatype: body });
  }
}
