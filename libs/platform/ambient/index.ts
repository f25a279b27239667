export { AmbientValue, type Given, runWithAll } from './ambient.js';
