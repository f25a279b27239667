import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ConfigurationError } from './environment.js';
import { isLoopback } from './read-auth.js';
import { readConfig } from './read-config.js';

const SECRET = 'a'.repeat(32);

function faultsOf(variables: Record<string, string>): Record<string, string> {
  try {
    readConfig(variables, false);
  } catch (error) {
    if (error instanceof ConfigurationError) {
      return Object.fromEntries(error.faults.map(({ name, expected }) => [name, expected]));
    }
    throw error;
  }
  return {};
}

/** Variables that are named in a document's tables. */
const namedIn = (document: string): string[] =>
  readFileSync(join(import.meta.dirname, '../../..', document), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => [...line.matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(([, name]) => name!));

describe('readConfig', () => {
  it('reads what the README names, and nothing else', () => {
    const read = new Set<string>();
    const variables = new Proxy<Record<string, string>>(
      {},
      { get: (_, name) => void read.add(String(name)) },
    );
    readConfig(variables, false);
    const named = namedIn('README.md');
    expect(named.filter((name) => !read.has(name))).toEqual([]);
    // the README names the first of these and leads to the page that has all
    const tokens = namedIn('docs/access.md').filter((name) => name.startsWith('JWT_'));
    expect([...read].sort()).toEqual([...new Set([...named, ...tokens])].sort());
  });

  it('needs nothing', () => {
    expect(readConfig({}, false)).toEqual({
      role: 'all',
      data_dir: resolve('data'),
      shutdown_timeout_seconds: 25,
      readiness_stall_seconds: 30,
      http: { host: '127.0.0.1', port: 8000, cors_origins: [], trusted_proxies: [] },
      limits: { requests_per_principal: 0, requests_per_tenant: 0, starts_per_workflow: 0 },
      auth: { required: false, api_keys: [], jwt: undefined },
      database: { url: undefined, pool_size: 20, read_urls: [] },
      queue: { backend: 'postgres' },
      logging: { level: 'info', format: 'json' },
      outbound: { allowed_hosts: [] },
      settings: {
        max_concurrent_executions: 50,
        circuit_window_seconds: 30,
        circuit_minimum_calls: 20,
        circuit_failure_percentage: 50,
        circuit_open_seconds: 15,
        default_timeout_hours: 168,
        monitoring_interval_seconds: 30,
        ml_prediction_enabled: true,
        ml_min_evidence: 20,
        ml_model_min_cases: 200,
        optimization_recommendations_enabled: true,
        trend_analysis_days: 30,
        emergency_modification_enabled: true,
        auto_rollback_enabled: true,
        approval_required_for_high_impact: true,
        modification_approvals_required: 1,
        emergency_review_hours: 72,
        modification_notify: [],
        modification_notify_webhooks: [],
        impact_medium_instances: 1,
        impact_high_instances: 100,
        impact_critical_instances: 1_000,
        impact_medium_step_cases: 1_000,
      },
    });
  });

  it('writes text for a terminal', () => {
    expect(readConfig({}, true).logging.format).toBe('text');
  });

  it('reads every kind of value', () => {
    const config = readConfig(
      {
        ROLE: 'Worker',
        PORT: '0',
        ML_PREDICTION_ENABLED: 'False',
        AUTO_ROLLBACK_ENABLED: '0',
        TREND_ANALYSIS_DAYS: ' 90 ',
        OUTBOUND_ALLOWED_HOSTS: 'Erp.Example:8443, 10.0.0.0/8',
        DATABASE_READ_URLS: 'postgres://a/db,postgres://b/db',
        LOG_LEVEL: '',
      },
      false,
    );
    expect(config.role).toBe('worker');
    expect(config.http.port).toBe(0);
    expect(config.settings).toMatchObject({
      ml_prediction_enabled: false,
      auto_rollback_enabled: false,
      trend_analysis_days: 90,
    });
    expect(config.outbound.allowed_hosts).toEqual(['erp.example:8443', '10.0.0.0/8']);
    expect(config.database.read_urls).toEqual(['postgres://a/db', 'postgres://b/db']);
    expect(config.logging.level).toBe('info');
  });

  it('names every bad variable at once, and never its value', () => {
    const bad = {
      PORT: '80000',
      ROLE: 'master-s3cret',
      LOG_LEVEL: 'loud-s3cret',
      ML_PREDICTION_ENABLED: 'maybe-s3cret',
      DATABASE_URL: 'mysql://root:s3cret@db/x',
      REDIS_URL: 's3cret',
      API_KEYS: 's3cret',
      SHUTDOWN_TIMEOUT_SECONDS: '-1',
    };
    expect(Object.keys(faultsOf(bad)).sort()).toEqual(Object.keys(bad).sort());
    expect(() => readConfig(bad, false)).toThrow(/PORT must be a whole number from 0 to 65535\./);
    expect(() => readConfig(bad, false)).not.toThrow(/s3cret/);
  });

  it('builds the address from POSTGRES_*, with every character in its place', () => {
    const variables = {
      POSTGRES_SERVER: 'db.internal:6432',
      POSTGRES_USER: 'work flows',
      POSTGRES_PASSWORD: 'p@ss/word?#',
      POSTGRES_DB: 'main',
    };
    const { url } = readConfig(variables, false).database;
    expect(url).toBe('postgresql://work%20flows:p%40ss%2Fword%3F%23@db.internal:6432/main');
    expect(new URL(url!).hostname).toBe('db.internal');
  });

  it('takes an IPv6 server and the default port', () => {
    const variables = { POSTGRES_SERVER: '[::1]', POSTGRES_USER: 'u', POSTGRES_DB: 'd' };
    expect(readConfig(variables, false).database.url).toBe('postgresql://u@[::1]:5432/d');
  });

  it('prefers DATABASE_URL', () => {
    const variables = { DATABASE_URL: 'postgres://a/b', POSTGRES_USER: 'u' };
    expect(readConfig(variables, false).database.url).toBe('postgres://a/b');
  });

  it('asks for what belongs to a half-given POSTGRES_*', () => {
    expect(Object.keys(faultsOf({ POSTGRES_USER: 'u' }))).toEqual(['POSTGRES_SERVER']);
    expect(Object.keys(faultsOf({ POSTGRES_SERVER: 'db' }))).toEqual([
      'POSTGRES_USER',
      'POSTGRES_DB',
    ]);
  });

  it('wants the thresholds of the impact to ascend', () => {
    const faults = faultsOf({ IMPACT_HIGH_INSTANCES: '2000', IMPACT_MEDIUM_INSTANCES: '50' });
    expect(Object.keys(faults)).toEqual(['IMPACT_CRITICAL_INSTANCES']);
    expect(faultsOf({ IMPACT_MEDIUM_INSTANCES: '101' })).toEqual({
      IMPACT_HIGH_INSTANCES: 'at least IMPACT_MEDIUM_INSTANCES',
    });
  });

  it('puts the queue on Redis or a Redis cluster', () => {
    expect(readConfig({ REDIS_URL: 'redis://r:6379' }, false).queue).toEqual({
      backend: 'redis',
      redis_url: 'redis://r:6379',
    });
    expect(readConfig({ REDIS_CLUSTER_NODES: 'a:7000,b' }, false).queue).toEqual({
      backend: 'redis',
      redis_url: undefined,
      cluster_nodes: [
        { host: 'a', port: 7000 },
        { host: 'b', port: 6379 },
      ],
    });
  });

  it('refuses to be reached from elsewhere without keys', () => {
    expect(faultsOf({ HOST: '0.0.0.0' }).HOST).toContain('API_KEYS must be set');
    expect(faultsOf({ HOST: 'workflows.example' })).toHaveProperty('HOST');
    expect(faultsOf({ HOST: '0.0.0.0', API_KEYS: SECRET })).toEqual({});
    expect(faultsOf({ HOST: '::1' })).toEqual({});
  });

  it('names keys, by their digest where they have no name', () => {
    const { api_keys } = readConfig({ API_KEYS: `erp:${SECRET},${SECRET}` }, false).auth;
    expect(api_keys).toEqual([
      { name: 'erp', secret: SECRET },
      { name: 'key-3ba3f5f4', secret: SECRET },
    ]);
  });

  it('refuses short keys', () => {
    expect(faultsOf({ API_KEYS: `erp:${'a'.repeat(31)}` })).toHaveProperty('API_KEYS');
  });
});

describe('the limits', () => {
  it('are generous with authentication, and off without', () => {
    expect(readConfig({ API_KEYS: SECRET }, false).limits.requests_per_principal).toBe(6000);
    expect(readConfig({ RATE_LIMIT_PER_TENANT: '5' }, false).limits.requests_per_tenant).toBe(5);
  });

  it.each(['https://a.example/', 'a.example', '*', 'https://a.example/path', 'null'])(
    'take no %s for an origin',
    (CORS_ORIGINS) => {
      expect(faultsOf({ CORS_ORIGINS })).toHaveProperty('CORS_ORIGINS');
    },
  );
});

it.each(['proxy', '10.0.0.0/33', '10.0.0.1,*', 'true'])('trusts no %s', (TRUSTED_PROXIES) => {
  expect(faultsOf({ TRUSTED_PROXIES })).toHaveProperty('TRUSTED_PROXIES');
});

describe('the settings of tokens', () => {
  const WITH_SECRET = { JWT_ISSUER: 'https://id', JWT_AUDIENCE: 'a,b', JWT_SECRET: SECRET };
  const WITH_KEYS = {
    JWT_ISSUER: 'https://id',
    JWT_AUDIENCE: 'a',
    JWT_JWKS_URL: 'https://id/keys',
  };
  const jwtOf = (variables: Record<string, string>) => readConfig(variables, false).auth.jwt;

  it('turn authentication on', () => {
    expect(readConfig({ HOST: '0.0.0.0', ...WITH_SECRET }, false).auth.required).toBe(true);
    expect(readConfig({ HOST: '0.0.0.0', AUTHENTICATION: 'on' }, false).auth.required).toBe(true);
    expect(faultsOf({ AUTHENTICATION: 'off', ...WITH_SECRET })).toHaveProperty('AUTHENTICATION');
    expect(faultsOf({ HOST: '0.0.0.0', AUTHENTICATION: 'off' })).toHaveProperty('HOST');
  });

  it('fix the algorithms', () => {
    expect(jwtOf(WITH_SECRET)).toMatchObject({
      audiences: ['a', 'b'],
      algorithms: ['HS256'],
      roles_claim: 'roles',
      tenant_claim: undefined,
      clock_tolerance_seconds: 5,
    });
    expect(jwtOf(WITH_KEYS)?.algorithms).toEqual(['RS256', 'ES256', 'EdDSA']);
    expect(jwtOf({ ...WITH_KEYS, JWT_ALGORITHMS: 'ps256' })?.algorithms).toEqual(['PS256']);
  });

  it.each([
    ['JWT_ALGORITHMS', { ...WITH_KEYS, JWT_ALGORITHMS: 'RS256,HS256' }],
    ['JWT_ALGORITHMS', { ...WITH_KEYS, JWT_ALGORITHMS: 'none' }],
    ['JWT_ALGORITHMS', { ...WITH_SECRET, JWT_ALGORITHMS: 'RS256' }],
    ['JWT_SECRET', { ...WITH_SECRET, JWT_SECRET: 'short' }],
    ['JWT_JWKS_URL', { ...WITH_SECRET, JWT_JWKS_URL: 'https://id/keys' }],
    ['JWT_JWKS_URL', { ...WITH_KEYS, JWT_JWKS_URL: 'http://id/keys' }],
    ['JWT_JWKS_URL', { JWT_ISSUER: 'https://id', JWT_AUDIENCE: 'a' }],
    ['JWT_AUDIENCE', { JWT_ISSUER: 'https://id', JWT_SECRET: SECRET }],
    ['JWT_ISSUER', { JWT_AUDIENCE: 'a', JWT_SECRET: SECRET }],
    ['JWT_CLOCK_TOLERANCE_SECONDS', { ...WITH_SECRET, JWT_CLOCK_TOLERANCE_SECONDS: '3600' }],
  ])('name %s where it is at fault', (name, variables) => {
    expect(Object.keys(faultsOf(variables))).toEqual([name]);
  });
});

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.8.8.8', '::1', 'localhost', 'LOCALHOST', '::ffff:127.0.0.1'])(
    'knows %s',
    (host) => {
      expect(isLoopback(host)).toBe(true);
    },
  );
  it.each(['0.0.0.0', '::', '10.0.0.1', 'example.com', '', '127.0.0.1.example.com'])(
    'is not fooled by %s',
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});
