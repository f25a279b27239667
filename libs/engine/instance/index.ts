export { entitlementFaults } from './approvals.js';
export * from './commands.js';
export * from './decide.js';
export * from './effects.js';
export * from './evolve.js';
export { hasEnded } from './movement.js';
export { routesAfter } from './routes.js';
export { graphOfStep } from './step-graph.js';
export * from './types.js';
