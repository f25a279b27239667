import { presentTenant, runAsTenant } from './tenant.js';

/** State of this process, one for each tenant: nothing that one tenant sets off is done, or left out, for another. */
export class PerTenant<State> {
  private readonly states = new Map<string, State>();

  constructor(private readonly make: () => State) {}

  /** The present tenant's. */
  get(): State {
    const tenant_id = presentTenant();
    let state = this.states.get(tenant_id);
    if (state === undefined) {
      state = this.make();
      this.states.set(tenant_id, state);
    }
    return state;
  }

  /** `work` with each tenant's, for that tenant. */
  async each(work: (state: State) => Promise<void>): Promise<void> {
    for (const [tenant_id, state] of this.states) await runAsTenant(tenant_id, () => work(state));
  }
}
