import type { FastifyReply, FastifyRequest } from 'fastify';
import { etagOf, requireIfMatch, withEtag } from './etag.js';

const ETAG = etagOf('w', 3);

function read(ifNoneMatch: string | undefined) {
  const sent: { status: number; headers: Record<string, string> } = { status: 200, headers: {} };
  const reply = {
    header: (name: string, value: string) => void (sent.headers[name] = value),
    status: (status: number) => void (sent.status = status),
  } as unknown as FastifyReply;
  const request = { headers: { 'if-none-match': ifNoneMatch } } as unknown as FastifyRequest;
  const body = withEtag(request, reply, ETAG, { id: 'w' });
  return { ...sent, body };
}

describe('ETags', () => {
  it('differ when any part does', () => {
    const tags = [etagOf('a', 1), etagOf('a1'), etagOf('a', '1'), etagOf('a', 2), etagOf(null)];
    expect(new Set(tags).size).toBe(tags.length);
    expect(etagOf('a', 1)).toBe(etagOf('a', 1));
    expect(ETAG).toMatch(/^"[\w-]{22}"$/);
  });

  it.each([undefined, ETAG, '*', `"other", ${ETAG}`])(
    'let a change pass on If-Match: %s',
    (header) => {
      expect(() => requireIfMatch(header, ETAG)).not.toThrow();
    },
  );

  it.each(['"other"', '', `W/${ETAG}`, ETAG.slice(1, -1)])('stop it on If-Match: %s', (header) => {
    expect(() => requireIfMatch(header, ETAG)).toThrow(/changed since you read it/);
  });

  it('spare a reader what it already has', () => {
    expect(read(undefined)).toMatchObject({
      status: 200,
      body: { id: 'w' },
      headers: { etag: ETAG },
    });
    expect(read('"other"').status).toBe(200);
    expect(read(ETAG)).toMatchObject({ status: 304, body: undefined });
    expect(read(`W/${ETAG}`).status).toBe(304);
  });
});
