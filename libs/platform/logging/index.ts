export { correlationId, correlationOf, runWithCorrelation } from './correlation.js';
export { createPino, NestLogger } from './logger.js';
