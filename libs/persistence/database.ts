import { setTimeout as pause } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { PoolClient } from 'pg';
import { DataSource, type EntityManager } from 'typeorm';

import { AmbientValue } from '#platform/ambient';
import { scopeOfTransaction, tenantIfAny } from '#platform/tenancy';
import { lookupsOn } from './lookups.js';
import { sendOver, tenantOf } from './statement.js';

/** The manager of an open transaction, or of the pool (`database.read`). */
export type Tx = EntityManager;

type Effect = () => void | Promise<void>;

export interface TransactionOptions {
  /** Default: the server's, `READ COMMITTED`. */
  isolation?: 'READ COMMITTED' | 'REPEATABLE READ' | 'SERIALIZABLE';
  /**
   * Every row is looked up by a key, and no plan reads a whole table (see `lookupsOn`). Lists are not to be joined with
   * each other here: their join is a loop in a loop.
   */
  lookups?: boolean;
  /**
   * Its commit does not wait for the disk, so a crash of PostgreSQL just after forgets it; what runs before every commit
   * does not run before this one.
   */
  hurried?: boolean;
}

const INTRODUCE = 'insert into tenants (tenant_id) values ($1) on conflict do nothing';

/** serialization_failure and deadlock_detected: the one case in which doing the same again may succeed. */
const RETRYABLE = new Set(['40001', '40P01']);
const MAX_ATTEMPTS = 5;
const FIRST_PAUSE_MS = 5;
const SETTLE_MS = 5_000;

const followUps = new AmbientValue<true>();

/** Whether this is what an `afterCommit` set off: of the same request still, but no more what it asked for. */
export function isFollowUp(): boolean {
  return followUps.get() === true;
}

interface Attempt {
  effects: Effect[];
  regrets: (() => void)[];
  writes: Promise<unknown>[];
}

const attempts = new WeakMap<Tx, Attempt>();

function attemptOf(tx: Tx): Attempt {
  const attempt = attempts.get(tx);
  if (attempt) return attempt;
  throw new Error('This needs the transaction that Database.transaction() passed to its closure.');
}

/**
 * Registers what is to be done once `tx` has committed, in the order of registration; nothing is done when it rolls
 * back. The transaction's caller does not wait for an effect, and never sees it fail (that is logged): an effect
 * is a wake-up that the sweeper can repeat, never the only record of something.
 * @throws where `tx` is not an open transaction of `Database.transaction`
 */
export function afterCommit(tx: Tx, effect: Effect): void {
  attemptOf(tx).effects.push(effect);
}

/**
 * Registers what is to be done when this attempt of `tx` does not commit, or its commit is not known of.
 * @throws where `tx` is not an open transaction of `Database.transaction`
 */
export function afterRollback(tx: Tx, regret: () => void): void {
  attemptOf(tx).regrets.push(regret);
}

/**
 * For a statement of `tx` (one that has been sent, not work that sends some later) whose answer nothing waits for: it
 * shares the round trip of what follows, at the latest of the commit. Where it fails, nothing is committed and
 * `transaction` throws its error.
 * @throws where `tx` is not an open transaction of `Database.transaction`
 */
export function unawaited(tx: Tx, write: Promise<unknown>): void {
  // looked at before the commit; until then it is no unhandled rejection
  write.catch(() => undefined);
  attemptOf(tx).writes.push(write);
}

/** Where transactions begin and end. */
@Injectable()
export class Database implements BeforeApplicationShutdown {
  private readonly log = new Logger(Database.name);
  private readonly running = new Set<Promise<void>>();
  private readonly lastStatements: ((tx: Tx) => Promise<void>)[] = [];
  private readonly introduced = new Set<string>();

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** For single reads that need no transaction. */
  get read(): Tx {
    return this.dataSource.manager;
  }

  /** All tenants that have ever had a transaction, in no order. */
  async tenants(): Promise<string[]> {
    const rows: { tenant_id: string }[] = await this.dataSource.query(
      'select tenant_id from tenants',
    );
    return rows.map(({ tenant_id }) => tenant_id);
  }

  /** Runs `last` at the end of every transaction, before its commit: what must be true exactly when the work is. */
  beforeCommit(last: (tx: Tx) => Promise<void>): void {
    this.lastStatements.push(last);
  }

  /**
   * Runs `work` in a transaction and commits it. When PostgreSQL reports a serialization failure or a deadlock,
   * rolls back and runs `work` again in a fresh one, up to five times in all; so `work` must have no effect outside
   * the transaction but by `afterCommit`. Any other error rolls back and is thrown.
   */
  async transaction<T>(work: (tx: Tx) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    await this.introduce();
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { result, effects } = await this.attempt(work, options);
        this.start(effects);
        return result;
      } catch (error) {
        const code = sqlState(error);
        if (code === undefined || !RETRYABLE.has(code) || attempt === MAX_ATTEMPTS) throw error;
        this.log.debug(`transaction is run again after ${code} (attempt ${attempt})`);
        await pause(Math.random() * FIRST_PAUSE_MS * 2 ** attempt);
      }
    }
  }

  /** Resolves when every effect begun so far has ended. */
  async settled(): Promise<void> {
    await Promise.all(this.running);
  }

  async beforeApplicationShutdown(): Promise<void> {
    const deadline = new AbortController();
    await Promise.race([
      this.settled(),
      pause(SETTLE_MS, undefined, { signal: deadline.signal }).catch(() => undefined),
    ]);
    deadline.abort();
  }

  /** So that whoever works for all tenants finds this one: once a process, before anything is written for it. */
  private async introduce(): Promise<void> {
    const tenant_id = tenantIfAny();
    if (tenant_id === undefined || this.introduced.has(tenant_id)) return;
    await this.dataSource.query(INTRODUCE, [tenant_id]);
    this.introduced.add(tenant_id);
  }

  /** `BEGIN` and `COMMIT` cost no round trip of their own: they travel with what comes after, or before. */
  private async attempt<T>(
    work: (tx: Tx) => Promise<T>,
    { isolation, lookups = false, hurried }: TransactionOptions,
  ): Promise<{ result: T; effects: Effect[] }> {
    const runner = this.dataSource.createQueryRunner();
    const { effects, regrets, writes }: Attempt = { effects: [], regrets: [], writes: [] };
    try {
      const client = (await runner.connect()) as PoolClient;
      markActive(runner, true);
      const tx = runner.manager;
      sendOver(tx, client, lookups);
      attempts.set(tx, { effects, regrets, writes });
      const begin = [
        isolation ? `begin isolation level ${isolation}` : 'begin',
        scopeOfTransaction(tenantOf(this.dataSource)),
        ...(lookups ? lookupsOn(client, performance.now()) : []),
        ...(hurried ? ['set local synchronous_commit = off'] : []),
      ];
      const begun = client.query(begin.join('; '));
      // looked at below; until then, with `work` at something else when the connection is lost, no unhandled rejection
      begun.catch(() => undefined);
      writes.push(begun);
      try {
        const result = hurried ? await work(tx) : await this.workIn(tx, work);
        writes.push(commit(client));
        await Promise.all(writes);
        return { result, effects };
      } catch (error) {
        await Promise.allSettled([...writes, client.query('rollback')]);
        for (const regret of regrets) regret();
        throw (await firstFailure(writes)) ?? error;
      } finally {
        attempts.delete(tx);
        markActive(runner, false);
      }
    } finally {
      await runner.release();
    }
  }

  private async workIn<T>(tx: Tx, work: (tx: Tx) => Promise<T>): Promise<T> {
    const done = await work(tx);
    for (const last of this.lastStatements) await last(tx);
    return done;
  }

  private start(effects: readonly Effect[]): void {
    if (effects.length === 0) return;
    const run = followUps
      .run(true, () => this.run(effects))
      .finally(() => this.running.delete(run));
    this.running.add(run);
  }

  private async run(effects: readonly Effect[]): Promise<void> {
    for (const effect of effects) {
      try {
        await effect();
      } catch (error) {
        this.log.warn(
          `an effect after commit failed; the sweeper will repeat it: ${describe(error)}`,
        );
      }
    }
  }
}

/** PostgreSQL answers the commit of a failed transaction with a rollback, and no error. */
async function commit(client: PoolClient): Promise<void> {
  const { command } = await client.query('commit');
  if (command !== 'COMMIT') {
    throw new Error('The transaction was not committed: one of its statements had failed unseen.');
  }
}

/** What later statements of an aborted transaction fail of is only that. */
async function firstFailure(writes: readonly Promise<unknown>[]): Promise<unknown> {
  const ends = await Promise.allSettled(writes);
  return ends.find((end) => end.status === 'rejected')?.reason;
}

/** TypeORM then takes its statements for part of a transaction, and opens none of its own. */
function markActive(runner: { isTransactionActive: boolean }, active: boolean): void {
  runner.isTransactionActive = active;
}

/** The SQLSTATE of an error from pg, also where TypeORM has wrapped it; undefined of any other. */
export function sqlState(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('driverError' in error) return sqlState(error.driverError);
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

const describe = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
