export type { ApiKeyRow } from './api-keys.queries.js';
export { ApiKeys, createKey, type KeyRequest, type MadeKey } from './api-keys.service.js';
export { KeysModule } from './keys.module.js';
