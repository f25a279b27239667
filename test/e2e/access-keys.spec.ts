import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

import pg from 'pg';

import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';

const ROOT = path.resolve(import.meta.dirname, '../..');

interface Key {
  key_id: string;
  name: string;
  key: string;
  prefix: string;
  status: string;
  roles: string[];
  last_used_at: string | null;
  code?: string;
}

/** `npm run keys` without its build. */
async function makeKey(
  databaseUrl: string,
  ...wishes: string[]
): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, ['dist/src/keys.js', ...wishes], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, DATABASE_URL: databaseUrl },
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const [code] = (await once(child, 'close')) as [number];
  return { code, out: out.trim(), err };
}

describe('stored API keys', () => {
  let service: Service;
  let database: pg.Client;
  let first: string;
  beforeAll(async () => {
    service = await startService({ env: { AUTHENTICATION: 'on' } });
    database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
    ({ out: first } = await makeKey(service.databaseUrl));
  });
  afterAll(async () => {
    await database.end();
    await service.stop();
  });

  const as = <Body = Key>(
    key: string,
    method: string,
    path: string,
    body?: unknown,
    headers = {},
  ) => service.request<Body>(method, path, body, { authorization: `Bearer ${key}`, ...headers });
  const create = async (name: string, roles: string[], more = {}) =>
    (await as(first, 'POST', '/access/keys', { name, roles, ...more })).body;

  it('have a first one from the command line, taken at once', async () => {
    expect(first).toMatch(/^cwk_[0-9a-f]{12}_[A-Za-z0-9_-]{43}$/);
    const { body } = await as<{ items: Key[] }>(first, 'GET', '/access/keys');
    expect(body.items).toMatchObject([
      { name: 'admin', roles: ['admin'], status: 'active', created_by: 'npm run keys' },
    ]);
  });

  it.each([
    ['a name that is taken', ['admin']],
    ['a role that there is not', ['other', 'king']],
  ])('are not made for %s', async (_name, wishes) => {
    const { code, out, err } = await makeKey(service.databaseUrl, ...wishes);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).not.toBe('');
  });

  it('open what their roles open, and nothing else', async () => {
    const { key } = await create('viewer', ['viewer']);
    expect((await as(key, 'GET', '/workflows')).status).toBe(200);
    expect((await as(key, 'POST', '/multi-step/create', {})).body.code).toBe('forbidden');
    expect((await as(key, 'GET', '/access/keys')).status).toBe(403);
    expect(
      (await as(`${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`, 'GET', '/workflows')).status,
    ).toBe(401);
  });

  it('are kept as a hash: nowhere in the database, nor in the log, is the key', async () => {
    const answer = await as(
      first,
      'POST',
      '/access/keys',
      { name: 'secret', roles: ['viewer'] },
      { 'idempotency-key': 'once' },
    );
    const { key, prefix } = answer.body;
    const secret = key.slice(prefix.length + 1);
    const { rows: tables } = await database.query<{ name: string }>(
      `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
    );
    for (const { name } of tables) {
      const { rowCount } = await database.query(`select 1 from ${name} t where t::text like $1`, [
        `%${secret}%`,
      ]);
      expect({ name, rowCount }).toEqual({ name, rowCount: 0 });
    }
    expect(service.logs).not.toContain(secret);
    const again = await as(
      first,
      'POST',
      '/access/keys',
      { name: 'secret', roles: ['viewer'] },
      { 'idempotency-key': 'once' },
    );
    expect(again).toMatchObject({ status: 409, body: { code: 'idempotency_answer_lost' } });
  });

  it('are rotated: the old one stays good for the overlap', async () => {
    const old = await create('rotating', ['viewer']);
    const { status, body: young } = await as(first, 'POST', `/access/keys/${old.key_id}/rotate`, {
      overlap_seconds: 60,
    });
    expect(status).toBe(201);
    expect(young).toMatchObject({ name: 'rotating', roles: ['viewer'], status: 'active' });
    for (const key of [old.key, young.key])
      expect((await as(key, 'GET', '/workflows')).status).toBe(200);
    await database.query(`update api_keys set expires_at = now() where key_id = $1`, [old.key_id]);
    await eventually(async () => expect((await as(old.key, 'GET', '/workflows')).status).toBe(401));
    expect((await as(young.key, 'GET', '/workflows')).status).toBe(200);
    expect((await as(first, 'POST', `/access/keys/${old.key_id}/rotate`, {})).body.code).toBe(
      'api_key_ended',
    );
    const none = await as(first, 'POST', `/access/keys/${young.key_id}/rotate`, {
      overlap_seconds: 0,
    });
    expect((await as(young.key, 'GET', '/workflows')).status).toBe(401);
    expect((await as(none.body.key, 'GET', '/workflows')).status).toBe(200);
  });

  it('are revoked at once', async () => {
    const { key, key_id } = await create('leaving', ['viewer']);
    expect((await as(key, 'GET', '/workflows')).status).toBe(200);
    expect((await as(first, 'DELETE', `/access/keys/${key_id}`)).body).toMatchObject({
      status: 'revoked',
    });
    expect((await as(key, 'GET', '/workflows')).status).toBe(401);
    expect((await as(first, 'DELETE', `/access/keys/${key_id}`)).body.code).toBe('api_key_ended');
    expect((await create('leaving', ['viewer'])).status).toBe('active');
  });

  it('expire', async () => {
    const { key, key_id } = await create('short', ['viewer'], { expires_in_days: 1 });
    await database.query(
      `update api_keys set expires_at = now() - interval '1 second' where key_id = $1`,
      [key_id],
    );
    expect((await as(key, 'GET', '/workflows')).status).toBe(401);
  });

  it('show when they were last used, a little later', async () => {
    const { key, key_id } = await create('seen', ['viewer']);
    await as(key, 'GET', '/workflows');
    await eventually(
      async () => {
        const { body } = await as<{ items: Key[] }>(first, 'GET', '/access/keys?limit=200');
        expect(body.items.find((item) => item.key_id === key_id)?.last_used_at).not.toBeNull();
      },
      { timeout_ms: 20_000 },
    );
  });

  it.each([
    ['no roles', { name: 'x', roles: [] }, '/roles'],
    ['a role that there is not', { name: 'x', roles: ['king'] }, '/roles'],
    ['no name', { roles: ['viewer'] }, '/name'],
    ['a past expiry', { name: 'x', roles: ['viewer'], expires_in_days: 0 }, '/expires_in_days'],
  ])('are refused with %s', async (_name, body, pointer) => {
    const answer = await as<{ errors: { pointer: string }[] }>(first, 'POST', '/access/keys', body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map((fault) => fault.pointer)).toContain(pointer);
  });
});
