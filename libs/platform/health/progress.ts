import { Injectable } from '@nestjs/common';
import { AppConfig } from '#platform/config';

/**
 * What this process has to get through again and again: sweeping, claiming tasks, extending their leases. A ping may be
 * answered by a process that does none of it any more.
 */
@Injectable()
export class Progress {
  /** Since when each loop is in its present round; performance time, in milliseconds. */
  private readonly open = new Map<string, number>();

  constructor(private readonly config: AppConfig) {}

  /** `loop` begins a round. One that it has not got through yet goes on: it is tried again. */
  begin(loop: string): void {
    if (!this.open.has(loop)) this.open.set(loop, performance.now());
  }

  through(loop: string): void {
    this.open.delete(loop);
  }

  /** A round that is tried again only when there is need: a failure ends it, too. */
  async round<T>(loop: string, work: () => Promise<T>): Promise<T> {
    this.begin(loop);
    try {
      return await work();
    } finally {
      this.through(loop);
    }
  }

  /** What has not been got through for `READINESS_STALL_SECONDS`, in a sentence; null: all goes on. */
  stalled(): string | null {
    const now = performance.now();
    const seconds = [...this.open].map(([loop, since]) => ({
      loop,
      seconds: Math.floor((now - since) / 1_000),
    }));
    const stuck = seconds.filter((one) => one.seconds >= this.config.readiness_stall_seconds);
    if (stuck.length === 0) return null;
    const named = stuck.map((one) => `${one.loop} for ${one.seconds} s`);
    return `The process does not get through with: ${named.join(', ')}.`;
  }
}
