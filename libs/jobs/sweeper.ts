import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';

import { Database, statement } from '#persistence';
import { AppConfig } from '#platform/config';

const INTERVAL_MS = 1_000;
const SWEEP_LOCK = 4_914_870_352;

type Sweep = () => Promise<void>;

const takeTurn = statement<{ taken: boolean }, [number]>(
  'sweeper_take_turn',
  'select pg_try_advisory_xact_lock($1::bigint) as taken',
);

/**
 * Finds what nobody is working on because a job was lost or a process died: once a second, in one of the worker
 * processes at a time. A plain interval, so that it runs when the queue is away.
 */
@Injectable()
export class Sweeper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Sweeper.name);
  private readonly sweeps = new Map<string, Sweep>();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly database: Database,
    private readonly config: AppConfig,
  ) {}

  /** @param sweep opens its own transactions; what it throws is logged, and it is called again in the next turn */
  register(name: string, sweep: Sweep): void {
    if (this.sweeps.has(name)) throw new Error(`There are two sweeps named ${name}; rename one.`);
    this.sweeps.set(name, sweep);
  }

  onApplicationBootstrap(): void {
    if (this.config.role !== 'api') this.plan();
  }

  /** One turn, now; resolves when it has ended. Does nothing when another process has its turn. */
  async sweep(): Promise<void> {
    this.running ??= this.turn().finally(() => {
      this.running = undefined;
    });
    await this.running;
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private plan(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.sweep().finally(() => this.plan()), INTERVAL_MS);
  }

  private async turn(): Promise<void> {
    try {
      await this.database.transaction(async (tx) => {
        const [turn] = await takeTurn(tx, [SWEEP_LOCK]);
        if (turn?.taken) await this.sweepAll();
      });
    } catch (error) {
      this.logger.warn(`The sweeper could not take its turn: ${String(error)}`);
    }
  }

  private async sweepAll(): Promise<void> {
    for (const [name, sweep] of this.sweeps) {
      if (this.stopped) return;
      try {
        await sweep();
      } catch (error) {
        this.logger.error({ err: error, sweep: name }, 'A sweep failed; it is tried again.');
      }
    }
  }
}
