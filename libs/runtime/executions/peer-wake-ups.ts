import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import pg from 'pg';

import { newId } from '#persistence';
import { AppConfig } from '#platform/config';

import { ExecutionSignals } from './execution-signals.js';

const CHANNEL = 'workers_tasks';
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Tells the other processes, where workers may wait, that there are tasks: PostgreSQL's NOTIFY over a connection of its
 * own, never in a transaction that does work (a notification in every commit let 16 clients make 5,100 instead of
 * 21,300 transactions a second), and one at a time: what comes meanwhile shares the next. All of it may be lost: whoever
 * waits looks again by itself.
 */
@Injectable()
export class PeerWakeUps implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(PeerWakeUps.name);
  private readonly own = newId();
  private client: pg.Client | undefined;
  private again = false;
  private sending = false;
  private pause = FIRST_PAUSE_MS;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly config: AppConfig,
    private readonly signals: ExecutionSignals,
  ) {}

  onApplicationBootstrap(): void {
    void this.connect();
  }

  /** Soon, and once for many calls. */
  wake(): void {
    this.again = true;
    if (!this.sending) void this.send();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.client?.end();
  }

  private async send(): Promise<void> {
    this.sending = true;
    while (this.again && this.client && !this.stopped) {
      this.again = false;
      try {
        await this.client.query({
          name: 'wake_peers',
          text: 'select pg_notify($1, $2)',
          values: [CHANNEL, this.own],
        });
      } catch (error) {
        this.logger.debug(`Other processes were not told of tasks: ${String(error)}`);
      }
    }
    this.sending = false;
  }

  /** Never rejects: without its connection this process and the others find the tasks a little later. */
  private async connect(): Promise<void> {
    if (this.stopped) return;
    const client = new pg.Client({
      connectionString: this.config.database.url,
      application_name: 'complex-workflows wake-ups',
    });
    client.on('error', (error) => this.reconnect(client, error));
    client.on('end', () => this.reconnect(client, 'the connection has ended'));
    client.on('notification', ({ payload }) => {
      if (payload !== this.own) this.signals.wakeWorkers();
    });
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
      this.client = client;
      this.pause = FIRST_PAUSE_MS;
      if (this.stopped) await client.end();
      // of what came while nobody listened
      else this.signals.wakeWorkers();
    } catch (error) {
      this.reconnect(client, error);
    }
  }

  private reconnect(client: pg.Client, reason: unknown): void {
    if (this.stopped || this.timer || (this.client && this.client !== client)) return;
    this.client = undefined;
    this.logger.debug(`Wake-ups of other processes wait for PostgreSQL: ${String(reason)}`);
    client.end().catch(() => undefined);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.connect();
    }, this.pause);
    this.pause = Math.min(2 * this.pause, LONGEST_PAUSE_MS);
  }
}
