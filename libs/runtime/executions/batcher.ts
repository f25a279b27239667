import { AsyncResource } from 'node:async_hooks';
import { type PendingAudit, presentAudits, runWithAudits } from '#audit';
import { DEFAULT_TENANT, presentTenant, runAsTenant } from '#platform/tenancy';

interface Waiting<Item, Result> {
  tenant_id: string;
  item: Item;
  audits: readonly PendingAudit[];
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/** Fewer travel in one batch. */
const WORTH_SHARING = 16;

/**
 * Collects what arrives while earlier batches are being written, so that a busy process commits much at a time and an
 * idle one at once: no window to wait for. What waits is shared out over the batches that may be written at a time: in one
 * batch all would also be answered, and come back, at once, with everybody waiting for everybody.
 *
 * When a batch fails, its items are written one by one, so that one bad item fails alone.
 */
export class Batcher<Item, Result> {
  private waiting: Waiting<Item, Result>[] = [];
  private readonly writing = new Set<Promise<void>>();
  private planned = false;
  /**
   * A batch is nobody's own: no request's correlation or idempotency key may count for the others in it. The audit
   * gets an entry of each request. Only tenants never share one.
   */
  private readonly outside = new AsyncResource('Batcher');

  /** @param write gives one result for each item, in their order; applies all of them or none */
  constructor(
    private readonly write: (items: readonly Item[]) => Promise<readonly Result[]>,
    private readonly limits: { size: number; concurrency: number },
  ) {}

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      const tenant_id = presentTenant();
      this.waiting.push({ tenant_id, item, audits: presentAudits(), resolve, reject });
      this.plan();
    });
  }

  async drained(): Promise<void> {
    while (this.waiting.length > 0 || this.writing.size > 0) {
      this.flush();
      await Promise.race(this.writing);
    }
  }

  /** After what is already in this turn of the event loop, so that answers of one burst travel together. */
  private plan(): void {
    if (this.planned) return;
    this.planned = true;
    setImmediate(() => {
      this.planned = false;
      this.outside.runInAsyncScope(() => this.flush());
    });
  }

  private flush(): void {
    const { size, concurrency } = this.limits;
    while (this.waiting.length > 0 && this.writing.size < concurrency) {
      const share = Math.ceil(this.waiting.length / (concurrency - this.writing.size));
      const { tenant_id, batch } = this.take(Math.min(size, Math.max(share, WORTH_SHARING)));
      const work = runAsTenant(tenant_id, () => this.settle(batch)).finally(() => {
        this.writing.delete(work);
        this.flush();
      });
      this.writing.add(work);
    }
  }

  /** So many of the tenant of the first. */
  private take(size: number): { tenant_id: string; batch: readonly Waiting<Item, Result>[] } {
    const tenant_id = this.waiting[0]?.tenant_id ?? DEFAULT_TENANT;
    const batch: Waiting<Item, Result>[] = [];
    this.waiting = this.waiting.filter((one) => {
      if (one.tenant_id !== tenant_id || batch.length === size) return true;
      batch.push(one);
      return false;
    });
    return { tenant_id, batch };
  }

  private async settle(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const audits = [...new Set(batch.flatMap((one) => one.audits))];
      const results = await runWithAudits(audits, () => this.write(batch.map(({ item }) => item)));
      batch.forEach(({ resolve, reject }, index) => {
        const result = results[index];
        if (result === undefined) reject(new Error('A batch gave too few results.'));
        else resolve(result);
      });
    } catch (error) {
      if (batch.length > 1) for (const one of batch) await this.settle([one]);
      else for (const { reject } of batch) reject(error);
    }
  }
}
