import { setTimeout as pause } from 'node:timers/promises';

const INTERVAL_MS = 25;

/**
 * Runs `check` again and again until it no longer throws, and gives its result; for what another process does and
 * no event tells. After `timeout_ms` throws what `check` threw last.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeout_ms = 10_000 }: { timeout_ms?: number } = {},
): Promise<T> {
  const deadline = performance.now() + timeout_ms;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await pause(INTERVAL_MS);
  }
}
