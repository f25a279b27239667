import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';

import { Database, statement, type Tx } from '#persistence';
import { AppConfig } from '#platform/config';
import { Progress } from '#platform/health';
import { runAsSystem, runAsTenant } from '#platform/tenancy';

const INTERVAL_MS = 1_000;
const SWEEP_LOCK = 4_914_870_352;
const SWEEPING = 'sweeping';

type Sweep = () => Promise<void>;

/** For each tenant in turn, or once for the whole service: such a sweep sees no tenant's rows. */
type Breadth = 'each_tenant' | 'service';

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
  private readonly sweeps = new Map<string, { sweep: Sweep; breadth: Breadth }>();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly database: Database,
    private readonly config: AppConfig,
    private readonly progress: Progress,
  ) {}

  /** @param sweep opens its own transactions; what it throws is logged, and it is called again in the next turn */
  register(name: string, sweep: Sweep, breadth: Breadth = 'each_tenant'): void {
    if (this.sweeps.has(name)) throw new Error(`There are two sweeps named ${name}; rename one.`);
    this.sweeps.set(name, { sweep, breadth });
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
      this.progress.begin(SWEEPING);
      await runAsSystem(() =>
        this.database.transaction(async (tx) => {
          const [turn] = await takeTurn(tx, [SWEEP_LOCK]);
          if (turn?.taken) await this.sweepAll(tx);
        }),
      );
      this.progress.through(SWEEPING);
    } catch (error) {
      this.logger.warn(`The sweeper could not take its turn: ${String(error)}`);
    }
  }

  private async sweepAll(turn: Tx): Promise<void> {
    await this.sweepFor('service', turn);
    for (const tenant_id of await this.database.tenants()) {
      await runAsTenant(tenant_id, () => this.sweepFor('each_tenant', turn));
    }
  }

  private async sweepFor(wanted: Breadth, turn: Tx): Promise<void> {
    for (const [name, { sweep, breadth }] of this.sweeps) {
      if (this.stopped) return;
      if (breadth !== wanted) continue;
      try {
        await sweep();
      } catch (error) {
        this.logger.error({ err: error, sweep: name }, 'A sweep failed; it is tried again.');
      }
      // the transaction that holds the turn must not look abandoned, nor a turn of many sweeps stuck
      await turn.query('select');
      this.progress.through(SWEEPING);
      this.progress.begin(SWEEPING);
    }
  }
}
