export { AmbientValue, type Given, runWithAll, runWithNone } from './ambient.js';
