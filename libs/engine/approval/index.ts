export { policyFaults, settle, type Settlement, votersOf, weightOf } from './policy.js';
export * from './types.js';
