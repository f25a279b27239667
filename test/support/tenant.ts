import { DEFAULT_TENANT, runAsTenant } from '#platform/tenancy';

/** A service whose methods a spec calls directly: for a tenant, as the door has a request's. */
export function ofTenant<Service extends object>(service: Service): Service {
  return new Proxy(service, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]) =>
        runAsTenant(DEFAULT_TENANT, () => Reflect.apply(value, target, given) as unknown);
    },
  });
}
