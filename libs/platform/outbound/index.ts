export { CallFailed } from './call-failed.js';
export { Outbound, type OutboundAnswer, type OutboundCall } from './outbound.js';
export { OutboundModule } from './outbound.module.js';
