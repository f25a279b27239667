import type { LimitsConfig } from './app-config.js';
import { type EnvironmentReader, integer, type Kind, listOf } from './environment.js';

const MOST = 10_000_000;
/** For one caller who is known; a hundred a second is no human, and no client that waits for its answers. */
const GENEROUS = 6_000;

const ORIGIN: Kind<string> = {
  expected: 'the origin of a site, such as https://portal.example.com',
  parse: (raw) => (URL.canParse(raw) && new URL(raw).origin === raw ? raw : undefined),
};

/** Of a minute each; 0 is none. Without authentication everybody is one caller, so there is no limit by default. */
export function readLimits(reader: EnvironmentReader, authentication: boolean): LimitsConfig {
  const perMinute = (name: string, otherwise: number) =>
    reader.get(name, integer(0, MOST), otherwise);
  return {
    requests_per_principal: perMinute('RATE_LIMIT_PER_PRINCIPAL', authentication ? GENEROUS : 0),
    requests_per_tenant: perMinute('RATE_LIMIT_PER_TENANT', 0),
    starts_per_workflow: perMinute('START_QUOTA_PER_WORKFLOW', 0),
  };
}

/** Sites whose pages may call the service from a browser. */
export function readOrigins(reader: EnvironmentReader): readonly string[] {
  return reader.get('CORS_ORIGINS', listOf(ORIGIN), []);
}
