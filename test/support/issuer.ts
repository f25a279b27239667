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
  private constructor(
    private readonly server: Server,
    readonly privateKey: CryptoKey,
    readonly publicJwk: JWK,
  ) {}

  static async start(): Promise<Issuer> {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const publicJwk = { ...(await exportJWK(publicKey)), kid: 'key-1', alg: 'ES256', use: 'sig' };
    const server = createServer((_request, response) => {
      issuer.asked += 1;
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ keys: [publicJwk] }));
    });
    const issuer = new Issuer(server, privateKey, publicJwk);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return issuer;
  }

  /** The settings of a service that trusts it. */
  get env(): Record<string, string> {
    const { port } = this.server.address() as AddressInfo;
    return {
      JWT_ISSUER: ISSUER,
      JWT_AUDIENCE: AUDIENCE,
      JWT_JWKS_URL: `http://127.0.0.1:${port}/jwks.json`,
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
      .setProtectedHeader({ alg: 'ES256', kid: 'key-1', ...header })
      .sign(key);
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}
