import type { Logger } from '@nestjs/common';

const QUIET_MS = 10_000;

/** Logs an error that comes again and again (a server that is away) at most every ten seconds. */
export function reportOnce(logger: Logger, what: string): (error: Error) => void {
  let quietUntil = 0;
  return (error) => {
    const now = performance.now();
    if (now < quietUntil) return;
    quietUntil = now + QUIET_MS;
    logger.warn(`${what}: ${error.message || error.name}`);
  };
}
