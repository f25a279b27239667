import { randomInt } from 'node:crypto';
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import pg from 'pg';
import { AppConfig } from '#platform/config';

const AGAIN_AFTER_MS = 1_000;
/** `randomInt` gives no more; exact in a JavaScript number. */
const LARGEST = 2 ** 48 - 1;

/**
 * An advisory lock that this process holds on a connection of its own: PostgreSQL lets go of it when the process is gone,
 * however it went, so others see at once that nobody goes on with what it was at.
 */
@Injectable()
export class ProcessPresence implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Presence');
  private readonly lock = randomInt(1, LARGEST);
  private client: pg.Client | undefined;
  private timer: NodeJS.Timeout | undefined;
  private held = false;
  private stopped = false;

  constructor(private readonly config: AppConfig) {}

  /** The lock's number; null while it is not held, because the connection has been lost. */
  get holder(): number | null {
    return this.held ? this.lock : null;
  }

  async onModuleInit(): Promise<void> {
    await this.hold();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    this.held = false;
    clearTimeout(this.timer);
    await this.client?.end();
  }

  private async hold(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.config.database.url,
      application_name: 'complex-workflows presence',
      keepAlive: true,
    });
    this.client = client;
    client.on('error', (error) => this.logger.debug(`presence: ${error.message}`));
    client.on('end', () => this.again());
    try {
      await client.connect();
      await client.query('select pg_advisory_lock($1)', [this.lock]);
      this.held = true;
    } catch (error) {
      this.logger.warn(`The presence of this process could not be shown: ${String(error)}`);
      await client.end();
    }
  }

  private again(): void {
    this.held = false;
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.hold(), AGAIN_AFTER_MS);
  }
}
