export { Drain } from './drain.js';
export { HealthChecks } from './health-checks.js';
export { HealthModule } from './health.module.js';
export { Progress } from './progress.js';
export { QUEUE_HEALTH, type QueueHealth } from './queue-health.js';
