import { Injectable } from '@nestjs/common';
import { AppConfig } from '#platform/config';

/**
 * What this process has to get through again and again: sweeping, claiming tasks, extending their leases. A ping may be
 * answered by a process that does none of it any more.
 */
@Injectable()
export class Progress {
  /** When the first round began that has not been got through since; performance time, in milliseconds. */
  private readonly open = new Map<string, number>();

  constructor(private readonly config: AppConfig) {}

  /** One round of `loop`. A round that fails, or never ends, is none that was got through. */
  async round<T>(loop: string, work: () => Promise<T>): Promise<T> {
    if (!this.open.has(loop)) this.open.set(loop, performance.now());
    const result = await work();
    this.open.delete(loop);
    return result;
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
