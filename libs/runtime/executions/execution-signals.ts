import { EventEmitter } from 'node:events';
import { Injectable, Logger } from '@nestjs/common';

import { Jobs } from '#jobs';
import type { ExecutionStatus } from '#engine/graph';
import type { Tx } from '#persistence';

interface Signals {
  /** Tasks for built-in handlers may be claimed. */
  builtin_work: [];
  /** Tasks for workers may be claimed. */
  worker_work: [];
  /** These executions have ended and their open tasks with them. */
  cancelled: [execution_ids: readonly string[]];
  /** Something of this execution has changed. */
  moved: [execution_id: string];
  /** This execution has ended: there may be room for another, and an instance to tell. */
  ended: [execution: Moved];
}

export interface Moved {
  execution_id: string;
  overall_status: ExecutionStatus;
  /** It counted against MAX_CONCURRENT_EXECUTIONS. */
  took_place: boolean;
  /** The step that is to be told of its end, if any. */
  step_execution_id: string | null;
}

interface Released {
  handler_kind: 'builtin' | 'worker';
  delay_ms: number;
  /** Left out: one. */
  tasks?: number;
}

export interface CreatedExecution extends Moved {
  released: readonly Released[];
}

/** Delayed wake-ups that fall into one span share a job. */
const DELAY_SPAN_MS = 100;

/**
 * Tells who waits in this process, and by a job the other processes, what a committed transaction has made possible.
 * All of it may be lost without harm: the sweeper finds the work.
 */
@Injectable()
export class ExecutionSignals {
  private readonly logger = new Logger(ExecutionSignals.name);
  private readonly emitter = new EventEmitter<Signals>().setMaxListeners(0);
  /** Whether this process has room for built-in work: then it needs no job to hear of it. */
  private hasRoom: () => boolean = () => false;

  private readonly forWorkers = new WeakMap<Tx, number>();

  constructor(private readonly jobs: Jobs) {}

  on<Name extends keyof Signals>(
    name: Name,
    listener: (...values: Signals[Name]) => void,
  ): () => void {
    // the cast is of Node's own typing of overloads, which does not see that Name is one of Signals
    const added = listener as Parameters<typeof this.emitter.on<Name>>[1];
    this.emitter.on(name, added);
    return () => this.emitter.off(name, added);
  }

  /** The runner of this process says whether it can take more. */
  reportRoom(hasRoom: () => boolean): void {
    this.hasRoom = hasRoom;
  }

  async moved(executions: readonly Moved[], released: readonly Released[]): Promise<void> {
    for (const execution of executions) {
      const { execution_id, overall_status } = execution;
      this.emitter.emit('moved', execution_id);
      if (overall_status !== 'initializing' && overall_status !== 'running') {
        this.emitter.emit('ended', execution);
      }
    }
    const delays = released.flatMap(({ handler_kind, delay_ms }) =>
      handler_kind === 'builtin' ? [delay_ms] : [],
    );
    await this.wakeBuiltin(delays);
  }

  created(executions: readonly CreatedExecution[]): Promise<void> {
    return this.moved(
      executions,
      executions.flatMap(({ released }) => released),
    );
  }

  cancelled(executionIds: readonly string[]): void {
    this.emitter.emit('cancelled', executionIds);
  }

  /** @param delays milliseconds after which there will be work, one for each task or group of tasks */
  async wakeBuiltin(delays: readonly number[]): Promise<void> {
    if (delays.includes(0)) {
      if (this.hasRoom()) this.emitter.emit('builtin_work');
      else await this.jobs.enqueue('tasks.run', {}, { dedupe_key: 'now' });
    }
    const spans = new Set(
      delays.filter((delay) => delay > 0).map((delay) => spanOf(Date.now() + delay)),
    );
    for (const span of spans) {
      const delay_ms = (span + 1) * DELAY_SPAN_MS - Date.now();
      await this.jobs.enqueue('tasks.run', {}, { delay_ms, dedupe_key: `at-${span}` });
    }
    if (spans.size > 0) this.logger.debug(`${spans.size} later wake-ups are planned`);
  }

  /** Workers' tasks may be claimed once `tx` has committed. */
  workersTasksIn(tx: Tx, released: readonly Released[]): void {
    let tasks = this.workersTasksOf(tx);
    for (const one of released) if (one.handler_kind === 'worker') tasks += one.tasks ?? 1;
    this.forWorkers.set(tx, tasks);
  }

  /** @returns how many workers' tasks `tx` has released so far */
  workersTasksOf(tx: Tx): number {
    return this.forWorkers.get(tx) ?? 0;
  }

  wakeWorkers(): void {
    this.emitter.emit('worker_work');
  }
}

const spanOf = (time: number): number => Math.floor(time / DELAY_SPAN_MS);
