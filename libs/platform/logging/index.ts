export { asCorrelation, correlationId, correlationOf, runWithCorrelation } from './correlation.js';
export { installLog, logRequest } from './log.js';
