import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';

import {
  admitted,
  afterEvent,
  type BreakerEvent,
  type BreakerSettings,
  decidedBy,
  NEW_BREAKER,
  tallyOf,
} from '#engine/breaker';
import { Sweeper } from '#jobs';
import { Database, type Tx } from '#persistence';
import { ofPresentTenant, PerTenant, runAsSystem } from '#platform/tenancy';
import { AppConfig } from '#platform/config';

import {
  addBreakerEvents,
  type BreakerRow,
  type BreakerTarget,
  ensureBreakers,
  lockBreakers,
  readBrokenBreakers,
  readCancelled,
  releaseParked,
  saveBreakers,
} from './breakers.queries.js';
import { giveBackTasks } from '../executions/claims.queries.js';

/** How calls ended is written, and how the others found it is read, so often. */
const EXCHANGE_MS = 500;
const LONGEST_OPEN_MS = 300_000;
const FULL_PROBES = 8;
/** While it is probed, or was opened by hand, parked work asks again after so long. */
const ASK_AGAIN_MS = 1_000;
const OPENED_BY_HAND_MS = 60_000;
/** When it has closed, what was parked goes on one after another: 50 a second. */
const DRAIN_EVERY_MS = 20;
const ENGINE = 'engine';

interface Ends extends BreakerTarget {
  succeeded: number;
  failed: number;
}

const keyOf = ({ kind, name }: BreakerTarget): string => `${kind}:${name}`;

/**
 * Circuit breakers, shared by all processes through their table: what each process sees is summed up and written twice
 * a second, never with a task; the database's clock decides. The meaning is that of #engine/breaker.
 */
@Injectable()
export class CircuitBreakers implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(CircuitBreakers.name);
  private readonly settings: BreakerSettings;
  private readonly ends = new PerTenant(() => new Map<string, Ends>());
  /** Those that are not closed, of all tenants, as they were read last. */
  private broken = new Map<string, BreakerRow>();
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly database: Database,
    { settings }: AppConfig,
    sweeper: Sweeper,
  ) {
    this.settings = {
      window_ms: settings.circuit_window_seconds * 1_000,
      minimum_calls: settings.circuit_minimum_calls,
      failure_rate: settings.circuit_failure_percentage / 100,
      open_ms: settings.circuit_open_seconds * 1_000,
      longest_open_ms: Math.max(LONGEST_OPEN_MS, settings.circuit_open_seconds * 1_000),
      full_probes: FULL_PROBES,
    };
    sweeper.register('circuit_breakers', () => this.passTime());
  }

  /** A process that has just begun knows which are open before it is asked for work. */
  async onApplicationBootstrap(): Promise<void> {
    await this.exchange();
    this.plan();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.exchange();
  }

  /** How a call ended; told to the others soon. A call that was refused for what it said has succeeded: it was answered. */
  record(target: BreakerTarget, succeeded: boolean): void {
    const key = keyOf(target);
    const own = this.ends.get();
    const ends = own.get(key) ?? { ...target, succeeded: 0, failed: 0 };
    if (succeeded) ends.succeeded += 1;
    else ends.failed += 1;
    own.set(key, ends);
  }

  isClosed(target: BreakerTarget): boolean {
    return !this.broken.has(ofPresentTenant(keyOf(target)));
  }

  /** At most so many calls may be made of it, as far as is known here; `admit` decides. */
  mostOf(target: BreakerTarget): number {
    const row = this.broken.get(ofPresentTenant(keyOf(target)));
    return row ? admitted(row.breaker, Infinity) : Infinity;
  }

  /** Claimed tasks that may be worked on now; the others are parked. */
  async admitEach<Task extends { task_execution_id: string; lock_token: string }>(
    tasks: readonly Task[],
    targetOf: (task: Task) => BreakerTarget | null,
  ): Promise<readonly Task[]> {
    if (this.broken.size === 0) return tasks;
    const held = new Map<string, { target: BreakerTarget; tasks: Task[] }>();
    const free = tasks.filter((task) => {
      const target = targetOf(task);
      if (!target || this.isClosed(target)) return true;
      const group = held.get(keyOf(target)) ?? { target, tasks: [] };
      group.tasks.push(task);
      held.set(keyOf(target), group);
      return false;
    });
    const probes = await Promise.all(
      [...held.values()].map((group) => this.admit(group.target, group.tasks)),
    );
    return [...free, ...probes.flat()];
  }

  private async admit<Task extends { task_execution_id: string; lock_token: string }>(
    target: BreakerTarget,
    tasks: readonly Task[],
  ): Promise<readonly Task[]> {
    return this.database.transaction(async (tx) => {
      const [row] = await lockBreakers(tx, [JSON.stringify([target])]);
      if (!row) return tasks;
      const calls = admitted(row.breaker, tasks.length);
      const by = tasks.slice(0, calls).map(({ task_execution_id }) => task_execution_id);
      await this.change(tx, [row], () => ({ type: 'asked', by }), ENGINE);
      const held = tasks.slice(calls).map(({ task_execution_id, lock_token }) => ({
        task_execution_id,
        lock_token,
        delay_ms: this.pauseOf(row),
      }));
      if (held.length > 0) await giveBackTasks(tx, [JSON.stringify(held), target.name]);
      return tasks.slice(0, calls);
    });
  }

  /** Puts a breaker by hand; one opened so stays open until somebody closes it. */
  async put(tx: Tx, target: BreakerTarget, state: 'open' | 'closed', actor: string): Promise<void> {
    await ensureBreakers(tx, [JSON.stringify([{ ...target, breaker: NEW_BREAKER }])]);
    const rows = await lockBreakers(tx, [JSON.stringify([target])]);
    const type = state === 'open' ? 'opened_by_hand' : 'closed_by_hand';
    await this.change(tx, rows, () => ({ type }), actor);
  }

  /** Calls and failures in the window that ends now. */
  tallyOf({ breaker, now }: Pick<BreakerRow, 'breaker' | 'now'>): {
    calls: number;
    failures: number;
  } {
    return tallyOf(breaker, now, this.settings);
  }

  /** So that not all of them come back at once. */
  private pauseOf({ breaker, now }: BreakerRow): number {
    const pause =
      breaker.state === 'half_open'
        ? ASK_AGAIN_MS
        : breaker.retry_at === null
          ? OPENED_BY_HAND_MS
          : Math.max(0, breaker.retry_at - now);
    return pause + Math.random() * ASK_AGAIN_MS;
  }

  private plan(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.exchange().finally(() => this.plan()), EXCHANGE_MS);
  }

  /** Never rejects: what could not be written is only missing in a rate. */
  private async exchange(): Promise<void> {
    try {
      await this.ends.each(async (ends) => {
        if (ends.size === 0) return;
        const told = new Map(ends);
        ends.clear();
        await this.write(told);
      });
      await this.read();
    } catch (error) {
      this.logger.warn(`Circuit breakers could not be read or written: ${String(error)}`);
    }
  }

  private async write(ends: ReadonlyMap<string, Ends>): Promise<void> {
    const given = [...ends.values()].map(({ kind, name }) => ({
      kind,
      name,
      breaker: NEW_BREAKER,
    }));
    await ensureBreakers(this.database.read, [JSON.stringify(given)]);
    await this.database.transaction(async (tx) => {
      const rows = await lockBreakers(tx, [JSON.stringify(given)]);
      const eventOf = (row: BreakerRow): BreakerEvent => {
        const { succeeded = 0, failed = 0 } = ends.get(keyOf(row)) ?? {};
        return { type: 'ended', succeeded, failed };
      };
      await this.change(tx, rows, eventOf, ENGINE);
    });
  }

  private async read(): Promise<void> {
    const rows = await runAsSystem(() => readBrokenBreakers(this.database.read, []));
    this.broken = new Map(rows.map((row) => [`${row.tenant_id} ${keyOf(row)}`, row]));
  }

  /**
   * Also finds probes whose tasks were cancelled: in the table, so that it matters neither who cancelled them nor whether
   * their worker ever asks.
   */
  private async passTime(): Promise<void> {
    const broken = await readBrokenBreakers(this.database.read, []);
    if (broken.length === 0) return;
    await this.database.transaction(async (tx) => {
      const rows = await lockBreakers(tx, [JSON.stringify(broken)]);
      const probes = rows.flatMap(({ breaker }) => breaker.probes);
      const cancelled = probes.length === 0 ? [] : await readCancelled(tx, [probes]);
      const by = cancelled.map(({ task_execution_id }) => task_execution_id);
      const eventOf = ({ breaker }: BreakerRow): BreakerEvent =>
        breaker.probes.some((probe) => by.includes(probe))
          ? { type: 'given_back', by }
          : { type: 'time_passed' };
      await this.change(tx, rows, eventOf, ENGINE);
    });
  }

  /** Writes what these, under lock, become; with history where their state changes, and what follows from it. */
  private async change(
    tx: Tx,
    rows: readonly BreakerRow[],
    eventOf: (row: BreakerRow) => BreakerEvent,
    actor: string,
  ): Promise<void> {
    const changed = rows.flatMap((row) => {
      const event = eventOf(row);
      const after = afterEvent(row.breaker, event, row.now, this.settings);
      return after === row.breaker ? [] : [{ row, event, after }];
    });
    if (changed.length === 0) return;
    const saved = changed.map(({ row: { kind, name }, after }) => ({
      kind,
      name,
      state: after.state,
      breaker: after,
    }));
    await saveBreakers(tx, [JSON.stringify(saved)]);
    const turned = changed.filter(({ row, after }) => row.breaker.state !== after.state);
    if (turned.length === 0) return;
    const history = turned.map(({ row, event, after }) => ({
      kind: row.kind,
      name: row.name,
      from_state: row.breaker.state,
      to_state: after.state,
      actor,
      ...decidedBy(row.breaker, event, row.now, this.settings),
    }));
    await addBreakerEvents(tx, [JSON.stringify(history)]);
    for (const { row, after } of turned) {
      this.logger.warn(
        `The circuit of ${keyOf(row)} is ${after.state} (was ${row.breaker.state}).`,
      );
      if (after.state === 'closed') await releaseParked(tx, [row.name, DRAIN_EVERY_MS]);
    }
  }
}
