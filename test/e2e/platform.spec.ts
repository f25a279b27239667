import type { OpenAPIObject } from '@nestjs/swagger';
import pg from 'pg';

import { documentFaults } from '#platform/openapi';

import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';

// What holds for every call: problems, limits, keys, correlation, idempotency. (What each refusal says is in the specs
// beside libs/platform/http.)

const PROBLEM = 'application/problem+json; charset=utf-8';
const KEY = 'k'.repeat(32);

interface Problem {
  code: string;
  status: number;
  detail: string;
  instance: string;
  correlation_id: string;
  errors?: { pointer: string; code: string }[];
}

const workflow = (workflow_name: string) => ({
  workflow_name,
  category: 'test',
  steps: [{ step_id: 's1', step_name: 'S', step_type: 'user_task', order_sequence: 1 }],
});

/** As `request`, but with the body as it is. */
async function send(
  service: Service,
  path: string,
  body: string | Buffer,
  headers: Record<string, string> = { 'content-type': 'application/json' },
): Promise<{ status: number; type: string | null; problem: Problem }> {
  const response = await fetch(service.at(path), { method: 'POST', headers, body });
  const problem = (await response.json()) as Problem;
  return { status: response.status, type: response.headers.get('content-type'), problem };
}

describe('every call', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  it.each([
    ['GET', '/nowhere', 404, 'route_not_found'],
    ['GET', '/workflows/not-a-uuid', 400, 'validation_failed'],
    ['GET', '/workflows?colour=red', 400, 'validation_failed'],
    ['GET', '/capabilities?x=1', 400, 'validation_failed'],
    ['GET', '/workflows?limit=1000', 400, 'validation_failed'],
    ['GET', '/workflows?cursor=nonsense', 400, 'cursor_invalid'],
    ['GET', '/workflows?category=%00', 400, 'validation_failed'],
    ['GET', '/workflows/%ff', 400, 'validation_failed'],
  ])('%s %s is refused with %i %s', async (method, path, status, code) => {
    const answer = await service.request<Problem>(method, path);
    expect(answer.headers.get('content-type')).toBe(PROBLEM);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({
      status,
      code,
      type: `urn:complex-workflows:problem:${code}`,
      instance: `/api/v1/workflows${path.split('?')[0]}`,
      correlation_id: expect.any(String),
    });
  });

  it('tells which methods a path knows', async () => {
    const { status, headers, body } = await service.request<Problem>('PATCH', '/workflows');
    expect({ status, code: body.code, allow: headers.get('allow') }).toEqual({
      status: 405,
      code: 'method_not_allowed',
      allow: 'GET, HEAD',
    });
  });

  it.each([
    ['cut off', '{"workflow_name":', 400, 'malformed_json'],
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 400, 'malformed_json'],
    ['a list', '[]', 400, 'validation_failed'],
    ['text', '"text"', 400, 'validation_failed'],
    ['NUL', '{"workflow_name":"a\\u0000b"}', 400, 'validation_failed'],
    ['a key for the prototype', '{"__proto__":{"x":1}}', 400, 'validation_failed'],
    ['too deep', `{"a":${'['.repeat(40)}${']'.repeat(40)}}`, 400, 'validation_failed'],
    ['too large', `{"a":"${'x'.repeat(1024 * 1024)}"}`, 413, 'body_too_large'],
  ])('a body that is %s is refused', async (_name, body, status, code) => {
    const answer = await send(service, '/multi-step/create', body);
    expect(answer).toMatchObject({ status, type: PROBLEM, problem: { status, code } });
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp'])(
    'a body of the type %s is refused',
    async (type) => {
      const answer = await send(service, '/multi-step/create', '{}', { 'content-type': type });
      expect(answer).toMatchObject({ status: 415, problem: { code: 'unsupported_media_type' } });
    },
  );

  it('carries the correlation id of its caller, into the problem and the log', async () => {
    const sent = { 'x-correlation-id': 'order-4711' };
    const { headers, body } = await service.request<Problem>('GET', '/nowhere', undefined, sent);
    expect(headers.get('x-correlation-id')).toBe('order-4711');
    expect(body.correlation_id).toBe('order-4711');
    await eventually(() => expect(service.logs).toContain('"correlation_id":"order-4711"'));
  });

  it('tells browsers to guess nothing, frame nothing and keep nothing', async () => {
    const { headers } = await service.request('GET', '/capabilities');
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
    });
  });

  it.each([
    ['origin', 'https://evil.example'],
    ['sec-fetch-site', 'cross-site'],
  ])('comes from no page of another site: %s %s', async (name, value) => {
    const headers = { [name]: value };
    const { status, body } = await service.request<Problem>(
      'GET',
      '/workflows',
      undefined,
      headers,
    );
    expect({ status, code: body.code }).toEqual({ status: 403, code: 'forbidden' });
  });

  it('is shown on a page that needs nothing from elsewhere', async () => {
    const { status, body } = await service.request<string>('GET', '/docs');
    expect(status).toBe(200);
    const assets = [...body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, asset]) => asset!);
    expect(assets).toHaveLength(4);
    for (const asset of assets) {
      expect((await service.request('GET', asset)).status).toBe(200);
    }
    expect((await service.request('GET', '/docs/package.json')).status).toBe(404);
  });

  it('is described in full: what it is for, what it takes and gives, how it refuses', async () => {
    const { body } = await service.request<OpenAPIObject>('GET', '/openapi.json');
    expect(body.openapi).toMatch(/^3\.1\./);
    expect(Object.keys(body.paths).length).toBeGreaterThan(20);
    expect(documentFaults(body)).toEqual([]);
  });

  it('is counted and timed by its template', async () => {
    await service.request('GET', '/workflows/0190f2a8-7b5c-7def-8123-456789abcdef');
    const { body } = await service.request<string>('GET', '/metrics');
    expect(body).toMatch(
      /http_request_duration_seconds_count\{method="GET",route="\/api\/v1\/workflows\/workflows\/:workflow_id",status="404"\} 1/,
    );
    expect(body).toContain('process_resident_memory_bytes');
  });

  it('is listed among the capabilities, and among the live figures', async () => {
    const { body } = await service.request<{ operations: unknown[] }>('GET', '/capabilities');
    expect(body).toMatchObject({ role: 'all', queue_backend: 'postgres', authentication: 'none' });
    expect(body.operations).toContainEqual({
      method: 'POST',
      path: '/api/v1/workflows/multi-step/create',
    });
    const figures = await service.request('GET', '/system/metrics');
    expect(figures.body).toMatchObject({
      database_pool: { limit: 20 },
      http: { requests: expect.any(Number) },
      instances: {},
      tasks: {},
      unavailable: {},
    });
  });

  it('is healthy', async () => {
    const { status, body } = await service.request('GET', '/health');
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        status: 'ok',
        details: { database: { status: 'up' }, queue: { status: 'up' }, disk: { status: 'up' } },
      },
    });
    for (const probe of ['live', 'ready', 'startup']) {
      expect((await service.request('GET', `/health/${probe}`)).status).toBe(200);
    }
  });
});

describe('a request with an Idempotency-Key', () => {
  let service: Service;
  let database: pg.Client;
  beforeAll(async () => {
    service = await startService();
    database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
  });
  afterAll(async () => {
    await database.end();
    await service.stop();
  });

  const create = (key: string, body: unknown) =>
    service.request<Problem & { workflow_id: string }>('POST', '/multi-step/create', body, {
      'idempotency-key': key,
    });
  const workflowsNamed = async (name: string) => {
    const text = 'select 1 from workflow_definitions where workflow_name = $1';
    return (await database.query(text, [name])).rowCount;
  };
  /** As if the process had been killed in that state. */
  const leaveBehind = (key: string, state: string) =>
    database.query(
      `update idempotency_keys set state = $2, response_status = null, response_body = null,
         locked_until = now() - interval '1 second' where idempotency_key = $1`,
      [key, state],
    );

  it('has one effect and the same answer, however often it is sent', async () => {
    const first = await create('k1', workflow('Once'));
    const second = await create('k1', workflow('Once'));
    expect(first.status).toBe(201);
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(second).toMatchObject({ status: 201, body: first.body });
    expect(Object.keys(second.body)).toEqual(Object.keys(first.body));
    expect(await workflowsNamed('Once')).toBe(1);
  });

  it('has one effect when it is sent many times at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => create('k2', workflow('Crowd'))),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => body.workflow_id)).size).toBe(1);
    expect(await workflowsNamed('Crowd')).toBe(1);
  });

  it('gets the same refusal again', async () => {
    const first = await create('k3', workflow('Once'));
    const second = await create('k3', workflow('Once'));
    expect(first).toMatchObject({ status: 409, body: { code: 'workflow_name_taken' } });
    expect(second).toMatchObject({ status: 409, body: first.body });
    expect(second.headers.get('content-type')).toBe(PROBLEM);
  });

  it('cannot carry another request under the same key', async () => {
    await create('k4', workflow('Four'));
    expect(await create('k4', workflow('Five'))).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused' },
    });
    expect(await workflowsNamed('Five')).toBe(0);
  });

  it('may be put right after it was refused as it stood', async () => {
    expect((await create('k5', { category: 'test' })).status).toBe(400);
    expect((await create('k5', workflow('Corrected'))).status).toBe(201);
  });

  it('is carried out when the process died before it did anything', async () => {
    await create('k6', workflow('Six'));
    await database.query(
      `update workflow_definitions set workflow_name = 'Gone' where workflow_name = 'Six'`,
    );
    await leaveBehind('k6', 'in_progress');
    expect((await create('k6', workflow('Six'))).status).toBe(201);
    expect(await workflowsNamed('Six')).toBe(1);
  });

  it('is not carried out again when the process died after it did it', async () => {
    await create('k7', workflow('Seven'));
    await database.query(
      `update workflow_definitions set workflow_name = 'Away' where workflow_name = 'Seven'`,
    );
    await leaveBehind('k7', 'applied');
    expect(await create('k7', workflow('Seven'))).toMatchObject({
      status: 409,
      body: { code: 'idempotency_answer_lost' },
    });
    expect(await workflowsNamed('Seven')).toBe(0);
  });

  it('has its answer kept by the very transaction that does its work', async () => {
    await database.query(`
      create table seen (state text, transaction text);
      create function see() returns trigger language plpgsql as
        $$ begin insert into seen values (new.state, pg_current_xact_id()::text); return new; end $$;
      create trigger see after update on idempotency_keys for each row execute function see()`);
    await create('k8', workflow('Eight'));
    const work = `select xmin::text from workflow_definitions where workflow_name = 'Eight'`;
    const { rows } = await database.query(
      `select state, transaction = (${work}) as with_the_work from seen`,
    );
    expect(rows).toEqual([{ state: 'answered', with_the_work: true }]);
  });

  it('gets the ETag of the first answer again, too', async () => {
    const rule = {
      rule_id: 'tagged',
      rule_name: 'Tagged',
      condition_type: 'data_threshold',
      condition_expression: 'amount > 1',
      target_action: 'auto_approve',
    };
    const store = () =>
      service.request('POST', '/conditional/rules', rule, { 'idempotency-key': 'k10' });
    const [first, second] = [await store(), await store()];
    expect(first.headers.get('etag')).not.toBeNull();
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(second.headers.get('etag')).toBe(first.headers.get('etag'));
  });

  it('is forgotten after its day', async () => {
    await create('k9', workflow('Nine'));
    await database.query(
      `update idempotency_keys set expires_at = now() - interval '1 second' where idempotency_key = 'k9'`,
    );
    await eventually(async () => {
      const { rowCount } = await database.query(
        `select 1 from idempotency_keys where idempotency_key = 'k9'`,
      );
      expect(rowCount).toBe(0);
    });
    expect((await create('k9', workflow('Nine'))).body.code).toBe('workflow_name_taken');
  });

  it.each(['', 'a'.repeat(256), 'ünïcode'])(
    'needs a key of printable ASCII, not %p',
    async (key) => {
      const sent = Buffer.from(key).toString('latin1');
      const { status } = await create(sent, workflow('Never'));
      expect(status).toBe(400);
    },
  );
});

describe('a service with API_KEYS', () => {
  let service: Service;
  beforeAll(async () => {
    // readiness is asked without a key, which works because health is open
    service = await startService({ env: { API_KEYS: `erp:${KEY}` } });
  });
  afterAll(() => service.stop());

  it.each([
    '/workflows',
    '/capabilities',
    '/system/metrics',
    '/metrics',
    '/openapi.json',
    '/docs',
    '/nowhere',
  ])('keeps %s to those who have one', async (path) => {
    const { status, headers, body } = await service.request<Problem>('GET', path);
    expect({ status, code: body.code, asks: headers.get('www-authenticate') }).toEqual({
      status: 401,
      code: 'unauthenticated',
      asks: 'Bearer',
    });
  });

  it.each(['/health', '/health/live', '/health/ready', '/health/startup'])(
    'shows %s to all',
    async (path) => {
      expect((await service.request('GET', path)).status).toBe(200);
    },
  );

  it('does not read the body of a stranger', async () => {
    const { status } = await send(service, '/multi-step/create', '{"cut off');
    expect(status).toBe(401);
  });

  it('knows who comes with one', async () => {
    const headers = { authorization: `Bearer ${KEY}` };
    const created = await service.request<{ workflow_id: string }>(
      'POST',
      '/multi-step/create',
      workflow('Keyed'),
      headers,
    );
    expect(created.status).toBe(201);
    const path = `/workflows/${created.body.workflow_id}`;
    const { body } = await service.request('GET', path, undefined, headers);
    expect(body).toMatchObject({ created_by: 'api_key:erp' });
    expect(service.logs).not.toContain(KEY);
  });
});

describe('a service with ROLE=worker', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({ env: { ROLE: 'worker' } });
  });
  afterAll(() => service.stop());

  it('answers operators alone', async () => {
    expect((await service.request('GET', '/health')).status).toBe(200);
    expect((await service.request('GET', '/metrics')).status).toBe(200);
    expect(await service.request('GET', '/workflows')).toMatchObject({
      status: 404,
      body: { detail: expect.stringContaining('ROLE=api') },
    });
  });
});
