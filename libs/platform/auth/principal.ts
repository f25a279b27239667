/** Who asks. Decided once per request, before its body is read. */
export interface Principal {
  /** Stands in history as the actor: `anonymous`, or `api_key:<name>`. */
  id: string;
  kind: 'anonymous' | 'api_key';
  roles: readonly string[];
}

/** Everybody, where no API_KEYS are set; such a process only listens on loopback. */
export const ANONYMOUS: Principal = { id: 'anonymous', kind: 'anonymous', roles: [] };
