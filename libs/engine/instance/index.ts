export { entitlementFaults } from './approvals.js';
export * from './commands.js';
export * from './decide.js';
export * from './effects.js';
export * from './evolve.js';
export { appliesAfter, hasEnded } from './movement.js';
export * from './types.js';
