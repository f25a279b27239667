import type { Logger } from '@nestjs/common';

/**
 * Ends the process in order: what was started last ends first, each within what is left of the time.
 * Begins at SIGTERM or SIGINT; a second one ends at once.
 */
export class ProcessEnd {
  private readonly steps: { name: string; end: () => Promise<void> }[] = [];
  private ending: Promise<void> | undefined;

  constructor(
    private readonly timeoutSeconds: number,
    private readonly logger: Logger,
  ) {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => this.onSignal(signal));
    }
    process.on('uncaughtException', (error) => {
      this.logger.fatal('An error that nobody handled; the process ends.', error);
      void this.now(1);
    });
  }

  onEnd(name: string, end: () => Promise<void>): void {
    this.steps.push({ name, end });
  }

  now(exitCode: number): Promise<void> {
    this.ending ??= this.end(exitCode);
    return this.ending;
  }

  private onSignal(signal: string): void {
    if (this.ending !== undefined) {
      this.logger.warn(`${signal} again: the process ends at once.`);
      process.exit(1);
    }
    this.logger.log(`${signal}: the process finishes what it is doing and ends.`);
    void this.now(0);
  }

  private async end(exitCode: number): Promise<void> {
    const deadline = performance.now() + this.timeoutSeconds * 1000;
    let clean = true;
    for (const { name, end } of this.steps.reverse()) {
      clean = (await this.within(deadline - performance.now(), name, end)) && clean;
    }
    if (!clean) this.logger.warn('The process ends before everything was finished.');
    else if (exitCode === 0) this.logger.log('The process has ended in order.');
    process.exit(clean ? exitCode : 1);
  }

  private async within(ms: number, name: string, end: () => Promise<void>): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(
        () => {
          this.logger.warn(`Ending ${name} takes longer than SHUTDOWN_TIMEOUT_SECONDS; going on.`);
          resolve(false);
        },
        Math.max(ms, 0),
      );
    });
    const ended = end().then(
      () => {
        this.logger.debug(`Ended: ${name}.`);
        return true;
      },
      (error: unknown) => {
        this.logger.error(`Ending ${name} failed.`, error);
        return false;
      },
    );
    return Promise.race([ended, late]).finally(() => clearTimeout(timer));
  }
}
