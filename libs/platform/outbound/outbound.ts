import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Agent, type Dispatcher, request } from 'undici';

import { AppConfig } from '#platform/config';

import { AllowedTargets, ForbiddenAddress, guardedLookup, refuseLiteral } from './address-guard.js';
import { CallFailed } from './call-failed.js';

const MAX_RESPONSE_BYTES = 1024 * 1024;
const MAX_REDIRECTS = 5;
const DEFAULT_TIMEOUT_MS = 30_000;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** Too early, too many, and a request that timed out: another attempt may find it otherwise. */
const RETRYABLE_STATUSES = new Set([408, 425, 429]);
/** Of the body of a refusal. */
const SHOWN_CHARACTERS = 2_000;
const MAX_RETRY_AFTER_MS = 24 * 60 * 60 * 1000;

export interface OutboundCall {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string | undefined;
  timeout_ms?: number | undefined;
  signal: AbortSignal;
}

export interface OutboundAnswer {
  status: number;
  content_type: string | null;
  text: string;
  /** Of its body, as it came. */
  bytes: number;
}

/**
 * HTTP to the outside. Loopback, private, link-local, multicast and metadata addresses are refused, by name or number,
 * on every redirect, unless OUTBOUND_ALLOWED_HOSTS names them.
 */
@Injectable()
export class Outbound implements OnApplicationShutdown {
  private readonly targets: AllowedTargets;
  private readonly guarded: Agent;
  /** A connection for each call: a call that waited for one would spend its time, and its caller's place, unsent. */
  private readonly open = new Agent();

  constructor({ outbound }: AppConfig) {
    this.targets = new AllowedTargets(outbound.allowed_hosts);
    this.guarded = new Agent({ connect: { lookup: guardedLookup(this.targets) } });
  }

  /**
   * A 2xx answer.
   * @throws CallFailed of any other: network, 5xx, 408, 425 and 429 may be retried (after `Retry-After`), others not
   */
  async call(call: OutboundCall): Promise<OutboundAnswer> {
    const timeout = AbortSignal.timeout(call.timeout_ms ?? DEFAULT_TIMEOUT_MS);
    const signal = AbortSignal.any([call.signal, timeout]);
    try {
      return await this.follow({ ...call, signal });
    } catch (error) {
      if (error instanceof CallFailed) throw error;
      throw failureOf(error, timeout.aborted);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.guarded.destroy(), this.open.destroy()]);
  }

  private async follow(first: OutboundCall): Promise<OutboundAnswer> {
    let call = first;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
      const answer = await this.send(call);
      const location = answer.headers['location'];
      if (!REDIRECTS.has(answer.statusCode) || typeof location !== 'string') {
        return await read(answer);
      }
      await answer.body.dump();
      call = redirected(call, answer.statusCode, location);
    }
    throw new CallFailed('too_many_redirects', `More than ${MAX_REDIRECTS} redirects.`, false);
  }

  private async send(call: OutboundCall): Promise<Dispatcher.ResponseData> {
    const url = parsed(call.url);
    const named = this.targets.names(url);
    if (!named) refuseLiteral(url, this.targets);
    return request(url, {
      dispatcher: named ? this.open : this.guarded,
      method: call.method,
      headers: call.headers,
      body: call.body ?? null,
      signal: call.signal,
    });
  }
}

function parsed(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  throw new CallFailed('bad_url', `${JSON.stringify(text)} is no http or https URL.`, false);
}

/** As browsers and fetch do: 303, and 301 or 302 after POST, become GET; secrets stay with their origin. */
function redirected(call: OutboundCall, status: number, location: string): OutboundCall {
  if (!URL.canParse(location, call.url)) {
    throw new CallFailed('bad_redirect', 'The answer redirects to no URL.', false);
  }
  const url = new URL(location, call.url);
  const toGet = status === 303 || (status < 303 && call.method === 'POST');
  const sameOrigin = url.origin === new URL(call.url).origin;
  const headers = Object.fromEntries(
    Object.entries(call.headers).filter(([name]) => {
      const lower = name.toLowerCase();
      if (!sameOrigin && (lower === 'authorization' || lower === 'cookie')) return false;
      return !(toGet && lower.startsWith('content-'));
    }),
  );
  return {
    ...call,
    url: url.href,
    headers,
    ...(toGet && { method: call.method === 'HEAD' ? 'HEAD' : 'GET', body: undefined }),
  };
}

async function read({
  statusCode,
  headers,
  body,
}: Dispatcher.ResponseData): Promise<OutboundAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_RESPONSE_BYTES) {
      throw new CallFailed('response_too_large', 'The answer is larger than 1 MiB.', false);
    }
    chunks.push(chunk);
  }
  // PostgreSQL keeps no NUL in text or jsonb
  const text = Buffer.concat(chunks).toString('utf8').replaceAll('\u0000', '');
  const type = headers['content-type'];
  const answer = {
    status: statusCode,
    content_type: typeof type === 'string' ? type : null,
    text,
    bytes: size,
  };
  if (statusCode >= 200 && statusCode < 300) return answer;
  throw refused(answer, headers['retry-after']);
}

function refused(answer: OutboundAnswer, retryAfter: string | string[] | undefined): CallFailed {
  const retryable = answer.status >= 500 || RETRYABLE_STATUSES.has(answer.status);
  const pause = typeof retryAfter === 'string' ? pauseMs(retryAfter) : undefined;
  return new CallFailed('http_status', `The answer was ${answer.status}.`, retryable, {
    // the cut may be in the middle of a surrogate pair, and half of one cannot be stored
    details: { status: answer.status, body: answer.text.slice(0, SHOWN_CHARACTERS).toWellFormed() },
    ...(pause !== undefined && { retry_after_ms: pause }),
  });
}

/** RFC 9110 §10.2.3: seconds, or a date. */
function pauseMs(retryAfter: string): number | undefined {
  const seconds = /^\d+$/.test(retryAfter.trim()) ? Number(retryAfter) : undefined;
  const ms = seconds === undefined ? Date.parse(retryAfter) - Date.now() : seconds * 1_000;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}

function failureOf(error: unknown, timedOut: boolean): CallFailed {
  if (timedOut) return new CallFailed('timed_out', 'There was no answer in time.', true);
  const forbidden = [error, (error as Error).cause].find((one) => one instanceof ForbiddenAddress);
  if (forbidden) return new CallFailed(forbidden.code, forbidden.message, false);
  const code = (error as NodeJS.ErrnoException).code;
  // undici's own refusals of a header, a method or a body: the same next time
  const retryable = code !== 'UND_ERR_INVALID_ARG' && code !== 'UND_ERR_NOT_SUPPORTED';
  return new CallFailed('network', `The call failed: ${(error as Error).message}`, retryable, {
    ...(code !== undefined && { details: { code } }),
  });
}
