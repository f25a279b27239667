import { createHash } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import type { ApiKey, AuthConfig, JwtConfig } from './app-config.js';
import {
  boolean,
  type EnvironmentReader,
  integer,
  type Kind,
  listOf,
  oneOf,
  text,
} from './environment.js';

const MIN_SECRET_LENGTH = 32;

const API_KEY: Kind<ApiKey> = {
  expected: `name:secret or a secret alone, the secret of at least ${MIN_SECRET_LENGTH} printable characters without a comma or a space (openssl rand -hex 32 makes one)`,
  parse(raw) {
    const parts = /^(?:([A-Za-z0-9][A-Za-z0-9._-]{0,99}):)?([!-+\--~]+)$/.exec(raw);
    const secret = parts?.[2];
    if (secret === undefined || secret.length < MIN_SECRET_LENGTH) return undefined;
    return { name: parts?.[1] ?? `key-${digestOf(secret)}`, secret };
  },
};

/** Signed by whoever holds the private key; a service that only checks cannot make one. */
const ASYMMETRIC = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;
const ASYMMETRIC_ALGORITHM: Kind<string> = {
  expected: `one of ${ASYMMETRIC.join(', ')}`,
  parse: (raw) => ASYMMETRIC.find((name) => name.toLowerCase() === raw.toLowerCase()),
};

const JWKS_URL: Kind<string> = {
  expected:
    'an https address such as https://login.example.com/.well-known/jwks.json (http only to a loopback address)',
  parse(raw) {
    if (!URL.canParse(raw)) return undefined;
    const { protocol, hostname } = new URL(raw);
    const local = protocol === 'http:' && isLoopback(hostname.replace(/^\[(.*)\]$/, '$1'));
    return protocol === 'https:' || local ? raw : undefined;
  },
};

const SHARED_SECRET: Kind<string> = {
  expected: `at least ${MIN_SECRET_LENGTH} bytes (openssl rand -hex 32 makes one)`,
  parse: (raw) => (Buffer.byteLength(raw) >= MIN_SECRET_LENGTH ? raw : undefined),
};

/** A key without a name is known by eight digits of its digest: stable over restarts, of no use to guess it. */
function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex').slice(0, 8);
}

export function isLoopback(host: string): boolean {
  if (host.toLowerCase() === 'localhost') return true;
  return ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback';
}

/** Who is let in. Off by default, and then only on a loopback address; on as soon as there is something to ask for. */
export function readAuth(reader: EnvironmentReader, host: string): AuthConfig {
  const api_keys = reader.get('API_KEYS', listOf(API_KEY), []);
  const jwt = readJwt(reader);
  const given = ['API_KEYS', 'JWT_JWKS_URL', 'JWT_SECRET'].filter((name) => reader.has(name));
  const required = reader.get('AUTHENTICATION', onOrOff, given.length > 0);
  if (!required && given.length > 0) {
    reader.refuse('AUTHENTICATION', `on, or absent, where ${given.join(' and ')} is set`);
  } else if (!required && !isLoopback(host)) {
    reader.refuse(
      'HOST',
      `a loopback address such as 127.0.0.1, or API_KEYS must be set (${API_KEY.expected}), or JWT_ISSUER with its companions, or AUTHENTICATION=on for keys made by "npm run keys", because anybody who reaches another address could use the service`,
    );
  }
  return { required, api_keys, jwt };
}

const onOrOff: Kind<boolean> = {
  expected: 'on or off',
  parse(raw) {
    const word = oneOf(['on', 'off']).parse(raw);
    return word === undefined ? boolean.parse(raw) : word === 'on';
  },
};

const JWT_VARIABLES = [
  'JWT_ISSUER',
  'JWT_AUDIENCE',
  'JWT_JWKS_URL',
  'JWT_SECRET',
  'JWT_ALGORITHMS',
];

/** All or nothing: a token whose issuer or audience nobody checks could be meant for anybody. */
function readJwt(reader: EnvironmentReader): JwtConfig | undefined {
  const issuer = reader.optional('JWT_ISSUER', text);
  const audiences = reader.optional('JWT_AUDIENCE', listOf(text));
  const jwks_url = reader.optional('JWT_JWKS_URL', JWKS_URL);
  const secret = reader.optional('JWT_SECRET', SHARED_SECRET);
  const algorithms = reader.optional('JWT_ALGORITHMS', listOf(ASYMMETRIC_ALGORITHM));
  const clock_tolerance_seconds = reader.get('JWT_CLOCK_TOLERANCE_SECONDS', integer(0, 300), 5);
  const roles_claim = reader.get('JWT_ROLES_CLAIM', text, 'roles');
  const tenant_claim = reader.optional('JWT_TENANT_CLAIM', text);
  if (!JWT_VARIABLES.some((name) => reader.has(name))) return undefined;

  for (const name of ['JWT_ISSUER', 'JWT_AUDIENCE']) {
    if (!reader.has(name)) reader.refuse(name, 'set when another JWT_ variable is');
  }
  if (reader.has('JWT_JWKS_URL') === reader.has('JWT_SECRET')) {
    reader.refuse(
      'JWT_JWKS_URL',
      'set when another JWT_ variable is, or else JWT_SECRET; not both',
    );
  }
  if (reader.has('JWT_SECRET') && reader.has('JWT_ALGORITHMS')) {
    reader.refuse('JWT_ALGORITHMS', 'absent with JWT_SECRET, which goes with HS256 alone');
  }
  if (issuer === undefined || audiences === undefined) return undefined;
  const common = { issuer, audiences, clock_tolerance_seconds, roles_claim, tenant_claim };
  if (secret !== undefined) return { ...common, algorithms: ['HS256'], key: { secret } };
  if (jwks_url === undefined) return undefined;
  return { ...common, algorithms: algorithms ?? ['RS256', 'ES256', 'EdDSA'], key: { jwks_url } };
}
