export * from './audience.js';
export * from './settings.js';
