export { Authenticator, KEY_MARK, type KeyStore } from './authenticator.js';
export { CurrentPrincipal, principalOf } from './decorators.js';
export {
  ANONYMOUS,
  isProductRole,
  keyHolder,
  type Principal,
  PRODUCT_ROLES,
  type ProductRole,
  speaksForOthers,
} from './principal.js';
export {
  type AccessRows,
  type Admission,
  admit,
  inWords,
  RouteAccess,
  rolesOf,
} from './route-access.js';
