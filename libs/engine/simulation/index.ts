export * from './comparison.js';
export * from './types.js';
export type { Task } from './work-history.js';
