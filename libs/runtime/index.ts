export { definitionOf } from './definitions/definition-rows.js';
export { DefinitionStore } from './definitions/definition-store.js';
export type { DefinitionRow } from './definitions/definitions.queries.js';
