export { JobHandler } from './job-handler.decorator.js';
export { JOB_NAMES, type JobMap, type JobName, type JobOptions, JOBS } from './job-map.js';
export { type EnqueueOptions, Jobs } from './jobs.js';
export { JobWorkers } from './job-workers.js';
export { JobsModule } from './jobs.module.js';
export { PostgresQueues } from './postgres-backend.js';
export type { JobWorker, QueueBackend } from './queue-backend.js';
export { RedisQueues } from './redis-backend.js';
export { Sweeper } from './sweeper.js';
