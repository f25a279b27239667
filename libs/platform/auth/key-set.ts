import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type CryptoKey,
  type FlattenedJWSInput,
  type JWSHeaderParameters,
  type JWTVerifyGetKey,
} from 'jose';

/** A key set is fetched anew after this time, and at most once in the cool-down for a key that it does not hold. */
const MAX_AGE_MS = 10 * 60_000;
const COOLDOWN_MS = 30_000;
const TIMEOUT_MS = 5_000;
/** How long after it was last read a key set is trusted while its issuer does not answer. */
const MAX_AGE_WITHOUT_ISSUER_MS = 60 * 60_000;

/** What went wrong with the key set, as opposed to with the token. */
const SOURCE_FAULTS = new Set(['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID']);

/** Whether a failure says nothing about the token, since the keys could not be had. */
export function isOfKeySource(error: unknown): boolean {
  return !(error instanceof errors.JOSEError) || SOURCE_FAULTS.has(error.code);
}

/**
 * The keys of an issuer, by URL (RFC 7517). A key that is not held is asked for; while the issuer does not answer, the
 * keys that were last read go on for an hour, and it is asked again every half minute, so that neither its absence nor
 * its slowness is everybody's.
 */
export class KeySet {
  private readonly remote: ReturnType<typeof createRemoteJWKSet>;
  private readAt = -Infinity;
  private failedAt = -Infinity;

  constructor(url: string) {
    this.remote = createRemoteJWKSet(new URL(url), {
      cacheMaxAge: MAX_AGE_MS,
      cooldownDuration: COOLDOWN_MS,
      timeoutDuration: TIMEOUT_MS,
    });
  }

  readonly keyOf: JWTVerifyGetKey = async (header, token) => {
    const wasFresh = this.remote.fresh;
    if (!wasFresh && Date.now() - this.failedAt < COOLDOWN_MS) {
      return this.knownKey(header, token, new errors.JWKSTimeout());
    }
    try {
      const key = await this.remote(header, token);
      if (!wasFresh) this.readAt = Date.now();
      return key;
    } catch (error) {
      if (!isOfKeySource(error)) {
        if (!wasFresh) this.readAt = Date.now();
        throw error;
      }
      this.failedAt = Date.now();
      return this.knownKey(header, token, error);
    }
  };

  /** @throws `why` where it is not known: the issuer might have it */
  private async knownKey(
    header: JWSHeaderParameters,
    token: FlattenedJWSInput,
    why: unknown,
  ): Promise<CryptoKey> {
    const known = this.remote.jwks();
    if (!known || Date.now() - this.readAt > MAX_AGE_WITHOUT_ISSUER_MS) throw why;
    try {
      return await createLocalJWKSet(known)(header, token);
    } catch (error) {
      throw error instanceof errors.JWKSNoMatchingKey ? why : error;
    }
  }
}
