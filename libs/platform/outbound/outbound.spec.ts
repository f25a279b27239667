import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { AppConfig, readConfig } from '#platform/config';

import { Outbound, type OutboundCall } from './outbound.js';
import type { CallFailed } from './call-failed.js';

describe('Outbound', () => {
  const opened: { server: Server; outbound: Outbound }[] = [];
  afterEach(async () => {
    for (const { server, outbound } of opened.splice(0)) {
      await outbound.onApplicationShutdown();
      server.closeAllConnections();
      server.close();
    }
  });

  async function to(listener: RequestListener, allowed?: (host: string) => string) {
    const server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const env = { OUTBOUND_ALLOWED_HOSTS: allowed ? allowed(host) : host };
    const outbound = new Outbound(new AppConfig(readConfig(env, false), 'postgres://unused'));
    opened.push({ server, outbound });
    return {
      host,
      call: (more: Partial<OutboundCall> = {}) =>
        outbound.call({
          method: 'GET',
          url: `http://${host}/`,
          headers: {},
          signal: new AbortController().signal,
          ...more,
        }),
    };
  }

  const failure = async (work: Promise<unknown>): Promise<CallFailed> => {
    try {
      await work;
    } catch (error) {
      return error as CallFailed;
    }
    throw new Error('it did not fail');
  };

  it('gives back what a 2xx answer holds', async () => {
    const { call } = await to((request, response) => {
      request.setEncoding('utf8').on('data', (body: string) => {
        response.writeHead(201, { 'content-type': 'text/plain' });
        response.end(`${request.method} ${request.headers['x-attempt'] as string} ${body}\u0000`);
      });
    });
    const answer = await call({ method: 'POST', headers: { 'x-attempt': '2' }, body: 'hello' });
    expect(answer).toEqual({
      status: 201,
      content_type: 'text/plain',
      text: 'POST 2 hello',
      bytes: 13,
    });
  });

  it.each([
    [500, true],
    [503, true],
    [429, true],
    [408, true],
    [400, false],
    [404, false],
    [304, false],
  ])('%i may be retried: %s', async (status, retryable) => {
    const { call } = await to((_, response) => {
      response.writeHead(status, { 'retry-after': '7' }).end();
    });
    expect(await failure(call())).toMatchObject({
      code: 'http_status',
      retryable,
      more: { retry_after_ms: 7_000 },
    });
  });

  it('cuts what a refusal says where a character ends', async () => {
    const { call } = await to((_, response) => {
      response.writeHead(503).end(`${'x'.repeat(1_999)}😀`);
    });
    const { body } = (await failure(call())).more.details as { body: string };
    expect(body).toBe(`${'x'.repeat(1_999)}\ufffd`);
  });

  it('refuses a private address, also behind a redirect', async () => {
    const refused = await to(
      (_, response) => response.end(),
      () => 'elsewhere.example',
    );
    expect(await failure(refused.call())).toMatchObject({
      code: 'address_forbidden',
      retryable: false,
    });
    const { call } = await to((_, response) => {
      response
        .writeHead(302, { location: `http://localhost:${refused.host.split(':')[1]}/` })
        .end();
    });
    expect(await failure(call())).toMatchObject({ code: 'address_forbidden', retryable: false });
  });

  it('follows redirects as fetch does', async () => {
    const seen: string[] = [];
    const { call } = await to((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      if (request.url === '/') response.writeHead(303, { location: '/done' }).end();
      else response.end('done');
    });
    expect((await call({ method: 'POST', body: 'x' })).text).toBe('done');
    expect(seen).toEqual(['POST /', 'GET /done']);
  });

  it('keeps authorization to its origin', async () => {
    let given: string | undefined;
    const other = await to((request, response) => {
      given = request.headers.authorization;
      response.end();
    });
    const { call } = await to(
      (_, response) => response.writeHead(307, { location: `http://${other.host}/` }).end(),
      (host) => `${host},${other.host}`,
    );
    await call({ headers: { Authorization: 'Bearer secret' } });
    expect(given).toBeUndefined();
  });

  it('gives up on an answer that is too large, too late, or redirects too often', async () => {
    const large = await to((_, response) => response.end(Buffer.alloc(1_100_000)));
    expect(await failure(large.call())).toMatchObject({
      code: 'response_too_large',
      retryable: false,
    });
    const late = await to(() => undefined);
    expect(await failure(late.call({ timeout_ms: 50 }))).toMatchObject({
      code: 'timed_out',
      retryable: true,
    });
    const loop = await to((_, response) => response.writeHead(307, { location: '/' }).end());
    expect(await failure(loop.call())).toMatchObject({ code: 'too_many_redirects' });
  });

  it('sends every call at once: as many as a process has in hand are there before any is answered', async () => {
    const calls = 400;
    const waiting: ServerResponse[] = [];
    const { call } = await to((_, response) => {
      waiting.push(response);
      if (waiting.length === calls) for (const one of waiting) one.end('all are here');
    });
    const answers = await Promise.all(
      Array.from({ length: calls }, () => call({ timeout_ms: 10_000 })),
    );
    expect(answers.map(({ text }) => text)).toEqual(Array(calls).fill('all are here'));
  }, 30_000);

  it('takes a connection that is refused for a passing fault, and a bad header for a lasting one', async () => {
    const { call } = await to((request) => request.socket.destroy());
    expect(await failure(call())).toMatchObject({ code: 'network', retryable: true });
    const bad = call({ headers: { 'bad header': 'x' } });
    expect(await failure(bad)).toMatchObject({ code: 'network', retryable: false });
  });
});
