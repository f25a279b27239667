import { Injectable, Logger } from '@nestjs/common';

import { afterFailedAttempt, type AttemptError, type JsonObject, mayRunAgain } from '#engine/graph';
import { afterCommit, Database, type Tx, unawaited } from '#persistence';

import { CircuitBreakers } from '../breakers/circuit-breakers.js';
import { Batcher } from './batcher.js';
import { ExecutionEndings } from './execution-endings.js';
import { Movement, roundOf } from './execution-movement.js';
import { ExecutionProgress } from './execution-progress.js';
import type { GoingOn } from './execution-spec.js';
import { ExecutionSignals } from './execution-signals.js';
import {
  completeTasks,
  type EndedTask,
  failTasks,
  openItems,
  readAnswered,
  readRunningAttempts,
  skipDependents,
} from './outcomes.queries.js';
import { WorkerRecords } from './worker-records.js';

interface Attempt {
  task_execution_id: string;
  /** Of the attempt that the answer is for. */
  lock_token: string;
}

export interface TaskCompletion extends Attempt {
  output_data: JsonObject;
  resource_usage?: JsonObject;
}

export interface TaskFailure extends Attempt {
  error: JsonObject & AttemptError;
  retryable: boolean;
  /** Wait at least so long instead of the backoff. */
  retry_after_ms?: number;
}

export type TaskOutcome = TaskCompletion | TaskFailure;

/**
 * `recorded`: written. `repeated`: the same answer had been recorded before. `lost`: the task is no longer this
 * attempt's (its lease expired). `cancelled`: it was, or its execution has ended. `unknown`: there is no such task.
 * Nothing changed by the last three.
 */
export type OutcomeResult = 'recorded' | 'repeated' | 'cancelled' | 'lost' | 'unknown';

/** The error of an attempt of which nothing was heard. */
export const LEASE_EXPIRED = 'lease_expired';

/** Answers of one transaction; more only make it longer. */
const BATCH = 500;
/** One batch is written while the next one waits for its commit. */
const BATCHES_AT_A_TIME = 2;

/** What became of attempts. Answers that arrive together in this process share a transaction (group commit). */
@Injectable()
export class TaskOutcomes {
  private readonly logger = new Logger(TaskOutcomes.name);
  private readonly batcher = new Batcher<TaskOutcome, OutcomeResult>(
    (outcomes) => this.write(outcomes),
    { size: BATCH, concurrency: BATCHES_AT_A_TIME },
  );

  constructor(
    private readonly database: Database,
    private readonly progress: ExecutionProgress,
    private readonly signals: ExecutionSignals,
    private readonly workers: WorkerRecords,
    private readonly endings: ExecutionEndings,
    private readonly breakers: CircuitBreakers,
  ) {}

  /** Resolves when it is committed. */
  record(outcome: TaskOutcome): Promise<OutcomeResult> {
    return this.batcher.add(outcome);
  }

  /** Resolves when everything that was recorded so far is committed. */
  drained(): Promise<void> {
    return this.batcher.drained();
  }

  /**
   * The instances that wait for these go on in the same transaction: one commit a step instead of two. A result does
   * not depend on it: where an instance cannot go on, the results are written alone, and its end is told later.
   */
  private async write(outcomes: readonly TaskOutcome[]): Promise<OutcomeResult[]> {
    try {
      return await this.database.transaction(
        (tx) => this.apply(tx, outcomes, (movement) => this.endings.tellIn(tx, movement)),
        { lookups: true },
      );
    } catch (error) {
      this.logger.debug({ err: error }, 'Results are written without what follows from them.');
      return this.database.transaction((tx) => this.apply(tx, outcomes), { lookups: true });
    }
  }

  private async apply(
    tx: Tx,
    outcomes: readonly TaskOutcome[],
    tell?: (movement: Movement) => Promise<GoingOn>,
  ): Promise<OutcomeResult[]> {
    const [answered] = await completeTasks(tx, [JSON.stringify(outcomes.map(answerOf))]);
    if (!answered) throw new Error('Answers had no answer.');
    const { executions, completed } = answered;
    const movement = new Movement(executions);
    this.complete(movement, completed, outcomes);
    makeRoom(tx, completed);
    const failed = await this.fail(tx, movement, outcomes);
    const ended = [...completed, ...failed];
    if (ended.length > 0) {
      afterCommit(tx, () => this.tellOfWorkers(ended, outcomes));
      await this.progress.settle(tx, movement);
      const goingOn = await tell?.(movement);
      for (const execution_id of goingOn?.told ?? []) movement.told.add(execution_id);
      this.progress.save(tx, movement);
      await goingOn?.write();
      if (completed.length > 0) afterCommit(tx, () => this.workers.recordResults(completed));
    }
    return this.resultsOf(tx, outcomes, new Set(ended.map((task) => task.task_execution_id)));
  }

  /**
   * Of workers' tasks; a handler's own calls are told by who makes them. A worker that died has said nothing: were its
   * tasks failures, they would be parked instead of going to the next one; and it is not idle.
   */
  private tellOfWorkers(ended: readonly EndedTask[], outcomes: readonly TaskOutcome[]): void {
    const failures = new Map(
      outcomes.filter(isFailure).map((failure) => [failure.task_execution_id, failure]),
    );
    for (const { handler_kind, task_type: name, task_execution_id, worker_id } of ended) {
      const failure = failures.get(task_execution_id);
      if (handler_kind !== 'worker' || failure?.error.code === LEASE_EXPIRED) continue;
      this.breakers.record({ kind: 'task_type', name }, !failure?.retryable);
      if (worker_id !== null) this.workers.freed(worker_id);
    }
  }

  private complete(
    movement: Movement,
    completed: readonly EndedTask[],
    outcomes: readonly TaskOutcome[],
  ): void {
    const outputs = new Map(
      outcomes.filter(isCompletion).map((one) => [one.task_execution_id, one.output_data]),
    );
    for (const { execution_id, task_id, task_execution_id } of completed) {
      const execution = movement.executions.get(execution_id);
      if (!execution) continue;
      execution.tasks_completed += 1;
      execution.tasks_running -= 1;
      movement.record(execution_id, 'task_completed', task_id);
      if (execution.total_tasks > 1) continue;
      movement.results.set(execution_id, { [task_id]: outputs.get(task_execution_id) });
    }
  }

  private async fail(
    tx: Tx,
    movement: Movement,
    outcomes: readonly TaskOutcome[],
  ): Promise<EndedTask[]> {
    const answers = outcomes.filter(isFailure);
    if (answers.length === 0) return [];
    const byTask = new Map(answers.map((answer) => [answer.task_execution_id, answer]));
    const attempts = await readRunningAttempts(tx, [
      answers.map((answer) => answer.task_execution_id),
      answers.map((answer) => answer.lock_token),
    ]);
    const decided = attempts.flatMap((attempt) => {
      const answer = byTask.get(attempt.task_execution_id);
      if (!answer) return [];
      const { error, retryable, retry_after_ms } = answer;
      const after = afterFailedAttempt(
        { ...attempt, retryable, error, retry_after_ms },
        Math.random(),
      );
      const { task_execution_id, lock_token } = attempt;
      return [{ task_execution_id, lock_token, ...after, retryable, error }];
    });
    if (decided.length === 0) return [];
    const ended = await failTasks(tx, [JSON.stringify(decided)]);
    const delays = new Map(decided.map((one) => [one.task_execution_id, one.delay_ms]));
    for (const task of ended) {
      const error = byTask.get(task.task_execution_id)?.error;
      const event = task.next === 'retrying' ? 'task_retrying' : 'task_failed';
      movement.record(task.execution_id, event, task.task_id, { error: error?.message });
      if (task.next === 'retrying') {
        const delay_ms = delays.get(task.task_execution_id) ?? 0;
        movement.released.push({ handler_kind: task.handler_kind, delay_ms });
      }
    }
    for (const { execution_id } of ended.filter((task) => task.next === 'completed')) {
      const execution = movement.executions.get(execution_id);
      if (!execution) continue;
      execution.tasks_completed += 1;
      execution.tasks_running -= 1;
    }
    makeRoom(
      tx,
      ended.filter((task) => task.next === 'completed'),
    );
    await this.giveUp(
      tx,
      movement,
      ended.filter((task) => task.next === 'failed'),
      new Map(answers.map(({ task_execution_id, error }) => [task_execution_id, error.message])),
    );
    return ended;
  }

  /** What follows from tasks that are out of attempts. */
  private async giveUp(
    tx: Tx,
    movement: Movement,
    failed: readonly EndedTask[],
    errors: ReadonlyMap<string, string>,
  ): Promise<void> {
    const toSkip: string[] = [];
    for (const task of failed) {
      const execution = movement.executions.get(task.execution_id);
      if (!execution) continue;
      execution.tasks_failed += 1;
      execution.tasks_running -= 1;
      if (!mayRunAgain(roundOf(execution))) movement.failed.push(task);
      if (execution.overall_status !== 'running') continue;
      if (execution.failure_strategy === 'fail_fast') {
        await this.progress.endEarly(
          tx,
          movement,
          [execution],
          'failed',
          `Task ${task.task_id} failed: ${errors.get(task.task_execution_id) ?? 'no reason was given'}`,
        );
      } else {
        toSkip.push(task.task_execution_id);
      }
    }
    if (toSkip.length === 0) return;
    for (const skipped of await skipDependents(tx, [toSkip])) {
      movement.record(skipped.execution_id, 'task_skipped', skipped.task_id);
    }
  }

  private async resultsOf(
    tx: Tx,
    outcomes: readonly TaskOutcome[],
    recorded: ReadonlySet<string>,
  ): Promise<OutcomeResult[]> {
    const others = outcomes.filter((outcome) => !recorded.has(outcome.task_execution_id));
    const standing = new Map(
      others.length === 0
        ? []
        : (await readAnswered(tx, [others.map((outcome) => outcome.task_execution_id)])).map(
            (task) => [task.task_execution_id, task],
          ),
    );
    return outcomes.map((outcome) => {
      if (recorded.has(outcome.task_execution_id)) return 'recorded';
      const task = standing.get(outcome.task_execution_id);
      if (!task) return 'unknown';
      if (task.status === 'cancelled') return 'cancelled';
      if (task.lock_token !== outcome.lock_token) return 'lost';
      const succeeded = task.status === 'completed' && !task.has_error;
      const failed = ['failed', 'retrying'].includes(task.status) || task.has_error;
      return (isCompletion(outcome) ? succeeded : failed) ? 'repeated' : 'lost';
    });
  }
}

/** The next items of fan-outs, for those that have ended. */
function makeRoom(tx: Tx, ended: readonly EndedTask[]): void {
  const items = ended.flatMap(({ execution_id, makes_room_in }) =>
    makes_room_in === null ? [] : [{ execution_id, makes_room_in }],
  );
  if (items.length === 0) return;
  const opened = openItems(tx, [
    items.map(({ execution_id }) => execution_id),
    items.map(({ makes_room_in }) => makes_room_in),
  ]);
  unawaited(tx, opened);
}

/** The failures among them only lock their executions. */
function answerOf(outcome: TaskOutcome): object {
  const { task_execution_id, lock_token } = outcome;
  return { task_execution_id, lock_token, ...(isCompletion(outcome) && outcome) };
}

function isCompletion(outcome: TaskOutcome): outcome is TaskCompletion {
  return 'output_data' in outcome;
}

function isFailure(outcome: TaskOutcome): outcome is TaskFailure {
  return !isCompletion(outcome);
}
