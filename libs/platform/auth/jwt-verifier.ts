import { Logger } from '@nestjs/common';
import { errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { DomainError } from '#engine/errors';
import type { JwtConfig } from '#platform/config';
import { DEFAULT_TENANT, isTenantId } from '#platform/tenancy';
import { isOfKeySource, KeySet } from './key-set.js';
import { isProductRole, type Principal } from './principal.js';

const MAX_ROLES = 200;
/** With `user:` before it, it fits every column that holds an actor. */
const MAX_SUBJECT_LENGTH = 95;

/** Checks JSON Web Tokens (RFC 7519) as RFC 8725 asks: algorithms, issuer and audience are ours to say, never the token's. */
export class JwtVerifier {
  private readonly logger = new Logger('Authentication');
  private readonly key: JWTVerifyGetKey;
  private readonly rolesPath: readonly string[];
  private readonly tenantPath: readonly string[] | undefined;

  constructor(private readonly config: JwtConfig) {
    this.key = keySource(config.key);
    this.rolesPath = pathOf(config.roles_claim);
    this.tenantPath = config.tenant_claim === undefined ? undefined : pathOf(config.tenant_claim);
  }

  /** @throws DomainError `unauthenticated` saying what is wrong, `unavailable` where the key set cannot be had */
  async principalOf(token: string): Promise<Principal> {
    const payload = await this.verified(token);
    const { sub } = payload;
    if (typeof sub !== 'string' || !isSubject(sub)) {
      throw refused('The token names nobody: it needs "sub", of 1 to 95 printable characters.');
    }
    const words = this.rolesOf(payload);
    return {
      id: `user:${sub}`,
      tenant_id: this.tenantOf(payload),
      kind: 'user',
      subject: sub,
      roles: words.filter(isProductRole),
      business_roles: words.filter((word) => !isProductRole(word)),
    };
  }

  /** A token that does not say whose it is opens nothing, where tokens have to say it. */
  private tenantOf(payload: JWTPayload): string {
    if (this.tenantPath === undefined) return DEFAULT_TENANT;
    const tenant_id = claimAt(payload, this.tenantPath);
    if (isTenantId(tenant_id)) return tenant_id;
    throw refused(
      'The token does not say whose it is: its claim for the tenant is missing, or is not 1 to 100 letters, digits and _ . : -',
    );
  }

  private async verified(token: string): Promise<JWTPayload> {
    const { issuer, audiences, algorithms, clock_tolerance_seconds } = this.config;
    try {
      const { payload } = await jwtVerify(token, this.key, {
        issuer,
        audience: [...audiences],
        algorithms: [...algorithms],
        clockTolerance: clock_tolerance_seconds,
        requiredClaims: ['exp', 'sub'],
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JOSEError && !isOfKeySource(error)) {
        throw refused(sentenceOf(error));
      }
      this.logger.error('The key set of JWT_JWKS_URL cannot be read.', error);
      throw new DomainError(
        'unavailable',
        'The service cannot read the keys that tokens are checked with. Try again in a few seconds.',
      );
    }
  }

  private rolesOf(payload: JWTPayload): string[] {
    const value = claimAt(payload, this.rolesPath);
    const words: unknown[] = typeof value === 'string' ? value.split(' ') : [value].flat();
    return [...new Set(words)]
      .filter((word): word is string => typeof word === 'string' && word !== '')
      .slice(0, MAX_ROLES);
  }
}

function keySource(key: JwtConfig['key']): JWTVerifyGetKey {
  if ('secret' in key) {
    const secret = new TextEncoder().encode(key.secret);
    return () => secret;
  }
  return new KeySet(key.jwks_url).keyOf;
}

/** A claim's name, or where it begins with `/` a JSON pointer (RFC 6901) to it. */
function pathOf(claim: string): string[] {
  if (!claim.startsWith('/')) return [claim];
  return claim
    .slice(1)
    .split('/')
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function claimAt(payload: JWTPayload, path: readonly string[]): unknown {
  let value: unknown = payload;
  for (const name of path) {
    const isObject = typeof value === 'object' && value !== null;
    value =
      isObject && Object.hasOwn(value as object, name)
        ? (value as Record<string, unknown>)[name]
        : undefined;
  }
  return value;
}

function isSubject(sub: string): boolean {
  return sub.length <= MAX_SUBJECT_LENGTH && /^[^\p{Cc}\p{Surrogate}]+$/u.test(sub);
}

function sentenceOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired. Get a new one.';
  if (error instanceof errors.JWTClaimValidationFailed) {
    return `The token is not for this service: its claim "${error.claim}" is missing or is not what it has to be.`;
  }
  return 'The token is not one that this service accepts: its form, algorithm or signature is wrong.';
}

function refused(message: string): DomainError {
  return new DomainError('unauthenticated', message, { error: 'invalid_token' });
}
