export * from './compiled.js';
export * from './condition.js';
export * from './faults.js';
export * from './labels.js';
export * from './setup.js';
export * from './types.js';
export * from './warnings.js';
