import { DomainError, ValidationError, type ErrorCode, type Fault } from '#engine/errors';
import { refusalOf } from './failure.js';
import { isErrorCode, PROBLEM_STATUS, titleOf, typeOf } from './problem-status.js';

export const PROBLEM_TYPE = 'application/problem+json';
const RETRY_SECONDS: Partial<Record<ErrorCode, number>> = {
  unavailable: 5,
  idempotency_in_progress: 1,
  too_many_requests: 1,
};

/** RFC 9457, with our code, the path asked for, the id to quote, and the refusal's facts. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  instance: string;
  correlation_id: string;
  errors?: { pointer: string; code: string; detail: string }[];
}

export interface ProblemAnswer {
  status: number;
  headers: Record<string, string>;
  body: Problem;
}

/** The answer to a failed request. Says nothing about our insides, whatever the error was. */
export function problemOf(error: unknown, request: { url: string; id: string }): ProblemAnswer {
  const refusal = refusalOf(error);
  const faults = refusal instanceof ValidationError ? refusal.faults : [];
  const code = commonCode(faults) ?? refusal.code;
  const status = PROBLEM_STATUS[code];
  const body: Problem = {
    ...refusal.facts,
    type: typeOf(code),
    title: titleOf(code),
    status,
    detail: detailOf(refusal, faults),
    code,
    instance: pathOf(request.url),
    correlation_id: request.id,
  };
  if (faults.length > 0) {
    body.errors = faults.map((fault) => ({
      pointer: fault.pointer,
      code: fault.code,
      detail: fault.message,
    }));
  }
  return { status, headers: headersOf(code, refusal), body };
}

/** Where every fault is of one kind that has a status of its own (`workflow_not_found`), so is the answer. */
function commonCode(faults: readonly Fault[]): ErrorCode | undefined {
  const [first, ...others] = faults.map((fault) => fault.code);
  if (first === undefined || others.some((code) => code !== first)) return undefined;
  return isErrorCode(first) ? first : undefined;
}

function detailOf(refusal: DomainError, faults: readonly Fault[]): string {
  const [only] = faults;
  if (only === undefined) return refusal.message;
  if (faults.length === 1) return only.message;
  return `The request has ${faults.length} faults; each is listed under "errors". Nothing was changed.`;
}

function headersOf(code: ErrorCode, refusal: DomainError): Record<string, string> {
  const headers: Record<string, string> = {};
  const given = refusal.facts.retry_after_seconds;
  const retry = typeof given === 'number' ? Math.ceil(given) : RETRY_SECONDS[code];
  if (retry !== undefined) headers['retry-after'] = String(retry);
  const { allow, error } = refusal.facts;
  if (code === 'unauthenticated') {
    // RFC 6750, section 3: the error is named only to who sent a credential
    headers['www-authenticate'] = typeof error === 'string' ? `Bearer error="${error}"` : 'Bearer';
  }
  if (code === 'method_not_allowed' && Array.isArray(allow)) headers.allow = allow.join(', ');
  return headers;
}

/** The path as the client may write it into a log: without the query, which may hold anything. */
function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? url;
}
