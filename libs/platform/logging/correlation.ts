import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { AmbientValue, type Given } from '#platform/ambient';

const current = new AmbientValue<string>();
const USABLE = /^[A-Za-z0-9._:-]{1,100}$/;
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;

/** The id under which the current request or job is followed through logs, history and jobs. */
export function correlationId(): string | undefined {
  return current.get();
}

/** `id` for `runWithAll`. */
export function asCorrelation(id: string): Given {
  return current.as(id);
}

/** Runs `work` so that every log line and job that comes of it carries `id`; without one, a new one. */
export function runWithCorrelation<T>(id: string | undefined | null, work: () => T): T {
  return current.run(id ?? randomUUID(), work);
}

/**
 * The caller's `X-Correlation-Id`, else the trace id of its `traceparent` (W3C Trace Context),
 * else a new one. An id that could not stand in a log line or a header is not taken over.
 */
export function correlationOf(headers: IncomingHttpHeaders): string {
  const given = headers['x-correlation-id'];
  if (typeof given === 'string' && USABLE.test(given)) return given;
  const parent = headers['traceparent'];
  const trace = typeof parent === 'string' ? TRACEPARENT.exec(parent)?.[1] : undefined;
  return trace === undefined || /^0+$/.test(trace) ? randomUUID() : trace;
}
