import { resolve } from 'node:path';
import ipaddr from 'ipaddr.js';
import { LOG_FORMATS, LOG_LEVELS, ROLES, type BootConfig, type QueueConfig } from './app-config.js';
import {
  boolean,
  ConfigurationError,
  EnvironmentReader,
  hostAndPort,
  integer,
  listOf,
  oneOf,
  text,
  url,
  type Kind,
} from './environment.js';
import { readAuth } from './read-auth.js';
import { readLimits, readOrigins } from './read-limits.js';

const DATABASE_ADDRESS = url(
  ['postgres', 'postgresql'],
  'postgresql://user:password@host:5432/name',
);

const HOST: Kind<string> = {
  expected: 'an IP address or host name to listen on, such as 127.0.0.1 or 0.0.0.0',
  parse: (raw) => (ipaddr.isValid(raw) || /^[A-Za-z0-9.-]+$/.test(raw) ? raw : undefined),
};

const ADDRESS_OR_RANGE: Kind<string> = {
  expected: 'an IP address or a range, such as 10.0.0.0/8',
  parse: (raw) => (ipaddr.isValid(raw) || ipaddr.isValidCIDR(raw) ? raw : undefined),
};

const OUTBOUND_HOST: Kind<string> = {
  expected: 'a host name, an address, host:port, or a range such as 10.0.0.0/8',
  parse: (raw) => (/^[A-Za-z0-9.:[\]/_-]+$/.test(raw) ? raw.toLowerCase() : undefined),
};

/**
 * Reads and checks the whole environment once.
 * @throws ConfigurationError with every bad variable's name and what it should be, never its value.
 */
export function readConfig(
  variables: Readonly<Record<string, string | undefined>>,
  terminal: boolean,
): BootConfig {
  const reader = new EnvironmentReader(variables);
  const host = reader.get('HOST', HOST, '127.0.0.1');
  const auth = readAuth(reader, host);
  const config: BootConfig = {
    role: reader.get('ROLE', oneOf(ROLES), 'all'),
    data_dir: resolve(reader.get('DATA_DIR', text, './data')),
    shutdown_timeout_seconds: reader.get('SHUTDOWN_TIMEOUT_SECONDS', integer(1, 3600), 25),
    readiness_stall_seconds: reader.get('READINESS_STALL_SECONDS', integer(1, 3_600), 30),
    http: {
      host,
      port: reader.get('PORT', integer(0, 65535), 8000),
      cors_origins: readOrigins(reader),
      trusted_proxies: reader.get('TRUSTED_PROXIES', listOf(ADDRESS_OR_RANGE), []),
    },
    auth,
    limits: readLimits(reader, auth.required),
    database: {
      url: readDatabaseUrl(reader),
      pool_size: reader.get('DATABASE_POOL_SIZE', integer(2, 500), 20),
      read_urls: reader.get('DATABASE_READ_URLS', listOf(DATABASE_ADDRESS), []),
    },
    queue: readQueue(reader),
    logging: {
      level: reader.get('LOG_LEVEL', oneOf(LOG_LEVELS), 'info'),
      format: reader.get('LOG_FORMAT', oneOf(LOG_FORMATS), terminal ? 'text' : 'json'),
    },
    outbound: {
      allowed_hosts: reader.get('OUTBOUND_ALLOWED_HOSTS', listOf(OUTBOUND_HOST), []),
    },
    settings: {
      max_concurrent_executions: reader.get('MAX_CONCURRENT_EXECUTIONS', integer(1, 100_000), 50),
      circuit_window_seconds: reader.get('CIRCUIT_WINDOW_SECONDS', integer(1, 3_600), 30),
      circuit_minimum_calls: reader.get('CIRCUIT_MINIMUM_CALLS', integer(1, 100_000), 20),
      circuit_failure_percentage: reader.get('CIRCUIT_FAILURE_PERCENTAGE', integer(1, 100), 50),
      circuit_open_seconds: reader.get('CIRCUIT_OPEN_SECONDS', integer(1, 3_600), 15),
      default_timeout_hours: reader.get('DEFAULT_TIMEOUT_HOURS', integer(1, 87_600), 168),
      monitoring_interval_seconds: reader.get(
        'MONITORING_INTERVAL_SECONDS',
        integer(1, 86_400),
        30,
      ),
      ml_prediction_enabled: reader.get('ML_PREDICTION_ENABLED', boolean, true),
      ml_min_evidence: reader.get('ML_MIN_EVIDENCE', integer(1, 1_000_000), 20),
      ml_model_min_cases: reader.get('ML_MODEL_MIN_CASES', integer(20, 1_000_000), 200),
      optimization_recommendations_enabled: reader.get(
        'OPTIMIZATION_RECOMMENDATIONS_ENABLED',
        boolean,
        true,
      ),
      trend_analysis_days: reader.get('TREND_ANALYSIS_DAYS', integer(1, 3650), 30),
      emergency_modification_enabled: reader.get('EMERGENCY_MODIFICATION_ENABLED', boolean, true),
      auto_rollback_enabled: reader.get('AUTO_ROLLBACK_ENABLED', boolean, true),
      approval_required_for_high_impact: reader.get(
        'APPROVAL_REQUIRED_FOR_HIGH_IMPACT',
        boolean,
        true,
      ),
      modification_approvals_required: reader.get(
        'MODIFICATION_APPROVALS_REQUIRED',
        integer(1, 100),
        1,
      ),
      emergency_review_hours: reader.get('EMERGENCY_REVIEW_HOURS', integer(1, 8_760), 72),
      modification_notify: reader.get('MODIFICATION_NOTIFY', listOf(text), []),
      modification_notify_webhooks: reader.get(
        'MODIFICATION_NOTIFY_WEBHOOKS',
        listOf(url(['http', 'https'], 'https://host/path')),
        [],
      ),
      ...readImpact(reader),
    },
  };
  if (reader.faults.length > 0) throw new ConfigurationError(reader.faults);
  return config;
}

function readImpact(reader: EnvironmentReader) {
  const count = integer(1, 100_000_000);
  const impact = {
    impact_medium_instances: reader.get('IMPACT_MEDIUM_INSTANCES', count, 1),
    impact_high_instances: reader.get('IMPACT_HIGH_INSTANCES', count, 100),
    impact_critical_instances: reader.get('IMPACT_CRITICAL_INSTANCES', count, 1_000),
    impact_medium_step_cases: reader.get('IMPACT_MEDIUM_STEP_CASES', count, 1_000),
  };
  if (impact.impact_high_instances < impact.impact_medium_instances) {
    reader.refuse('IMPACT_HIGH_INSTANCES', 'at least IMPACT_MEDIUM_INSTANCES');
  }
  if (impact.impact_critical_instances < impact.impact_high_instances) {
    reader.refuse('IMPACT_CRITICAL_INSTANCES', 'at least IMPACT_HIGH_INSTANCES');
  }
  return impact;
}

/** DATABASE_URL wins over POSTGRES_*, which deployments often set beside it for other programs. */
function readDatabaseUrl(reader: EnvironmentReader): string | undefined {
  const address = reader.optional('DATABASE_URL', DATABASE_ADDRESS);
  const server = reader.optional('POSTGRES_SERVER', hostAndPort(5432));
  const user = reader.optional('POSTGRES_USER', text);
  const password = reader.optional('POSTGRES_PASSWORD', text);
  const name = reader.optional('POSTGRES_DB', text);
  if (reader.has('DATABASE_URL')) return address;
  const given = [user, password, name].some((part) => part !== undefined);
  if (!reader.has('POSTGRES_SERVER')) {
    if (given) reader.refuse('POSTGRES_SERVER', 'set when another POSTGRES_ variable is');
    return undefined;
  }
  if (user === undefined) reader.refuse('POSTGRES_USER', 'set when POSTGRES_SERVER is');
  if (name === undefined) reader.refuse('POSTGRES_DB', 'set when POSTGRES_SERVER is');
  if (server === undefined || user === undefined || name === undefined) return undefined;
  const host = server.host.includes(':') ? `[${server.host}]` : server.host;
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`;
  return `postgresql://${encodeURIComponent(user)}${secret}@${host}:${server.port}/${encodeURIComponent(name)}`;
}

function readQueue(reader: EnvironmentReader): QueueConfig {
  const redis_url = reader.optional('REDIS_URL', url(['redis', 'rediss'], 'redis://host:6379'));
  const cluster_nodes = reader.optional('REDIS_CLUSTER_NODES', listOf(hostAndPort(6379)));
  if (cluster_nodes !== undefined) return { backend: 'redis', redis_url, cluster_nodes };
  return redis_url === undefined ? { backend: 'postgres' } : { backend: 'redis', redis_url };
}
