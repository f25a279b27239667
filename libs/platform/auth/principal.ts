import { DEFAULT_TENANT } from '#platform/tenancy';

/** What a caller may do with the product; the roles of business processes (`manager`, `finance`) are another matter. */
export const PRODUCT_ROLES = [
  'viewer',
  'participant',
  'designer',
  'operator',
  'approver_of_changes',
  'admin',
  'worker',
] as const;
export type ProductRole = (typeof PRODUCT_ROLES)[number];

export function isProductRole(word: string): word is ProductRole {
  return (PRODUCT_ROLES as readonly string[]).includes(word);
}

/** Who asks. Decided once per request, before its body is read. */
export interface Principal {
  /** Stands in history as the actor: `anonymous`, `api_key:<name>` or `user:<subject>`. */
  id: string;
  /** Whose data they see and change; ids of others are unknown to them. */
  tenant_id: string;
  kind: 'anonymous' | 'api_key' | 'user';
  /** The person of a token (`sub`), as the directory knows them; null of a program. */
  subject: string | null;
  roles: readonly ProductRole[];
  /** What else the token says that they are; business processes ask for such roles. */
  business_roles: readonly string[];
}

/** Whoever calls what is open to all. */
export const ANONYMOUS: Principal = {
  id: 'anonymous',
  tenant_id: DEFAULT_TENANT,
  kind: 'anonymous',
  subject: null,
  roles: [],
  business_roles: [],
};

/** Everybody on this machine, where authentication is off; such a process only listens on loopback. */
export const LOCAL_CALLER: Principal = { ...ANONYMOUS, roles: PRODUCT_ROLES };

/** A program with a key: one of API_KEYS, or a stored one. */
export function keyHolder(
  name: string,
  roles: readonly ProductRole[],
  tenant_id = DEFAULT_TENANT,
): Principal {
  const id = `api_key:${name}`;
  return { id, tenant_id, kind: 'api_key', subject: null, roles, business_roles: [] };
}

/**
 * Whether this caller's word counts about who did or decided something (`completed_by`, `decided_by`, `user_context`):
 * programs that people use, and operators. Everybody else speaks for themselves.
 */
export function speaksForOthers({ roles }: Principal): boolean {
  return roles.includes('operator') || roles.includes('admin');
}
