export { type Allowance, RateLimits } from './rate-limits.js';
