import { AmbientValue, type Given, runWithAll } from '#platform/ambient';

/** Whose rows are those of a service that knows one customer only: no credential names another. */
export const DEFAULT_TENANT = 'default';

/** It stands in SQL as a literal: nothing of this form can end one. */
const FORM = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}$/;

/** 1 to 100 letters, digits and `_ . : -`, the first a letter or digit. */
export function isTenantId(word: unknown): word is string {
  return typeof word === 'string' && FORM.test(word);
}

/** `tenant_id` null: the system, which reads what is nobody's alone and writes nothing (see the policies of the tables). */
const current = new AmbientValue<{ tenant_id: string | null }>();

/** Runs `work`, and all that comes of it, for one tenant: the database shows it no row of another. */
export function runAsTenant<T>(tenant_id: string, work: () => T): T {
  return runWithAll([asTenant(tenant_id)], work);
}

/** As `runAsTenant`, for `runWithAll`. */
export function asTenant(tenant_id: string): Given {
  if (!isTenantId(tenant_id)) throw new Error('That is no id of a tenant.');
  return current.as({ tenant_id });
}

/** Runs `work` that is no tenant's: to find the tenants that have something to do, never to do it. */
export function runAsSystem<T>(work: () => T): T {
  return current.run({ tenant_id: null }, work);
}

/** The tenant that the present work is for; undefined where it is for none. */
export function tenantIfAny(): string | undefined {
  return current.get()?.tenant_id ?? undefined;
}

/** The tenant that the present work is for. @throws Error where it is for none: a bug of whoever began it */
export function presentTenant(): string {
  const tenant_id = tenantIfAny();
  if (tenant_id === undefined)
    throw new Error('This work is for no tenant; begin it by runAsTenant.');
  return tenant_id;
}

/** What is kept in this process by a key of a tenant's own, such as a name, must not be found by another tenant. */
export function ofPresentTenant(key: string): string {
  return `${presentTenant()} ${key}`;
}

/**
 * What a transaction of the present work begins with, so that the policies of the tables know whose it is. It ends with
 * the transaction: a connection that goes back to the pool sees nothing.
 * @param fallback whose the work is where that is not said
 * @throws Error where the work is neither a tenant's nor the system's
 */
export function scopeOfTransaction(fallback?: string): string {
  const scope = current.get() ?? (fallback === undefined ? undefined : { tenant_id: fallback });
  if (scope === undefined) {
    throw new Error('Work with the database has to say for whom: runAsTenant, or runAsSystem.');
  }
  return scope.tenant_id === null
    ? `set local app.scope = 'system'`
    : `set local app.tenant_id = '${scope.tenant_id}'`;
}
