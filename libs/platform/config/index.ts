export {
  AppConfig,
  type ApiKey,
  type BootConfig,
  type LogFormat,
  type LogLevel,
  type QueueConfig,
  type Role,
  type Settings,
} from './app-config.js';
export { ConfigModule } from './config.module.js';
export { ConfigurationError, type ConfigFault, type HostAndPort } from './environment.js';
export { isLoopback, readConfig } from './read-config.js';
