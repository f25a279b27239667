export { buildDocument } from './document.js';
export { documentFaults } from './document-faults.js';
