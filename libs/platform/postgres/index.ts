export { DataDirInUseError, EmbeddedPostgres, type EmbeddedOptions } from './embedded-postgres.js';
