export { CapabilitiesModule } from './capabilities.module.js';
export { CapabilityCatalog } from './capability-catalog.js';
