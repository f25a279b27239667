export * from './compiled.js';
export * from './faults.js';
export * from './types.js';
