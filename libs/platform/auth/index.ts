export { Authenticator } from './authenticator.js';
export { CurrentPrincipal, principalOf, Public } from './decorators.js';
export { ANONYMOUS, type Principal } from './principal.js';
