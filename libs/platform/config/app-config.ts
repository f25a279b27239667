import type { HostAndPort } from './environment.js';

export const ROLES = ['all', 'api', 'worker'] as const;
export type Role = (typeof ROLES)[number];
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export const LOG_FORMATS = ['json', 'text'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** A bearer key: `name` stands in history and logs, `secret` nowhere. */
export interface ApiKey {
  name: string;
  secret: string;
}

/** How bearer tokens (JWT) are checked: by the key set of an issuer, or by a secret shared with it, never by either. */
export interface JwtConfig {
  issuer: string;
  /** A token is for this service when it names one of them. */
  audiences: readonly string[];
  /** Of RFC 7518; asymmetric ones with a key set, HS256 with a secret. */
  algorithms: readonly string[];
  clock_tolerance_seconds: number;
  /** A claim's name, or a JSON pointer to it. */
  roles_claim: string;
  /** The claim that names the tenant; without, all tokens are of the default one. */
  tenant_claim: string | undefined;
  key: { jwks_url: string } | { secret: string };
}

export interface AuthConfig {
  /** Whether a credential is asked of everybody; where not, the process listens on loopback only. */
  required: boolean;
  api_keys: readonly ApiKey[];
  jwt: JwtConfig | undefined;
}

/** Of a minute each; 0 is no limit. */
export interface LimitsConfig {
  requests_per_principal: number;
  requests_per_tenant: number;
  /** Instances of one workflow. */
  starts_per_workflow: number;
}

export type QueueConfig =
  | { backend: 'postgres' }
  | { backend: 'redis'; redis_url: string; cluster_nodes?: undefined }
  | { backend: 'redis'; redis_url?: string; cluster_nodes: HostAndPort[] };

/** The product's own settings; each is the variable of the same name in capitals. */
export interface Settings {
  /** Executions of task graphs that run at the same time, over all processes. */
  max_concurrent_executions: number;
  /** For a definition that names no `global_timeout_hours`. */
  default_timeout_hours: number;
  /** Calls of so long decide whether the circuit breaker of a target opens, when there are so many and so many fail. */
  circuit_window_seconds: number;
  circuit_minimum_calls: number;
  circuit_failure_percentage: number;
  /** Until the target is probed. */
  circuit_open_seconds: number;
  monitoring_interval_seconds: number;
  ml_prediction_enabled: boolean;
  /** Like cases that a prediction needs; with fewer it is null with a reason. */
  ml_min_evidence: number;
  /** Like decisions with an outcome that a model of their data needs. */
  ml_model_min_cases: number;
  optimization_recommendations_enabled: boolean;
  trend_analysis_days: number;
  emergency_modification_enabled: boolean;
  auto_rollback_enabled: boolean;
  approval_required_for_high_impact: boolean;
  /** People other than who asked for it, who have to approve a modification of high or critical impact. */
  modification_approvals_required: number;
  /** Within which what passed as an emergency is to be reviewed. */
  emergency_review_hours: number;
  /** Who is told, beside those who asked and approved, when something becomes of a modification by itself; and where. */
  modification_notify: readonly string[];
  modification_notify_webhooks: readonly string[];
  /** Instances that a modification moves, from which on its impact is medium, high, critical. */
  impact_medium_instances: number;
  impact_high_instances: number;
  impact_critical_instances: number;
  /** Times that the steps which it touches were done lately, from which on its impact is medium. */
  impact_medium_step_cases: number;
}

interface ConfigBesideDatabase {
  role: Role;
  /** Absolute. Holds what the process keeps itself: the embedded PostgreSQL. */
  data_dir: string;
  shutdown_timeout_seconds: number;
  http: {
    host: string;
    port: number;
    cors_origins: readonly string[];
    /** Addresses and CIDR ranges of proxies whose `X-Forwarded-For` is believed. */
    trusted_proxies: readonly string[];
  };
  /** Without progress for so long, the process is not ready. */
  readiness_stall_seconds: number;
  limits: LimitsConfig;
  auth: AuthConfig;
  queue: QueueConfig;
  logging: { level: LogLevel; format: LogFormat };
  /** Hosts, `host:port`s and CIDR ranges that handlers may call although they are private or loopback; lower case. */
  outbound: { allowed_hosts: readonly string[] };
  settings: Settings;
}

interface DatabaseConfig {
  url: string;
  pool_size: number;
  read_urls: readonly string[];
}

/** What the environment says; without `database.url` the process starts its own PostgreSQL. */
export interface BootConfig extends ConfigBesideDatabase {
  database: Omit<DatabaseConfig, 'url'> & { url: string | undefined };
}

/** The configuration of a running process, injectable by this class. Never log it: it holds secrets. */
export class AppConfig implements ConfigBesideDatabase {
  readonly role: Role;
  readonly data_dir: string;
  readonly shutdown_timeout_seconds: number;
  readonly readiness_stall_seconds: number;
  readonly http: ConfigBesideDatabase['http'];
  readonly limits: Readonly<LimitsConfig>;
  readonly auth: Readonly<AuthConfig>;
  readonly database: Readonly<DatabaseConfig>;
  readonly queue: Readonly<QueueConfig>;
  readonly logging: { readonly level: LogLevel; readonly format: LogFormat };
  readonly outbound: { readonly allowed_hosts: readonly string[] };
  readonly settings: Readonly<Settings>;

  constructor(boot: BootConfig, databaseUrl: string) {
    this.role = boot.role;
    this.data_dir = boot.data_dir;
    this.shutdown_timeout_seconds = boot.shutdown_timeout_seconds;
    this.readiness_stall_seconds = boot.readiness_stall_seconds;
    this.http = boot.http;
    this.limits = boot.limits;
    this.auth = boot.auth;
    this.database = { ...boot.database, url: databaseUrl };
    this.queue = boot.queue;
    this.logging = boot.logging;
    this.outbound = boot.outbound;
    this.settings = boot.settings;
  }
}
