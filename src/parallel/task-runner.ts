import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';

import { JobHandler, JobWorkers } from '#jobs';
import { newId, sqlState } from '#persistence';
import { AppConfig } from '#platform/config';
import { Progress } from '#platform/health';
import { runWithCorrelation } from '#platform/logging';
import { CallFailed } from '#platform/outbound';
import {
  CircuitBreakers,
  type ClaimedTask,
  ExecutionSignals,
  targetOf,
  TaskClaims,
  TaskLeases,
  type TaskOutcome,
  TaskOutcomes,
  type WorkerHeartbeat,
  WorkerRecords,
} from '#runtime';

import { TaskFailed, type TaskResult, UNSTORABLE_ANSWER } from './handlers/task-handler.js';
import { TaskHandlers } from './handlers/task-handlers.js';
import { ProcessorUsage } from './processor-usage.js';
import { WorkerCapacity } from './worker-capacity.js';
import { DEFAULT_TENANT, presentTenant, runAsTenant } from '#platform/tenancy';

const LEASE_SECONDS = 10;
const RENEW_MS = 3_000;
/** Of the time that the process has to end in, what is kept for giving back what still runs, and for the last writes. */
const LAST_WRITES_MS = 3_000;

interface Running {
  tenant_id: string;
  task: ClaimedTask;
  /** With a `CallFailed`: what the attempt failed of. With another error: it is no longer ours, and told to nobody. */
  abort: AbortController;
  /** The handler is done, and what it gave is being written. */
  answered: boolean;
  done: Promise<void>;
}

/**
 * Does the tasks of built-in handlers, in processes that are workers. A wake-up claims up to the free capacity in one
 * statement; while there is more, every end of a task claims again, so that a burst needs one job.
 */
@Injectable()
export class TaskRunner implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(TaskRunner.name);
  private readonly workerId = `builtin:${hostname()}:${process.pid}:${newId().slice(-6)}`.slice(
    -100,
  );
  private readonly running = new Map<string, Running>();
  private claiming: Promise<void> | undefined;
  /** Tenants for which work may be there that has not been asked for. */
  private readonly hungry = new Set<string>();
  private stopped = true;
  private renewal: NodeJS.Timeout | undefined;
  private readonly processor = new ProcessorUsage();

  constructor(
    private readonly claims: TaskClaims,
    private readonly leases: TaskLeases,
    private readonly outcomes: TaskOutcomes,
    private readonly signals: ExecutionSignals,
    private readonly handlers: TaskHandlers,
    private readonly workers: WorkerRecords,
    private readonly breakers: CircuitBreakers,
    private readonly capacity: WorkerCapacity,
    private readonly jobWorkers: JobWorkers,
    private readonly config: AppConfig,
    private readonly progress: Progress,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    this.stopped = false;
    this.signals.reportRoom(() => !this.stopped && this.running.size < this.capacity.limit);
    this.signals.on('builtin_work', () => void this.run());
    this.signals.on('cancelled', (ids) => this.abortExecutions(new Set(ids)));
    this.renewal = setInterval(() => void this.renew(), RENEW_MS);
  }

  /** Resolves when what could be claimed has been claimed; the work itself goes on. */
  @JobHandler('tasks.run')
  async run(): Promise<void> {
    this.hungry.add(presentTenant());
    await this.claimFree();
  }

  /** What runs may end by itself until shortly before the process has to end; the rest is for another process. */
  async onModuleDestroy(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    const deadline =
      performance.now() + this.config.shutdown_timeout_seconds * 1_000 - LAST_WRITES_MS;
    // a wake-up that comes here now would be lost
    await Promise.all([this.claiming, this.jobWorkers.close()]);
    const ended = Promise.all([...this.running.values()].map(({ done }) => done));
    const late = new AbortController();
    const inTime = await Promise.race([
      ended.then(() => true),
      pause(Math.max(0, deadline - performance.now()), false, { signal: late.signal }),
    ]);
    late.abort();
    if (!inTime) await this.giveBack();
    await ended;
    clearInterval(this.renewal);
    this.show('offline');
  }

  private async claimFree(): Promise<void> {
    if (this.stopped) return;
    this.claiming ??= this.claimAll().finally(() => {
      this.claiming = undefined;
      // asked again between the last claim and now
      if (this.mayClaim()) void this.claimFree();
    });
    await this.claiming;
  }

  private mayClaim(): boolean {
    return !this.stopped && this.hungry.size > 0 && this.running.size < this.capacity.limit;
  }

  /**
   * Tenant by tenant in turn, each at most its share of what is free. Never rejects: where the database is away, the
   * sweeper wakes this process when it is back.
   */
  private async claimAll(): Promise<void> {
    try {
      while (this.mayClaim()) {
        const [tenant_id = DEFAULT_TENANT] = this.hungry;
        const share = Math.ceil((this.capacity.limit - this.running.size) / this.hungry.size);
        this.hungry.delete(tenant_id);
        await runAsTenant(tenant_id, () => this.claim(tenant_id, share));
      }
    } catch (error) {
      this.hungry.clear();
      this.logger.warn(`Tasks could not be claimed; the sweeper asks again: ${String(error)}`);
    }
  }

  private async claim(tenant_id: string, share: number): Promise<void> {
    const tasks = await this.progress.round('claiming tasks', () =>
      this.claims.claimBuiltin(share, this.workerId, LEASE_SECONDS),
    );
    for (const task of tasks) this.start(tenant_id, task);
    if (tasks.length === share) this.hungry.add(tenant_id);
  }

  private start(tenant_id: string, task: ClaimedTask): void {
    const abort = new AbortController();
    const running = { tenant_id, task, abort, answered: false, done: Promise.resolve() };
    running.done = runWithCorrelation(task.correlation_id, () => this.attempt(running)).finally(
      () => {
        this.running.delete(task.lock_token);
        if (this.mayClaim()) void this.claimFree();
      },
    );
    this.running.set(task.lock_token, running);
    this.capacity.began(this.running.size, task.adaptive_scaling);
  }

  /** Never rejects: what the database was not there for is given again by the next attempt, when the lease has expired. */
  private async attempt(running: Running): Promise<void> {
    const { task, abort } = running;
    const timer = setTimeout(
      () =>
        abort.abort(
          new TaskFailed('timed_out', 'The task took longer than its timeout_minutes.', true),
        ),
      Math.min(task.time_left_ms, 2 ** 31 - 1),
    );
    const { task_execution_id, lock_token } = task;
    try {
      const result = await this.work(task, abort.signal);
      running.answered = true;
      this.tellBreaker(task, true);
      await this.record({ task_execution_id, lock_token, ...result });
    } catch (error) {
      const failed = failureOf(error, abort.signal);
      if (!failed) return;
      running.answered = true;
      const { retryable, more } = failed;
      this.tellBreaker(task, !retryable);
      const problem = { code: failed.code, message: failed.message, ...more.details };
      await this.record({
        task_execution_id,
        lock_token,
        error: problem,
        retryable,
        ...(more.retry_after_ms !== undefined && { retry_after_ms: more.retry_after_ms }),
      });
    } finally {
      clearTimeout(timer);
      this.logger.debug({ task_execution_id, lock_token }, 'An attempt has ended.');
    }
  }

  private async work(task: ClaimedTask, signal: AbortSignal): Promise<TaskResult> {
    const { handler } = task;
    if ('template_error' in handler) {
      throw new TaskFailed('expression_limit', handler.template_error, false);
    }
    if (handler.type === 'worker') {
      throw new TaskFailed('no_handler', 'Tasks of this handler are claimed over the API.', false);
    }
    return this.handlers.run(handler.type, { ...task, handler, signal });
  }

  private tellBreaker({ handler }: ClaimedTask, succeeded: boolean): void {
    const target = 'template_error' in handler ? null : targetOf(handler);
    if (target) this.breakers.record(target, succeeded);
  }

  /** What cannot be kept is itself a failure of the task: another call would only give the same. */
  private async record(outcome: TaskOutcome): Promise<void> {
    const { task_execution_id, lock_token } = outcome;
    try {
      await this.write(outcome);
    } catch (error) {
      this.logger.error({ err: error, task_execution_id }, 'An answer could not be written.');
      if (!isUnstorable(error)) return;
      const why = sqlState(error) ?? (error instanceof Error ? error.name : 'unknown');
      const message = `The answer could not be stored (${why}); the log of the service says more.`;
      const failure = { error: { code: UNSTORABLE_ANSWER, message }, retryable: false };
      await this.write({ task_execution_id, lock_token, ...failure }).catch((again: unknown) =>
        this.logger.error({ err: again, task_execution_id }, 'Nor could that be written.'),
      );
    }
  }

  private async write(outcome: TaskOutcome): Promise<void> {
    const begun = performance.now();
    const result = await this.outcomes.record(outcome);
    this.capacity.resultTook(performance.now() - begun);
    if (result !== 'recorded') {
      const { task_execution_id } = outcome;
      this.logger.debug({ task_execution_id, result }, 'A late answer was not taken.');
    }
  }

  private abortExecutions(ids: ReadonlySet<string>): void {
    const own = presentTenant();
    for (const { tenant_id, task, abort } of this.running.values()) {
      if (tenant_id === own && ids.has(task.execution_id)) abort.abort(new Error('cancelled'));
    }
  }

  /** Extends all leases in one statement; what is no longer ours is told to stop. */
  private async renew(): Promise<void> {
    const all = [...this.running.values()];
    this.show(all.length > 0 ? 'busy' : 'idle', all[0]?.task);
    await eachTenant(all, (held) => this.extend(held));
  }

  /** Ends what still runs. Never rejects: what cannot be given back is another's when its lease has expired. */
  private async giveBack(): Promise<void> {
    const held = [...this.running.values()].filter(({ answered }) => !answered);
    for (const { abort } of held) abort.abort(new Error('the process ends'));
    try {
      await eachTenant(held, (own) => this.leases.giveBack(own.map(leaseOf)));
      this.logger.log(`Tasks that are left to other processes: ${held.length}.`);
    } catch (error) {
      this.logger.warn(`Tasks could not be given back: ${String(error)}`);
    }
  }

  private async extend(held: readonly Running[]): Promise<void> {
    try {
      const leases = held.map((one) => ({ ...leaseOf(one), lock_seconds: LEASE_SECONDS }));
      const extended = await this.progress.round('extending leases', () =>
        this.leases.extend(leases),
      );
      const ours = new Set(extended.map((lease) => lease.lock_token));
      for (const { task, abort } of held) {
        if (!ours.has(task.lock_token)) abort.abort(new Error('the lease is lost'));
      }
    } catch (error) {
      this.logger.warn(`Leases could not be extended: ${String(error)}`);
    }
  }

  private show(status: 'idle' | 'busy' | 'offline', task?: ClaimedTask): void {
    const heartbeat: WorkerHeartbeat = {
      worker_id: this.workerId,
      worker_type: 'builtin',
      status,
      free_capacity: Math.max(0, this.capacity.limit - this.running.size),
      cpu_usage_percentage: this.processor.percentage(),
      memory_usage_mb: Math.round(process.memoryUsage.rss() / 1024 / 1024),
      ...(task && { execution_id: task.execution_id, current_task_id: task.task_id }),
    };
    // the service's own, whoever's tasks it does
    runAsTenant(DEFAULT_TENANT, () => this.workers.show(heartbeat));
  }
}

/**
 * Whether it is the answer itself that PostgreSQL does not take (SQLSTATE classes 22, 23, 54 and P0), or that is too deep
 * to be written down. With any other error the lease is left to expire, and the next attempt answers again.
 */
function isUnstorable(error: unknown): boolean {
  return error instanceof RangeError || /^(22|23|54|P0)/.test(sqlState(error) ?? '');
}

function leaseOf({ task }: Running): { task_execution_id: string; lock_token: string } {
  const { task_execution_id, lock_token } = task;
  return { task_execution_id, lock_token };
}

async function eachTenant(
  running: readonly Running[],
  work: (own: readonly Running[]) => Promise<void>,
): Promise<void> {
  for (const tenant_id of new Set(running.map((one) => one.tenant_id))) {
    const own = running.filter((one) => one.tenant_id === tenant_id);
    await runAsTenant(tenant_id, () => work(own));
  }
}

/** What an attempt failed of, whatever its handler made of being told to stop; undefined of one that is not ours now. */
function failureOf(error: unknown, { aborted, reason }: AbortSignal): CallFailed | undefined {
  if (aborted) return reason instanceof CallFailed ? reason : undefined;
  if (error instanceof CallFailed) return error;
  return new TaskFailed(
    'handler_error',
    error instanceof Error ? error.message : String(error),
    true,
  );
}
