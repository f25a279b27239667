import { Injectable, type OnModuleDestroy } from '@nestjs/common';

import { roomOf } from '#engine/graph';
import { afterCommit, afterRollback, Database, type Tx, unawaited } from '#persistence';
import { presentTenant } from '#platform/tenancy';

import {
  type ClaimedTask,
  claimBuiltinTasks,
  claimWorkerTask,
  claimWorkerTasks,
} from './claims.queries.js';
import { CircuitBreakers } from '../breakers/circuit-breakers.js';
import { targetOf } from '../breakers/target.js';
import { withResults } from './execution-rows.js';
import { ExecutionSignals } from './execution-signals.js';
import { KnownEmpty } from './known-empty.js';
import { PeerWakeUps } from './peer-wake-ups.js';
import { WaitingClaim } from './waiting-claim.js';
import { WorkerRecords, type WorkerUsage } from './worker-records.js';

export interface WorkerClaim extends WorkerUsage {
  worker_id: string;
  task_types: readonly string[];
  max_tasks: number;
  lock_seconds: number;
  /** What the worker has for these tasks; left out: enough. */
  resources?: Readonly<Record<string, number>> | null | undefined;
  /** Holds the call until there is work, at most so long. */
  wait_seconds: number;
}

/** Tasks of which no news came (a retry that has become due, a lost notification) are seen after so long at the latest. */
const RECHECK_MS = 250;
/** A worker that waits is shown so often: after five seconds without a sign nothing is kept for it. */
const SHOWN_EVERY_MS = 2_000;
/** Waiting claims that one transaction serves. */
const SERVED_AT_ONCE = 2;

/**
 * A claim of its own does not wait for the disk (1 to 2 ms of a waiting worker's 5). When PostgreSQL crashes just after,
 * the claim is forgotten: the attempt's answer is then refused as `lost` and the task is claimed anew, as after any
 * crash. What is recorded still waits.
 */
const OF_ITS_OWN = { lookups: true, hurried: true };

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
    const claimed = await this.claimed((tx) =>
      claimBuiltinTasks(tx, [maxTasks, workerId, lockSeconds]),
    );
    const tasks = claimed.map(({ handler, ...task }) => ({
      ...task,
      handler: withResults(handler, task.input_data, task.dependency_results),
    }));
    return this.breakers.admitEach(tasks, ({ handler }) =>
      'template_error' in handler ? null : targetOf(handler),
    );
  }

  /** @param gone ends the wait when the caller has hung up */
  async claimForWorker(claim: WorkerClaim, gone: AbortSignal): Promise<readonly ClaimedTask[]> {
    const deadline = performance.now() + claim.wait_seconds * 1_000;
    const ended = AbortSignal.any([gone, this.stopped.signal]);
    let shown = -Infinity;
    for (;;) {
      const work = this.workArrives(deadline, ended);
      try {
        let tasks: readonly ClaimedTask[] = await this.claimNow(claim);
        if (tasks.length === 0 && !ended.aborted && performance.now() < deadline) {
          if (performance.now() - shown > SHOWN_EVERY_MS) {
            this.show(claim, []);
            shown = performance.now();
          }
          tasks = await this.waitFor(claim, work.arrived);
        }
        if (tasks.length > 0 || ended.aborted || performance.now() >= deadline) {
          this.show(claim, tasks);
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
    const { worker_id, max_tasks, lock_seconds, wait_seconds, resources } = claim;
    const task_types = claim.task_types.filter((name) => this.mayBeClaimed(name));
    const asked = this.knownEmpty.ask([presentTenant(), ...task_types]);
    if (task_types.length === 0 || (asked.is_empty && wait_seconds > 0)) return [];
    const claimed = resources
      ? await this.database.transaction(
          (tx) => claimWithin(tx, { ...claim, task_types }, resources),
          OF_ITS_OWN,
        )
      : await this.claimed((tx) =>
          claimWorkerTasks(tx, [max_tasks, worker_id, lock_seconds, task_types, null]),
        );
    // who gets less than it asked for has got all but what is kept for another (who looks again soon); a worker with
    // resources of its own may leave what others can do
    if (claimed.length < max_tasks && !resources) asked.remember();
    return this.breakers.admitEach(claimed, ({ task_type: name }) => ({ kind: 'task_type', name }));
  }

  /** In one round trip. @param claim one statement */
  private async claimed<Task>(claim: (tx: Tx) => Promise<Task[]>): Promise<Task[]> {
    const sent = await this.database.transaction((tx) => {
      const tasks = claim(tx);
      unawaited(tx, tasks);
      return Promise.resolve({ tasks });
    }, OF_ITS_OWN);
    return sent.tasks;
  }

  private async waitFor(
    { worker_id, task_types, max_tasks, lock_seconds, resources }: WorkerClaim,
    arrived: Promise<void>,
  ): Promise<readonly ClaimedTask[]> {
    const waiting = new WaitingClaim(worker_id, task_types, max_tasks, lock_seconds);
    // who says what it has asks for itself
    if (!resources) this.waiting.add(waiting);
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
    const handed = this.servedWith(released).map((waiting) => {
      const { worker_id, task_types, max_tasks, lock_seconds } = waiting;
      this.waiting.delete(waiting);
      const settle = waiting.reserve();
      const claimed = claimWorkerTasks(tx, [max_tasks, worker_id, lock_seconds, task_types, null]);
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

  /** Those with the most room; of those that take the same types, no more than so many tasks are enough for. */
  private servedWith(tasks: number): WaitingClaim[] {
    const room = new Map<string, number>();
    return [...this.waiting]
      .filter(
        ({ tenant_id, task_types }) =>
          tenant_id === presentTenant() &&
          task_types.every((name) => this.breakers.isClosed({ kind: 'task_type', name })),
      )
      .sort((a, b) => b.max_tasks - a.max_tasks)
      .filter(({ task_types, max_tasks }) => {
        const types = JSON.stringify(task_types);
        const before = room.get(types) ?? 0;
        room.set(types, before + max_tasks);
        return before < tasks;
      })
      .slice(0, SERVED_AT_ONCE);
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

  private show(claim: WorkerClaim, tasks: readonly ClaimedTask[]): void {
    const { worker_id, task_types, max_tasks, cpu_usage_percentage, memory_usage_mb } = claim;
    this.workers.hear({
      worker_id,
      free_capacity: max_tasks - tasks.length,
      task_types,
      cpu_usage_percentage,
      memory_usage_mb,
    });
  }
}

/** One after the other, each within what those before it have left. */
async function claimWithin(
  tx: Tx,
  { worker_id, task_types, max_tasks, lock_seconds }: WorkerClaim,
  resources: Readonly<Record<string, number>>,
): Promise<ClaimedTask[]> {
  const left = Object.fromEntries(
    Object.entries(resources).map(([name, amount]) => [name, roomOf(amount)]),
  );
  const tasks: ClaimedTask[] = [];
  while (tasks.length < max_tasks) {
    const free = max_tasks - tasks.length;
    const [task] = await claimWorkerTask(tx, [
      free,
      worker_id,
      lock_seconds,
      task_types,
      JSON.stringify(left),
    ]);
    if (!task) break;
    tasks.push(task);
    for (const [name, amount] of Object.entries(task.resource_requirements)) {
      const had = left[name];
      if (had !== undefined && typeof amount === 'number') left[name] = had - amount;
    }
  }
  return tasks;
}
