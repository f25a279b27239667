import type { OpenAPIObject } from '@nestjs/swagger';
import type { ErrorCode } from '#engine/errors';
import { inWords, type RouteAccess, rolesOf } from '#platform/auth';
import { problemExamples, problemResponse, PROBLEM_SCHEMA } from '#platform/http';

export interface Operation {
  operationId?: string;
  summary?: string;
  description?: string;
  security?: unknown[];
  'x-roles'?: readonly string[];
  parameters?: unknown[];
  requestBody?: { content?: Record<string, Media> };
  responses: Record<string, { description?: string; content?: Record<string, Media> }>;
}

export interface Media {
  schema?: Record<string, unknown>;
  example?: unknown;
  examples?: Record<string, unknown>;
}

const METHODS = ['get', 'put', 'post', 'patch', 'delete'] as const;

export function operationsOf(
  document: OpenAPIObject,
): { method: string; path: string; operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method] as Operation | undefined;
      return operation === undefined ? [] : [{ method, path, operation }];
    }),
  );
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Your own id for this request. Sent again with the same key it has one effect, and the same answer for 24 hours.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
  example: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
};

const FORMAT_EXAMPLES: Readonly<Record<string, string>> = {
  uuid: '0190f2a8-7b5c-7def-8123-456789abcdef',
  'date-time': '2026-11-22T20:15:00.000Z',
};

/** Adds what holds everywhere: examples of ids and times, the general refusals with theirs, the idempotency key, who may call. */
export function complete(document: OpenAPIObject, access: RouteAccess): OpenAPIObject {
  document.components ??= {};
  for (const schema of Object.values(document.components.schemas ?? {})) addExamples(schema);
  document.components.schemas = { ...document.components.schemas, Problem: PROBLEM_SCHEMA };
  document.components.examples = { ...document.components.examples, ...problemExamples() };
  for (const { method, path, operation } of operationsOf(document)) {
    tellAccess(operation, access, method.toUpperCase(), path);
    const changes = method !== 'get';
    if (changes) operation.parameters = [...(operation.parameters ?? []), IDEMPOTENCY_KEY];
    addProblems(operation, generalCodes(operation, changes));
  }
  return document;
}

/** From the table of routes and roles: `security`, `x-roles` and a sentence. */
function tellAccess(operation: Operation, access: RouteAccess, method: string, path: string): void {
  const admission = access.admissionOf(method, path);
  if (admission === 'everybody') {
    operation.security = [{}];
    return;
  }
  const roles = rolesOf(admission);
  operation['x-roles'] = roles;
  const sentence =
    admission === 'authenticated'
      ? 'For every caller who is known.'
      : `For the role ${inWords(roles)}.`;
  if (operation.description) operation.description += ` ${sentence}`;
}

function addExamples(schema: object): void {
  const { properties = {} } = schema as { properties?: Record<string, FormattedSchema> };
  for (const property of Object.values(properties)) {
    const example = FORMAT_EXAMPLES[property.format ?? ''];
    if (example !== undefined) property.example ??= example;
  }
}

interface FormattedSchema {
  format?: string;
  example?: unknown;
}

function generalCodes(operation: Operation, changes: boolean): ErrorCode[] {
  const codes: ErrorCode[] = ['validation_failed', 'internal_error', 'unavailable'];
  const isPublic = operation.security?.some((way) => Object.keys(way as object).length === 0);
  if (isPublic !== true) codes.push('unauthenticated', 'forbidden', 'too_many_requests');
  if (operation.requestBody !== undefined) {
    codes.push('malformed_json', 'body_too_large', 'unsupported_media_type');
  }
  if (changes) {
    codes.push('idempotency_key_reused', 'idempotency_in_progress', 'idempotency_answer_lost');
  }
  return codes;
}

function addProblems(operation: Operation, codes: readonly ErrorCode[]): void {
  for (const code of codes) {
    const { status, ...response } = problemResponse([code]);
    const known = operation.responses[status];
    const examples = known?.content?.['application/problem+json']?.examples;
    if (known === undefined) operation.responses[status] = response;
    else if (examples !== undefined && !(code in examples)) {
      known.description = `${known.description}, \`${code}\``;
      Object.assign(examples, response.content['application/problem+json'].examples);
    }
  }
}
