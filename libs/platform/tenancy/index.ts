export { PerTenant } from './per-tenant.js';
export { type ScopedPool, withinScope } from './scoped-query.js';
export {
  asTenant,
  DEFAULT_TENANT,
  isTenantId,
  ofPresentTenant,
  presentTenant,
  runAsSystem,
  runAsTenant,
  scopeOfTransaction,
  tenantIfAny,
} from './tenant.js';
