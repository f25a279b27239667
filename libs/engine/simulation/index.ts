export * from './replay.js';
export * from './types.js';
export * from './what-if.js';
