export * from './calibration.js';
export * from './descriptive.js';
export * from './logistic.js';
export * from './mann-whitney.js';
export * from './poisson.js';
export * from './prediction-interval.js';
export * from './trend.js';
export * from './wilson.js';
