import { createHash, timingSafeEqual } from 'node:crypto';
import { DomainError } from '#engine/errors';
import type { ApiKey, AuthConfig } from '#platform/config';
import { JwtVerifier } from './jwt-verifier.js';
import { keyHolder, LOCAL_CALLER, PRODUCT_ROLES, type Principal } from './principal.js';

interface KnownKey {
  digest: Buffer;
  principal: Principal;
}

/** Where keys are kept that are not in the configuration. */
export interface KeyStore {
  /** The holder of a key that is valid now. */
  holderOf(key: string): Promise<Principal | undefined>;
}

/** What every stored key begins with: tells it from a token, and lets scanners of repositories find one that leaked. */
export const KEY_MARK = 'cwk_';
/** Longer is nothing that anybody was given here. */
const MAX_CREDENTIAL_LENGTH = 16_384;

const digestOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** Turns a request's `Authorization` header into the principal behind it. */
export class Authenticator {
  /** Whether a credential is asked of everybody. */
  readonly required: boolean;
  private readonly configured: readonly KnownKey[];
  private readonly tokens: JwtVerifier | undefined;
  private store: KeyStore | undefined;

  constructor({ required, api_keys, jwt }: AuthConfig) {
    this.required = required;
    this.configured = api_keys.map(knownKey);
    this.tokens = jwt && new JwtVerifier(jwt);
  }

  /** Lets stored keys in as well; until then, while the application starts, there are none. */
  useStore(store: KeyStore): void {
    this.store = store;
  }

  /**
   * At once where nobody has to be asked. The promise rejects with what is thrown otherwise.
   * @throws DomainError `unauthenticated` where a credential is asked for and the header holds none that is good,
   * `unavailable` where it cannot be told
   */
  authenticate(authorization: string | undefined): Principal | Promise<Principal> {
    if (!this.required) return LOCAL_CALLER;
    const credential = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    if (credential === undefined) {
      throw new DomainError(
        'unauthenticated',
        'This service needs an API key or a token: send it as "Authorization: Bearer <key or token>".',
      );
    }
    const holder =
      credential.length > MAX_CREDENTIAL_LENGTH ? undefined : this.holderOf(credential);
    return holder instanceof Promise ? holder.then(known) : known(holder);
  }

  private holderOf(credential: string): Principal | undefined | Promise<Principal | undefined> {
    const configured = this.configuredHolderOf(credential);
    if (configured !== undefined) return configured;
    if (credential.startsWith(KEY_MARK)) return this.store?.holderOf(credential);
    return this.tokens?.principalOf(credential);
  }

  /** Compares with every key, equal or not, so that the time tells nothing about any of them. */
  private configuredHolderOf(secret: string): Principal | undefined {
    const digest = digestOf(secret);
    let holder: Principal | undefined;
    for (const key of this.configured) {
      if (timingSafeEqual(key.digest, digest)) holder = key.principal;
    }
    return holder;
  }
}

function known(principal: Principal | undefined): Principal {
  if (principal !== undefined) return principal;
  throw new DomainError(
    'unauthenticated',
    'The API key or token is not one that this service knows. Ask its operator for one.',
    { error: 'invalid_token' },
  );
}

/** The keys of the configuration are the operator's own, and so have every role. */
function knownKey({ name, secret }: ApiKey): KnownKey {
  return { digest: digestOf(secret), principal: keyHolder(name, PRODUCT_ROLES) };
}
