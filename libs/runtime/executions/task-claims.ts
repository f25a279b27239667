import { Injectable, type OnModuleDestroy } from '@nestjs/common';

import { Database } from '#persistence';

import { type ClaimedTask, claimBuiltinTasks, claimWorkerTasks } from './claims.queries.js';
import { ExecutionSignals } from './execution-signals.js';
import { WorkerRecords } from './worker-records.js';

export interface WorkerClaim {
  worker_id: string;
  task_types: readonly string[];
  max_tasks: number;
  lock_seconds: number;
  /** Holds the call until there is work, at most so long. */
  wait_seconds: number;
}

/** Tasks that other processes release are seen after so long at the latest. */
const RECHECK_MS = 250;

/** Hands tasks to those who do them. */
@Injectable()
export class TaskClaims implements OnModuleDestroy {
  private readonly stopped = new AbortController();

  constructor(
    private readonly database: Database,
    private readonly signals: ExecutionSignals,
    private readonly workers: WorkerRecords,
  ) {}

  claimBuiltin(maxTasks: number, workerId: string, lockSeconds: number): Promise<ClaimedTask[]> {
    return claimBuiltinTasks(this.database.read, [maxTasks, workerId, lockSeconds]);
  }

  /** @param gone ends the wait when the caller has hung up */
  async claimForWorker(claim: WorkerClaim, gone: AbortSignal): Promise<ClaimedTask[]> {
    const { worker_id, task_types, max_tasks, lock_seconds, wait_seconds } = claim;
    const deadline = performance.now() + wait_seconds * 1_000;
    const ended = AbortSignal.any([gone, this.stopped.signal]);
    for (;;) {
      const work = this.workArrives(deadline, ended);
      try {
        const values = [max_tasks, worker_id, lock_seconds, task_types] as const;
        const tasks = await claimWorkerTasks(this.database.read, [...values]);
        if (tasks.length > 0 || ended.aborted || performance.now() >= deadline) {
          this.show(worker_id, tasks);
          return tasks;
        }
        await work.arrived;
        if (ended.aborted) return [];
      } finally {
        work.stop();
      }
    }
  }

  onModuleDestroy(): void {
    this.stopped.abort();
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
