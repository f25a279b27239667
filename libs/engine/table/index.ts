export * from './analysis.js';
export { compileTable, type CompiledTable } from './compiled-table.js';
export * from './decide.js';
export * from './faults.js';
export * from './types.js';
