export * from './canary.js';
export * from './evidence.js';
