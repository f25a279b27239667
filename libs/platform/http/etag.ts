import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '#engine/errors';

/** A strong entity tag over what changes whenever the resource does (id, version, state, …). */
export function etagOf(...parts: readonly (string | number | boolean | null | Date)[]): string {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
  return `"${digest.slice(0, 22)}"`;
}

/**
 * Holds a change to the state that its sender has seen. Without `If-Match` everything passes.
 * @throws DomainError `precondition_failed`
 */
export function requireIfMatch(ifMatch: string | undefined, etag: string): void {
  if (ifMatch === undefined || names(ifMatch, etag, false)) return;
  throw new DomainError(
    'precondition_failed',
    'It has changed since you read it. Read it again and send its new ETag as If-Match.',
    { current_etag: etag },
  );
}

/** Sets the ETag; a reader who already has this state (`If-None-Match`) gets 304 and no body. */
export function withEtag<T>(
  request: FastifyRequest,
  reply: FastifyReply,
  etag: string,
  body: T,
): T | undefined {
  reply.header('etag', etag);
  reply.header('cache-control', 'private, no-cache');
  const known = request.headers['if-none-match'];
  if (known === undefined || !names(known, etag, true)) return body;
  reply.status(304);
  return undefined;
}

/** RFC 9110 §13.1: If-Match compares strongly (a weak tag never matches), If-None-Match weakly. */
function names(header: string, etag: string, weakly: boolean): boolean {
  if (header.trim() === '*') return true;
  return header.split(',').some((given) => {
    const tag = given.trim();
    return (weakly && tag.startsWith('W/') ? tag.slice(2) : tag) === etag;
  });
}
