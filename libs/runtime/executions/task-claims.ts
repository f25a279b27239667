import { Injectable, type OnModuleDestroy } from '@nestjs/common';

import { afterCommit, afterRollback, Database, type Tx, unawaited } from '#persistence';

import {
  type ClaimedTask,
  claimBuiltinTasks,
  claimWorkerTasks,
  handOverTasks,
} from './claims.queries.js';
import { CircuitBreakers } from '../breakers/circuit-breakers.js';
import { targetOf } from '../breakers/target.js';
import { ExecutionSignals } from './execution-signals.js';
import { KnownEmpty } from './known-empty.js';
import { PeerWakeUps } from './peer-wake-ups.js';
import { WaitingClaim } from './waiting-claim.js';
import { WorkerRecords } from './worker-records.js';

export interface WorkerClaim {
  worker_id: string;
  task_types: readonly string[];
  max_tasks: number;
  lock_seconds: number;
  /** Holds the call until there is work, at most so long. */
  wait_seconds: number;
}

/** Tasks of which no news came (a retry that has become due, a lost notification) are seen after so long at the latest. */
const RECHECK_MS = 250;
/** Waiting claims that one transaction serves. */
const SERVED_AT_ONCE = 2;

/** Hands tasks to those who do them. */
@Injectable()
export class TaskClaims implements OnModuleDestroy {
  private readonly stopped = new AbortController();
  private readonly waiting = new Set<WaitingClaim>();
  private readonly knownEmpty = new KnownEmpty(RECHECK_MS);

  constructor(
    private readonly database: Database,
    private readonly signals: ExecutionSignals,
    private readonly workers: WorkerRecords,
    private readonly peers: PeerWakeUps,
    private readonly breakers: CircuitBreakers,
  ) {
    database.beforeCommit((tx) => this.handOver(tx));
    signals.on('worker_work', () => this.knownEmpty.forget());
  }

  async claimBuiltin(
    maxTasks: number,
    workerId: string,
    lockSeconds: number,
  ): Promise<readonly ClaimedTask[]> {
    const tasks = await claimBuiltinTasks(this.database.read, [maxTasks, workerId, lockSeconds]);
    return this.breakers.admitEach(tasks, ({ handler }) =>
      'template_error' in handler ? null : targetOf(handler),
    );
  }

  /** @param gone ends the wait when the caller has hung up */
  async claimForWorker(claim: WorkerClaim, gone: AbortSignal): Promise<readonly ClaimedTask[]> {
    const deadline = performance.now() + claim.wait_seconds * 1_000;
    const ended = AbortSignal.any([gone, this.stopped.signal]);
    for (;;) {
      const work = this.workArrives(deadline, ended);
      try {
        let tasks: readonly ClaimedTask[] = await this.claimNow(claim);
        if (tasks.length === 0 && !ended.aborted && performance.now() < deadline) {
          tasks = await this.waitFor(claim, work.arrived);
        }
        if (tasks.length > 0 || ended.aborted || performance.now() >= deadline) {
          this.show(claim.worker_id, tasks);
          return tasks;
        }
      } finally {
        work.stop();
      }
    }
  }

  onModuleDestroy(): void {
    this.stopped.abort();
  }

  /** Who does not wait hears of no news: for it the table is always asked. */
  private async claimNow(claim: WorkerClaim): Promise<readonly ClaimedTask[]> {
    const { worker_id, task_types, max_tasks, lock_seconds, wait_seconds } = claim;
    const types = task_types.filter((name) => this.mayBeClaimed(name));
    const asked = this.knownEmpty.ask(types);
    if (types.length === 0 || (asked.is_empty && wait_seconds > 0)) return [];
    const values = [max_tasks, worker_id, lock_seconds, types] as const;
    const claimed = await claimWorkerTasks(this.database.read, [...values]);
    if (claimed.length === 0) asked.remember();
    return this.breakers.admitEach(claimed, ({ task_type: name }) => ({ kind: 'task_type', name }));
  }

  private async waitFor(
    { worker_id, task_types, max_tasks, lock_seconds }: WorkerClaim,
    arrived: Promise<void>,
  ): Promise<readonly ClaimedTask[]> {
    const waiting = new WaitingClaim(worker_id, task_types, max_tasks, lock_seconds);
    this.waiting.add(waiting);
    await Promise.race([arrived, waiting.reserved]);
    this.waiting.delete(waiting);
    return waiting.handed();
  }

  /**
   * What a transaction makes ready, it claims for those who wait in this process: with its commit they have it. Whoever
   * else waits is told of the rest.
   */
  private handOver(tx: Tx): Promise<void> {
    const released = this.signals.workersTasksOf(tx);
    if (released === 0) return Promise.resolve();
    const served = [...this.waiting].filter(({ task_types }) =>
      task_types.every((name) => this.breakers.isClosed({ kind: 'task_type', name })),
    );
    const handed = served.slice(0, SERVED_AT_ONCE).map((waiting) => {
      const { worker_id, task_types, max_tasks, lock_seconds } = waiting;
      this.waiting.delete(waiting);
      const settle = waiting.reserve();
      const claimed = handOverTasks(tx, [max_tasks, worker_id, lock_seconds, task_types]);
      unawaited(tx, claimed);
      afterRollback(tx, () => settle([]));
      return { settle, claimed };
    });
    afterCommit(tx, async () => {
      let tasks = 0;
      for (const { settle, claimed } of handed) {
        const own = await claimed;
        settle(own);
        tasks += own.length;
      }
      if (tasks >= released) return;
      this.signals.wakeWorkers();
      this.peers.wake();
    });
    return Promise.resolve();
  }

  /** Not while the circuit of its type is open. */
  private mayBeClaimed(name: string): boolean {
    return this.breakers.mostOf({ kind: 'task_type', name }) > 0;
  }

  /** Listening begins before the table is asked, so that nothing released in between is missed. */
  private workArrives(
    deadline: number,
    ended: AbortSignal,
  ): { arrived: Promise<void>; stop: () => void } {
    let stop = (): void => undefined;
    const arrived = new Promise<void>((resolve) => {
      const off = this.signals.on('worker_work', resolve);
      const wait = Math.min(RECHECK_MS, Math.max(0, deadline - performance.now()));
      const timer = setTimeout(resolve, wait);
      const onEnd = (): void => resolve();
      ended.addEventListener('abort', onEnd);
      stop = () => {
        off();
        clearTimeout(timer);
        ended.removeEventListener('abort', onEnd);
      };
    });
    return { arrived, stop };
  }

  private show(worker_id: string, [task]: readonly ClaimedTask[]): void {
    this.workers.show({
      worker_id,
      worker_type: 'external',
      status: task ? 'busy' : 'idle',
      ...(task && { execution_id: task.execution_id, current_task_id: task.task_id }),
    });
  }
}
