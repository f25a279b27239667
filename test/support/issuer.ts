import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  SignJWT,
} from 'jose';

export const ISSUER = 'https://login.example.com/';
export const AUDIENCE = 'complex-workflows';

/** An identity provider as far as the service sees one: a key set on loopback, and tokens signed with its key. */
export class Issuer {
  /** How often the key set was asked for. */
  asked = 0;
  /** Whether it answers, instead of failing. */
  answers = true;
  private constructor(
    private readonly server: Server,
    public privateKey: CryptoKey,
    public publicJwk: JWK & { kid: string },
  ) {}

  static async start(): Promise<Issuer> {
    const { privateKey, publicJwk } = await newKey('key-1');
    const server = createServer((_request, response) => {
      issuer.asked += 1;
      response.statusCode = issuer.answers ? 200 : 503;
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ keys: [issuer.publicJwk] }));
    });
    const issuer = new Issuer(server, privateKey, publicJwk);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return issuer;
  }

  /** From now on it signs with another key, and knows only that. */
  async rotate(kid: string): Promise<void> {
    Object.assign(this, await newKey(kid));
  }

  get jwksUrl(): string {
    const { port } = this.server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/jwks.json`;
  }

  /** The settings of a service that trusts it. */
  get env(): Record<string, string> {
    return {
      JWT_ISSUER: ISSUER,
      JWT_AUDIENCE: AUDIENCE,
      JWT_JWKS_URL: this.jwksUrl,
    };
  }

  /** A good token, but for what is said otherwise; a claim of `undefined` is left out. */
  async token(
    claims: JWTPayload = {},
    header: Record<string, unknown> = {},
    key = this.privateKey,
  ): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const payload = {
      iss: ISSUER,
      aud: AUDIENCE,
      sub: 'anna',
      iat: now,
      exp: now + 300,
      roles: ['viewer'],
      ...claims,
    };
    return new SignJWT(payload)
      .setProtectedHeader({ alg: 'ES256', kid: this.publicJwk.kid, ...header })
      .sign(key);
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}

async function newKey(
  kid: string,
): Promise<{ privateKey: CryptoKey; publicJwk: JWK & { kid: string } }> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' };
  return { privateKey, publicJwk };
}
