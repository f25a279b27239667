import { Session } from 'node:inspector/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AppConfig } from '#platform/config';
import { Drain } from '#platform/health';
import { BASE_PATH, isUnavailable } from '#platform/http';
import type { ProcessEnd } from './process-end.js';

const DATABASE_WAIT_MS = 60_000;
const RETRY_MS = 1_000;
/** Answers still being made when the process is to end; then their connections are cut. */
const LAST_ANSWERS_MS = 5_000;

/** Something that the operator can put right, in a sentence. */
export class BootError extends Error {}

/** Does the first work on the database; one that is only starting is waited for. */
export async function whenReachable<T>(work: () => Promise<T>, logger: Logger): Promise<T> {
  const deadline = performance.now() + DATABASE_WAIT_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      if (performance.now() > deadline) {
        throw new BootError(
          'The database cannot be reached. Check DATABASE_URL or POSTGRES_SERVER, and that the server runs.',
          { cause: error },
        );
      }
      logger.warn('The database cannot be reached yet; trying again.');
      await pause(RETRY_MS);
    }
  }
}

/**
 * Collects what starting has left behind, half of the heap, before the first request. By itself V8 waits until as much
 * again has been allocated: a service under a steady load took 300 MB in its second minute and 190 from the third on.
 */
async function collectLeftovers(): Promise<void> {
  const session = new Session();
  session.connect();
  try {
    await session.post('HeapProfiler.collectGarbage');
  } finally {
    session.disconnect();
  }
}

/** Listens, and from then on is ready until the process is to end. */
export async function listen(
  app: NestFastifyApplication,
  config: AppConfig,
  end: ProcessEnd,
): Promise<void> {
  const { host, port } = config.http;
  try {
    await app.listen(port, host);
  } catch (error) {
    throw explained(error, host, port);
  }
  await collectLeftovers();
  const drain = app.get(Drain);
  drain.markStarted();
  end.onEnd('open requests', async () => {
    drain.begin();
    setTimeout(() => app.getHttpServer().closeAllConnections(), LAST_ANSWERS_MS).unref();
    await Promise.resolve();
  });
}

function explained(error: unknown, host: string, port: number): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EADDRINUSE') {
    return new BootError(`Another program listens on ${host}:${port}. Set PORT to a free one.`);
  }
  if (code === 'EACCES') {
    return new BootError(
      `This account may not listen on port ${port}. Set PORT to one above 1023.`,
    );
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new BootError(
      'HOST is no address of this machine. Set it to 127.0.0.1, or 0.0.0.0 for all.',
    );
  }
  return error;
}

export async function announce(
  app: NestFastifyApplication,
  config: AppConfig,
  logger: Logger,
): Promise<void> {
  const { port } = new URL(await app.getUrl());
  const { host } = config.http;
  const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  const root = `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`;
  logger.log(`The API answers at ${root}${BASE_PATH}`);
  logger.log(`Its documentation, to read and to try, is at ${root}/docs`);
  logger.log(`Its health is shown at ${root}${BASE_PATH}/health`);
}
