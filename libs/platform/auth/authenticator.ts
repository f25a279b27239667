import { createHash, timingSafeEqual } from 'node:crypto';
import { DomainError } from '#engine/errors';
import type { ApiKey } from '#platform/config';
import { ANONYMOUS, type Principal } from './principal.js';

interface KnownKey {
  digest: Buffer;
  principal: Principal;
}

const digestOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** Turns a request's `Authorization` header into the principal behind it. */
export class Authenticator {
  private readonly keys: readonly KnownKey[];

  constructor(apiKeys: readonly ApiKey[]) {
    this.keys = apiKeys.map(({ name, secret }) => ({
      digest: digestOf(secret),
      principal: { id: `api_key:${name}`, kind: 'api_key', roles: [] },
    }));
  }

  /** @throws DomainError `unauthenticated` when keys are configured and the header holds none of them. */
  authenticate(authorization: string | undefined): Principal {
    if (this.keys.length === 0) return ANONYMOUS;
    const secret = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    if (secret === undefined) {
      throw new DomainError(
        'unauthenticated',
        'This service needs an API key: send it as "Authorization: Bearer <key>".',
      );
    }
    const principal = this.holderOf(secret);
    if (principal === undefined) {
      throw new DomainError(
        'unauthenticated',
        'The API key is not one of those that this service knows. Ask its operator for one.',
      );
    }
    return principal;
  }

  /** Compares with every key, equal or not, so that the time tells nothing about any of them. */
  private holderOf(secret: string): Principal | undefined {
    const digest = digestOf(secret);
    let holder: Principal | undefined;
    for (const key of this.keys) {
      if (timingSafeEqual(key.digest, digest)) holder = key.principal;
    }
    return holder;
  }
}
