export {
  AppConfig,
  type ApiKey,
  type AuthConfig,
  type BootConfig,
  type JwtConfig,
  type LimitsConfig,
  type LogFormat,
  type LogLevel,
  type QueueConfig,
  type Role,
  type Settings,
} from './app-config.js';
export { ConfigModule } from './config.module.js';
export { ConfigurationError, type ConfigFault, type HostAndPort } from './environment.js';
export { isLoopback } from './read-auth.js';
export { readConfig } from './read-config.js';
