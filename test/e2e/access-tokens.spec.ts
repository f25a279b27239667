import { createHmac, createPublicKey } from 'node:crypto';

import { exportJWK, generateKeyPair, type JWTPayload, UnsecuredJWT } from 'jose';

import { AUDIENCE, Issuer, ISSUER } from '../support/issuer.js';
import { type Service, startService } from '../support/service.js';

const HOUR = 3600;
const now = () => Math.floor(Date.now() / 1000);
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const good = (): JWTPayload => ({
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'anna',
  exp: now() + HOUR,
  roles: ['admin'],
});

/** A token of any header, signed as HS256 with `secret`. */
function hmacToken(header: object, secret: string | Buffer, payload: object = good()): string {
  const content = `${encoded(header)}.${encoded(payload)}`;
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
}

/** The token with one character of a part changed. */
function altered(token: string, part: 0 | 1 | 2): string {
  const parts = token.split('.');
  const text = parts[part]!;
  const at = Math.floor(text.length / 2);
  parts[part] = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
  return parts.join('.');
}

type Forgery = (issuer: Issuer) => string | Promise<string>;

const swappedPayload: Forgery = async (issuer) => {
  const [header, , signature] = (await issuer.token()).split('.');
  return `${header}.${encoded(good())}.${signature}`;
};
const publicKeyText = ({ publicJwk }: Issuer) =>
  createPublicKey({ key: publicJwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
const strangersKey = async () => (await generateKeyPair('ES256')).privateKey;

const FORGERIES: [string, Forgery][] = [
  ['expired', (issuer) => issuer.token({ exp: now() - HOUR })],
  ['expired just beyond the tolerance', (issuer) => issuer.token({ exp: now() - 6 })],
  ['without an expiry', (issuer) => issuer.token({ exp: undefined })],
  ['with an expiry that is text', (issuer) => issuer.token({ exp: 'never' as unknown as number })],
  ['not yet valid', (issuer) => issuer.token({ nbf: now() + HOUR })],
  ['for another audience', (issuer) => issuer.token({ aud: 'payroll' })],
  ['for other audiences', (issuer) => issuer.token({ aud: ['payroll', 'mail'] })],
  ['without an audience', (issuer) => issuer.token({ aud: undefined })],
  ['of another issuer', (issuer) => issuer.token({ iss: 'https://evil.example/' })],
  ['of an issuer that is almost ours', (issuer) => issuer.token({ iss: ISSUER.slice(0, -1) })],
  ['without an issuer', (issuer) => issuer.token({ iss: undefined })],
  ['of nobody', (issuer) => issuer.token({ sub: undefined })],
  ['of an empty subject', (issuer) => issuer.token({ sub: '' })],
  ['of a subject that would break a line', (issuer) => issuer.token({ sub: 'a\nb' })],
  ['of a subject without end', (issuer) => issuer.token({ sub: 'a'.repeat(500) })],
  [
    'signed by a stranger under our key id',
    async (issuer) => issuer.token({}, {}, await strangersKey()),
  ],
  [
    'signed by a stranger under another key id',
    async (issuer) => issuer.token({}, { kid: 'x' }, await strangersKey()),
  ],
  [
    'signed by a stranger who sends the key along',
    async (issuer) => {
      const { privateKey, publicKey } = await generateKeyPair('ES256');
      return issuer.token({}, { jwk: await exportJWK(publicKey) }, privateKey);
    },
  ],
  ['with alg none', () => new UnsecuredJWT(good()).encode()],
  [
    'with alg None and a signature',
    async (issuer) =>
      `${encoded({ alg: 'None' })}.${(await issuer.token()).split('.').slice(1).join('.')}`,
  ],
  [
    'without a signature',
    async (issuer) => `${(await issuer.token()).split('.').slice(0, 2).join('.')}.`,
  ],
  [
    'HS256 with the public key for a secret',
    async (issuer) => hmacToken({ alg: 'HS256', kid: 'key-1' }, publicKeyText(issuer)),
  ],
  [
    'HS256 with the key set for a secret',
    (issuer) => hmacToken({ alg: 'HS256', kid: 'key-1' }, JSON.stringify(issuer.publicJwk)),
  ],
  ['HS256 with an empty secret', () => hmacToken({ alg: 'HS256' }, '')],
  ['ES256 in name, HMAC in truth', () => hmacToken({ alg: 'ES256', kid: 'key-1' }, 'secret')],
  [
    'with a header parameter that nobody knows but must',
    async (issuer) => {
      const [, payload, signature] = (await issuer.token()).split('.');
      return `${encoded({ alg: 'ES256', kid: 'key-1', crit: ['x'], x: 1 })}.${payload}.${signature}`;
    },
  ],
  ['with an altered header', async (issuer) => altered(await issuer.token(), 0)],
  ['with an altered payload', async (issuer) => altered(await issuer.token(), 1)],
  ['with an altered signature', async (issuer) => altered(await issuer.token(), 2)],
  ['with another payload under the signature', swappedPayload],
  ['cut short', async (issuer) => (await issuer.token()).slice(0, -10)],
  ['cut after the header', async (issuer) => (await issuer.token()).split('.')[0]!],
  ['with a part too many', async (issuer) => `${await issuer.token()}.x`],
  ['of empty parts', () => '..'],
  ['of no JSON', () => `${Buffer.from('{').toString('base64url')}.e30.e30`],
];

describe('a service that trusts an issuer', () => {
  let issuer: Issuer;
  let service: Service;
  beforeAll(async () => {
    issuer = await Issuer.start();
    service = await startService({ env: { ...issuer.env, JWT_ROLES_CLAIM: '/access/workflows' } });
  });
  afterAll(async () => {
    await service.stop();
    await issuer.stop();
  });

  const call = (token: string, method = 'GET', path = '/workflows', body?: unknown) =>
    service.request<{ code: string; error?: string; created_by?: string; workflow_id?: string }>(
      method,
      path,
      body,
      {
        authorization: `Bearer ${token}`,
      },
    );
  const withRoles = (roles: unknown, claims: JWTPayload = {}) =>
    issuer.token({ access: { workflows: roles }, ...claims });

  it.each(FORGERIES)('answers 401 to a token %s', async (_name, forge) => {
    const { status, headers, body } = await call(await forge(issuer));
    expect({ status, code: body.code }).toEqual({ status: 401, code: 'unauthenticated' });
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  });

  it.each([
    ['a list of roles', ['viewer'], {}],
    ['roles in one text', 'manager viewer', {}],
    [
      'a clock that is a little slow',
      ['viewer'],
      { exp: Math.floor(Date.now() / 1000) + HOUR, nbf: now() + 2 },
    ],
    ['several audiences', ['viewer'], { aud: ['mail', AUDIENCE] }],
  ])('takes a good token with %s', async (_name, roles, claims) => {
    expect((await call(await withRoles(roles, claims))).status).toBe(200);
  });

  it.each([
    ['no roles', undefined],
    ['roles of a process only', ['manager']],
    ['roles in another claim only', { roles: ['admin'] }],
    ['a number', 7],
  ])('knows who comes with %s, and shows them nothing', async (_name, roles) => {
    const token = await withRoles(roles, { roles: ['admin'] });
    expect(await call(token)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await call(token, 'GET', '/capabilities')).body).toMatchObject({
      authentication: 'api_key_or_jwt',
    });
  });

  it('writes the person of the token into history', async () => {
    const designer = await withRoles(['designer']);
    const { status, body } = await call(designer, 'POST', '/multi-step/create', {
      workflow_name: 'By Anna',
      category: 'test',
      steps: [{ step_id: 's1', step_name: 'S', step_type: 'user_task', order_sequence: 1 }],
    });
    expect(status).toBe(201);
    const read = await call(designer, 'GET', `/workflows/${body.workflow_id}`);
    expect(read.body.created_by).toBe('user:anna');
  });

  it('has asked for the key set once or twice, not for every token', () => {
    expect(issuer.asked).toBeLessThanOrEqual(2);
  });

  it('writes no token into its log', async () => {
    const token = await withRoles(['viewer']);
    await call(token);
    await call(altered(token, 2));
    expect(service.logs).not.toContain(token.slice(-20));
  });
});

describe('a service that shares a secret with its issuer', () => {
  const SECRET = 's'.repeat(32);
  it('takes HS256 by that secret, and nothing else', async () => {
    const issuer = await Issuer.start();
    const env = { JWT_ISSUER: ISSUER, JWT_AUDIENCE: AUDIENCE, JWT_SECRET: SECRET };
    const service = await startService({ env });
    const answered = async (token: string) =>
      (
        await service.request('GET', '/workflows', undefined, {
          authorization: `Bearer ${token}`,
        })
      ).status;
    const hs512 = () => {
      const content = `${encoded({ alg: 'HS512' })}.${encoded(good())}`;
      return `${content}.${createHmac('sha512', SECRET).update(content).digest('base64url')}`;
    };
    try {
      expect(await answered(hmacToken({ alg: 'HS256' }, SECRET))).toBe(200);
      for (const token of [
        hmacToken({ alg: 'HS256' }, `${SECRET}s`),
        hmacToken({ alg: 'HS256' }, SECRET, { ...good(), aud: 'payroll' }),
        hmacToken({ alg: 'HS256' }, SECRET, { ...good(), exp: now() - HOUR }),
        hs512(),
        new UnsecuredJWT(good()).encode(),
        await issuer.token(),
      ]) {
        expect([token, await answered(token)]).toEqual([token, 401]);
      }
    } finally {
      await service.stop();
      await issuer.stop();
    }
  });
});

describe('a service whose issuer is away', () => {
  it('says so, instead of calling a good token bad', async () => {
    const issuer = await Issuer.start();
    const { env } = issuer;
    const token = await issuer.token();
    await issuer.stop();
    const service = await startService({ env });
    try {
      const answer = await service.request('GET', '/workflows', undefined, {
        authorization: `Bearer ${token}`,
      });
      expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } });
      expect((await service.request('GET', '/health/ready')).status).toBe(200);
    } finally {
      await service.stop();
    }
  });
});
