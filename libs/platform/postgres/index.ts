export { EmbeddedPostgresError } from './binaries.js';
export { EmbeddedPostgres, type EmbeddedOptions } from './embedded-postgres.js';
