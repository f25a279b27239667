import { Injectable, Logger } from '@nestjs/common';

import { Jobs, JobHandler, Sweeper } from '#jobs';
import { afterCommit, Database, newId, type Tx } from '#persistence';

import {
  deleteInstanceTimers,
  deleteStepTimers,
  insertTimer,
  postponeTimer,
  takeDueTimer,
  type TimerRow,
} from './timers.queries.js';

export type TimerKind =
  'step_reminder' | 'step_escalation' | 'scheduled_modification' | 'scheduled_application';

export interface NewTimer {
  kind: TimerKind;
  after_seconds: number;
  instance_id?: string;
  step_execution_id?: string;
  execution_id?: string;
  payload?: Record<string, unknown>;
}

/** Runs in the transaction that takes the timer away: both happen, or neither. */
export type TimerHandler = (tx: Tx, timer: TimerRow) => Promise<void>;

const RETRY_AFTER_SECONDS = 30;
/** Beyond this a delayed job is not worth its place in the queue: the sweeper is at most a second late. */
const WAKE_WITHIN_SECONDS = 600;

/**
 * Things to do at a time (design.md §4): rows with a `due_at`. A delayed job wakes them on time; the sweeper does when
 * that job was lost.
 */
@Injectable()
export class Timers {
  private readonly handlers = new Map<TimerKind, TimerHandler>();
  private readonly logger = new Logger(Timers.name);

  constructor(
    private readonly database: Database,
    private readonly jobs: Jobs,
    sweeper: Sweeper,
  ) {
    sweeper.register('timers', () => this.fireDue());
  }

  onTimer(kind: TimerKind, handler: TimerHandler): void {
    if (this.handlers.has(kind)) throw new Error(`Timer ${kind} has two handlers.`);
    this.handlers.set(kind, handler);
  }

  async schedule(tx: Tx, timer: NewTimer): Promise<{ timer_id: string; due_at: Date }> {
    const timer_id = newId();
    const [row] = await insertTimer(tx, [
      timer_id,
      timer.kind,
      timer.after_seconds,
      timer.instance_id ?? null,
      timer.step_execution_id ?? null,
      timer.execution_id ?? null,
      JSON.stringify(timer.payload ?? {}),
    ]);
    if (!row) throw new Error('A timer was not stored.');
    this.wakeIn(tx, timer.after_seconds);
    return { timer_id, due_at: row.due_at };
  }

  /** A timer that was stored is to be fired on time. */
  wakeIn(tx: Tx, after_seconds: number): void {
    if (after_seconds > WAKE_WITHIN_SECONDS) return;
    const delay_ms = after_seconds * 1_000;
    afterCommit(tx, () => this.jobs.enqueue('timers.fire', {}, { delay_ms }));
  }

  async cancelOfStep(
    tx: Tx,
    step: { instance_id: string; step_execution_id: string },
  ): Promise<void> {
    await deleteStepTimers(tx, [step.step_execution_id, step.instance_id]);
  }

  async cancelOfInstance(tx: Tx, instance_id: string): Promise<void> {
    await deleteInstanceTimers(tx, [instance_id]);
  }

  /** Fires everything that is due, each in a transaction of its own. */
  @JobHandler('timers.fire')
  async fireDue(): Promise<void> {
    while (await this.fireNext());
  }

  private async fireNext(): Promise<boolean> {
    let taken: TimerRow | undefined;
    try {
      return await this.database.transaction(async (tx) => {
        [taken] = await takeDueTimer(tx, [[...this.handlers.keys()]]);
        if (!taken) return false;
        await this.handlers.get(taken.kind as TimerKind)?.(tx, taken);
        return true;
      });
    } catch (error) {
      if (!taken) throw error;
      const { timer_id, kind } = taken;
      this.logger.error({ err: error, timer_id, kind }, 'A timer failed; it is tried again.');
      await this.database.transaction((tx) => postponeTimer(tx, [timer_id, RETRY_AFTER_SECONDS]));
      return true;
    }
  }
}
