import { presentTenant } from '#platform/tenancy';
import type { ClaimedTask } from './claims.queries.js';

/** A claim that found nothing and waits. A transaction that makes tasks may reserve it, and must then settle it. */
export class WaitingClaim {
  private outcome: Promise<readonly ClaimedTask[]> | undefined;
  private tell = (): void => undefined;
  readonly reserved = new Promise<void>((resolve) => {
    this.tell = resolve;
  });

  readonly tenant_id = presentTenant();

  constructor(
    readonly worker_id: string,
    readonly task_types: readonly string[],
    readonly max_tasks: number,
    readonly lock_seconds: number,
  ) {}

  /** @returns to be called with what was claimed for it: nothing where the transaction did not commit */
  reserve(): (tasks: readonly ClaimedTask[]) => void {
    let settle: (tasks: readonly ClaimedTask[]) => void = () => undefined;
    this.outcome = new Promise((resolve) => {
      settle = resolve;
    });
    this.tell();
    return settle;
  }

  /** What it was handed, when the transaction that reserved it has ended. */
  async handed(): Promise<readonly ClaimedTask[]> {
    return (await this.outcome) ?? [];
  }
}
