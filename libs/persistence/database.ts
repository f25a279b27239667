import { setTimeout as pause } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { PoolClient } from 'pg';
import { DataSource, type EntityManager } from 'typeorm';

/** The manager of an open transaction, or of the pool (`database.read`). */
export type Tx = EntityManager;

type Effect = () => void | Promise<void>;

export interface TransactionOptions {
  /** Default: the server's, `READ COMMITTED`. */
  isolation?: 'READ COMMITTED' | 'REPEATABLE READ' | 'SERIALIZABLE';
}

/** serialization_failure and deadlock_detected: the one case in which doing the same again may succeed. */
const RETRYABLE = new Set(['40001', '40P01']);
const MAX_ATTEMPTS = 5;
const FIRST_PAUSE_MS = 5;
const SETTLE_MS = 5_000;

const effectsOf = new WeakMap<Tx, Effect[]>();

/**
 * Registers what is to be done once `tx` has committed, in the order of registration; nothing is done when it rolls
 * back. The transaction's caller does not wait for an effect, and never sees it fail (that is logged): an effect
 * is a wake-up that the sweeper can repeat, never the only record of something.
 * @throws where `tx` is not an open transaction of `Database.transaction`
 */
export function afterCommit(tx: Tx, effect: Effect): void {
  const effects = effectsOf.get(tx);
  if (!effects) {
    throw new Error(
      'afterCommit needs the transaction that Database.transaction() passed to its closure.',
    );
  }
  effects.push(effect);
}

/** Where transactions begin and end. */
@Injectable()
export class Database implements BeforeApplicationShutdown {
  private readonly log = new Logger(Database.name);
  private readonly running = new Set<Promise<void>>();
  private readonly lastStatements: ((tx: Tx) => Promise<void>)[] = [];

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** For single reads that need no transaction. */
  get read(): Tx {
    return this.dataSource.manager;
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
  async transaction<T>(
    work: (tx: Tx) => Promise<T>,
    { isolation }: TransactionOptions = {},
  ): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const effects: Effect[] = [];
      try {
        const result = await this.attempt(work, effects, isolation);
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

  /**
   * TypeORM's own transactions wait for the answer to each `START TRANSACTION`; here it is sent together with the
   * first statement (see `pipeline` in data-source.ts).
   */
  private async attempt<T>(
    work: (tx: Tx) => Promise<T>,
    effects: Effect[],
    isolation: TransactionOptions['isolation'],
  ): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    const tx = runner.manager;
    effectsOf.set(tx, effects);
    try {
      const client = (await runner.connect()) as PoolClient;
      const begun = outcomeOf(
        client.query(isolation === undefined ? 'begin' : `begin isolation level ${isolation}`),
      );
      // so that TypeORM does not begin one of its own within
      Object.assign(runner, { isTransactionActive: true });
      try {
        const done = await work(tx);
        for (const last of this.lastStatements) await last(tx);
        const failure = await begun;
        if (failure) throw failure.error;
        await commit(client);
        return done;
      } catch (error) {
        // where this fails too, the connection is gone and the transaction with it
        await outcomeOf(client.query('rollback'));
        throw error;
      }
    } finally {
      effectsOf.delete(tx);
      await runner.release();
    }
  }

  private start(effects: readonly Effect[]): void {
    if (effects.length === 0) return;
    const run = this.run(effects).finally(() => this.running.delete(run));
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

/** Why it failed; null when it did not. Never rejects. */
function outcomeOf(sent: Promise<unknown>): Promise<{ error: unknown } | null> {
  return sent.then(
    () => null,
    (error: unknown) => ({ error }),
  );
}

/** The SQLSTATE of an error from pg, also where TypeORM has wrapped it; undefined of any other. */
export function sqlState(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('driverError' in error) return sqlState(error.driverError);
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

const describe = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
