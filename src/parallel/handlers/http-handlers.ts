import { Injectable } from '@nestjs/common';

import { inspectJson, isJsonObject } from '#platform/http';
import { Outbound, type OutboundAnswer } from '#platform/outbound';

import {
  type TaskAttempt,
  TaskFailed,
  type TaskHandler,
  type TaskResult,
  UNSTORABLE_ANSWER,
} from './task-handler.js';

/** What lets the other side recognise a repetition, and follow what it belongs to. */
export function attemptHeaders(
  attempt: Pick<TaskAttempt, 'task_execution_id' | 'attempt' | 'correlation_id'>,
): Record<string, string> {
  return {
    'idempotency-key': attempt.task_execution_id,
    'x-attempt': String(attempt.attempt),
    ...(attempt.correlation_id !== null && { 'x-correlation-id': attempt.correlation_id }),
  };
}

/** `http`: one call; the output is `{status, body}`, the body parsed where it is JSON. */
@Injectable()
export class HttpTaskHandler implements TaskHandler<'http'> {
  constructor(private readonly outbound: Outbound) {}

  async run(attempt: TaskAttempt<'http'>): Promise<TaskResult> {
    const { method, url, headers, body, timeout_ms } = attempt.handler;
    const given = lowerCased(headers ?? {});
    const sendsJson = body !== undefined && body !== null && typeof body !== 'string';
    const sent =
      body === undefined || body === null ? undefined : sendsJson ? JSON.stringify(body) : body;
    const answer = await this.outbound.call({
      method: method.toUpperCase(),
      url,
      headers: {
        ...(sendsJson && { 'content-type': 'application/json' }),
        ...given,
        ...attemptHeaders(attempt),
      },
      body: sent,
      timeout_ms,
      signal: attempt.signal,
    });
    return {
      output_data: { status: answer.status, body: bodyOf(answer) },
      resource_usage: bytesOf(sent, answer),
    };
  }
}

/** `graphql`: one query or mutation; the output is `{data}`. Errors in the answer fail the task for good. */
@Injectable()
export class GraphqlTaskHandler implements TaskHandler<'graphql'> {
  constructor(private readonly outbound: Outbound) {}

  async run(attempt: TaskAttempt<'graphql'>): Promise<TaskResult> {
    const { url, query, variables, timeout_ms } = attempt.handler;
    const sent = JSON.stringify({ query, variables: variables ?? {} });
    const answer = await this.outbound.call({
      method: 'POST',
      url,
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
        ...attemptHeaders(attempt),
      },
      body: sent,
      timeout_ms,
      signal: attempt.signal,
    });
    const body = bodyOf(answer);
    if (!isJsonObject(body)) {
      throw new TaskFailed('not_graphql', 'The answer is no GraphQL response.', false);
    }
    const { errors, data } = body;
    if (Array.isArray(errors) && errors.length > 0) {
      const [first] = errors as unknown[];
      const message = isJsonObject(first) ? String(first['message']) : 'unknown';
      throw new TaskFailed('graphql_errors', `GraphQL: ${message}`, false, { details: { errors } });
    }
    return { output_data: { data: data ?? null }, resource_usage: bytesOf(sent, answer) };
  }
}

/**
 * The answer's body, parsed where it is JSON.
 * @throws TaskFailed `unstorable_answer` for what no request body may hold either: another call would not mend it
 */
export function bodyOf({ content_type, text }: OutboundAnswer): unknown {
  if (content_type === null || !/[/+]json\b/i.test(content_type)) return text;
  const body = parsed(text);
  // what cannot be stored cannot stand in the text as it is, but only by its number
  const [fault] = inspectJson(body, !text.includes('\\u'));
  if (!fault) return body;
  const place = fault.pointer === '' ? 'its top' : fault.pointer.slice(0, 200).toWellFormed();
  throw new TaskFailed(
    UNSTORABLE_ANSWER,
    `The answer cannot be stored for what it has at ${place}. ${fault.message}`,
    false,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // it only says that it is JSON
    return text;
  }
}

/** What went over the line for a call, without headers. */
export function bytesOf(
  sent: string | undefined,
  { bytes }: OutboundAnswer,
): { request_bytes: number; response_bytes: number } {
  return { request_bytes: Buffer.byteLength(sent ?? ''), response_bytes: bytes };
}

function lowerCased(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
}
