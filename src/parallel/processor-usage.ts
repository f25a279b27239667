/** What this process uses of the processor, its own and the system's time for it. */
export class ProcessorUsage {
  private used = process.cpuUsage();
  private since = performance.now();

  /** Since it was last asked, or began; of one core, so that threads can make it more than 100. */
  percentage(): number {
    const now = performance.now();
    const used = process.cpuUsage();
    const milliseconds = (used.user - this.used.user + used.system - this.used.system) / 1_000;
    const share = milliseconds / (now - this.since);
    this.used = used;
    this.since = now;
    return Math.round(1_000 * share) / 10;
  }
}
