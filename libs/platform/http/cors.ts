import type { FastifyReply, FastifyRequest } from 'fastify';

const METHODS = 'GET, POST, PUT, PATCH, DELETE';
const SENT =
  'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Correlation-Id, Traceparent, Last-Event-ID';
const SHOWN =
  'ETag, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, X-Correlation-Id, Idempotent-Replayed, Location';
const PREFLIGHT_SECONDS = '600';

/** CORS (Fetch, section 3.2) for the listed sites: their pages may call, with a credential of their own, never with cookies. */
export class Cors {
  private readonly origins: ReadonlySet<string>;

  constructor(origins: readonly string[]) {
    this.origins = new Set(origins);
  }

  allows(origin: string | undefined): boolean {
    return origin !== undefined && this.origins.has(origin);
  }

  /** @returns whether this was the browser's question before the request itself, which is answered by now */
  answer(request: FastifyRequest, reply: FastifyReply): boolean {
    if (this.origins.size === 0) return false;
    reply.header('vary', 'Origin');
    const { origin } = request.headers;
    if (origin === undefined || !this.allows(origin)) return false;
    reply.header('access-control-allow-origin', origin);
    const isPreflight =
      request.method === 'OPTIONS' &&
      request.headers['access-control-request-method'] !== undefined;
    if (!isPreflight) {
      reply.header('access-control-expose-headers', SHOWN);
      return false;
    }
    reply.headers({
      'access-control-allow-methods': METHODS,
      'access-control-allow-headers': SENT,
      'access-control-max-age': PREFLIGHT_SECONDS,
    });
    return true;
  }
}
